//! Dead Simple Signing Envelope, version 1 (DSSE protocol 1.0): exact bytes, their type, signatures.

use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text;
use serde::{Deserialize, Serialize};

/// Media type of an envelope.
pub const MEDIA_TYPE: &str = "application/vnd.dsse+json";
/// Most signatures that one envelope may carry: one, and a few during a key's rotation.
pub const SIGNATURES_MAX: usize = 4;

#[derive(Serialize, Deserialize)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    keyid: Option<String>,
    sig: String,
}

/// Why an envelope does not open.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope.
    #[error("envelope: {0}")]
    Json(#[from] JsonError),
    /// It holds something else than was asked for.
    #[error("the envelope holds \"{found}\" where \"{expected}\" was expected")]
    Type {
        /// What it says it holds, cut short.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// No base64.
    #[error("the envelope's payload or signature is not base64")]
    Base64,
    /// None, or more than [`SIGNATURES_MAX`].
    #[error("the envelope carries {0} signatures; 1 to {SIGNATURES_MAX} are allowed")]
    Signatures(usize),
    /// None of the expected keys signed it.
    #[error("the envelope is not signed by the expected key")]
    Signature,
}

/// What is signed: the payload's type and bytes, each with its length before it.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The bytes of an envelope around `payload`, signed by `key`.
pub fn seal(key: &SigningKey, payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let signature = key.sign(&pre_authentication_encoding(payload_type, payload));
    let envelope = Envelope {
        payload: text::to_base64(payload),
        payload_type: payload_type.to_owned(),
        signatures: vec![Signature {
            keyid: Some(key.public().id()),
            sig: text::to_base64(&signature),
        }],
    };
    serde_json::to_vec(&envelope).expect("strings always become JSON")
}

/// The payload of an envelope that one of `keys` signed. `bytes_max` bounds the envelope.
///
/// # Errors
/// [`EnvelopeError`]; the payload is not looked at before its signature holds.
pub fn open(
    bytes: &[u8],
    bytes_max: usize,
    payload_type: &'static str,
    keys: &[&PublicKey],
) -> Result<Vec<u8>, EnvelopeError> {
    let (payload, signatures) = unpack(bytes, bytes_max, payload_type)?;
    let signed = pre_authentication_encoding(payload_type, &payload);
    for Signature { sig, .. } in &signatures {
        // The key id is a hint and is not signed; what counts is whose signature holds.
        let sig = text::from_any_base64(sig).ok_or(EnvelopeError::Base64)?;
        if keys.iter().any(|key| key.verify(&signed, &sig)) {
            return Ok(payload);
        }
    }
    Err(EnvelopeError::Signature)
}

/// The payload without regard to who signed it: only for finding out which key to check with.
///
/// # Errors
/// [`EnvelopeError`], other than [`EnvelopeError::Signature`].
pub fn peek(
    bytes: &[u8],
    bytes_max: usize,
    payload_type: &'static str,
) -> Result<Vec<u8>, EnvelopeError> {
    Ok(unpack(bytes, bytes_max, payload_type)?.0)
}

fn unpack(
    bytes: &[u8],
    bytes_max: usize,
    expected: &'static str,
) -> Result<(Vec<u8>, Vec<Signature>), EnvelopeError> {
    let envelope: Envelope = json::read(bytes, bytes_max)?;
    if envelope.payload_type != expected {
        let found = envelope.payload_type.escape_default().take(80).collect();
        return Err(EnvelopeError::Type { found, expected });
    }
    if !(1..=SIGNATURES_MAX).contains(&envelope.signatures.len()) {
        return Err(EnvelopeError::Signatures(envelope.signatures.len()));
    }
    let payload = text::from_any_base64(&envelope.payload).ok_or(EnvelopeError::Base64)?;
    Ok((payload, envelope.signatures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    const KIND: &str = "http://example.com/HelloWorld";
    /// The protocol document's own example, signed with ECDSA on P-256.
    const EXAMPLE: &str = r#"{"payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld", "signatures": [{"sig":
        "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}"#;
    /// The example's public key: the coordinates that the document gives, in hexadecimal.
    const EXAMPLE_KEY: &str = "0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238\
        0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).unwrap()
    }

    #[test]
    fn the_documents_own_example_verifies() {
        let (payload, signatures) = unpack(EXAMPLE.as_bytes(), 1000, KIND).unwrap();
        let signed = pre_authentication_encoding(KIND, &payload);
        assert_eq!(signed, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        let digits: Vec<u8> = EXAMPLE_KEY.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let point: Vec<u8> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let signature = text::from_any_base64(&signatures[0].sig).unwrap();
        let example_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        example_key.verify(&signed, &signature).unwrap();
    }

    #[test]
    fn an_envelope_opens_for_its_key_and_type_alone() {
        let bytes = seal(&key(1), KIND, b"{\"seq\":1}");
        let (own, other) = (key(1), key(2));
        let opened = open(&bytes, 1000, KIND, &[other.public(), own.public()]).unwrap();
        assert_eq!(opened, b"{\"seq\":1}");
        let told = open(&bytes, 1000, KIND, &[other.public()]).unwrap_err();
        assert!(matches!(told, EnvelopeError::Signature));
        assert!(matches!(open(&bytes, 1000, KIND, &[]), Err(EnvelopeError::Signature)));
        let told = open(&bytes, 1000, "text/plain", &[own.public()]).unwrap_err();
        assert!(matches!(told, EnvelopeError::Type { .. }));
        let told = open(&bytes, 10, KIND, &[own.public()]).unwrap_err();
        assert!(matches!(told, EnvelopeError::Json(JsonError::TooLong { .. })));
    }

    #[test]
    fn no_flipped_bit_opens_with_another_payload() {
        let (key, payload) = (key(1), b"entries");
        let sealed = seal(&key, KIND, payload);
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut bytes = sealed.clone();
                bytes[at] ^= 1 << bit;
                if let Ok(opened) = open(&bytes, 1000, KIND, &[key.public()]) {
                    assert_eq!(opened, payload, "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_signatures_is_bounded() {
        let one = r#"{"sig":"AA=="}"#;
        for count in [0, SIGNATURES_MAX + 1] {
            let signatures = vec![one; count].join(",");
            let bytes =
                format!(r#"{{"payload":"","payloadType":"{KIND}","signatures":[{signatures}]}}"#);
            let told = open(bytes.as_bytes(), 1000, KIND, &[key(1).public()]).unwrap_err();
            assert!(matches!(told, EnvelopeError::Signatures(n) if n == count), "{told}");
        }
    }
}
