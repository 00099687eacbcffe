//! Signed requests: RFC 9421 with the body's digest after RFC 9530.
//!
//! The components are fixed ([`COMPONENTS`]), so that nobody can leave one out; `@target-uri` is
//! not among them, because a server behind a TLS proxy cannot rebuild it.

use super::suite::{PublicKey, SigningKey, Suite};
use super::text;
use crate::record::Hash;

/// What every request's signature covers, in this order.
pub const COMPONENTS: [&str; 5] = ["@method", "@authority", "@path", "@query", "content-digest"];
/// The signature's label in both header fields.
const LABEL: &str = "canteend";
/// Longest header field that is read, in bytes.
const FIELD_BYTES_MAX: usize = 1024;
/// Longest nonce or key id, in bytes.
const PARAMETER_BYTES_MAX: usize = 64;

/// Why a request's signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header field is missing, too long, or not as it should be.
    #[error("the header field {0} is missing or not as docs/city-api.yaml describes it")]
    Field(&'static str),
    /// Another body than was signed.
    #[error("Content-Digest does not fit the body")]
    Digest,
    /// The signature is not the key's.
    #[error("the request's signature does not hold")]
    Signature,
}

/// What of a request is signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `PUT`, `POST`.
    pub method: &'a str,
    /// Host, in lower case, with the port where it is not the scheme's own.
    pub authority: &'a str,
    /// Path, starting with `/`.
    pub path: &'a str,
    /// Query without its `?`; empty where there is none.
    pub query: &'a str,
    /// Body; empty where there is none.
    pub body: &'a [u8],
}

/// The three header fields that carry a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// `Content-Digest` of `body`: SHA-256.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", text::to_base64(&Hash::of(&[body]).0))
}

/// Whether the `Content-Digest` field names the right SHA-256 of `body`; other algorithms in it
/// are passed over, as RFC 9530 allows.
pub fn digest_fits(field: &str, body: &[u8]) -> bool {
    let right = content_digest(body);
    let mut named = field.split(',').map(str::trim).filter(|m| m.starts_with("sha-256="));
    named.next() == Some(right.as_str()) && named.next().is_none()
}

/// The signature base (RFC 9421, section 2.5) of named values and the signature's parameters.
fn base(components: &[(&str, &str)], params: &str) -> String {
    let mut base = String::new();
    for (name, value) in components {
        base += &format!("\"{name}\": {value}\n");
    }
    base + "\"@signature-params\": " + params
}

impl Request<'_> {
    fn base(&self, digest: &str, params: &str) -> String {
        let query = format!("?{}", self.query);
        let values = [self.method, self.authority, self.path, &query, digest];
        let components: Vec<_> = COMPONENTS.into_iter().zip(values).collect();
        base(&components, params)
    }

    /// Signs with `key`; `created` is in seconds since 1970, `nonce` is base64 and used once.
    pub fn sign(&self, key: &SigningKey, created: i64, nonce: &str) -> Fields {
        let content_digest = content_digest(self.body);
        let (id, alg) = (key.public().id(), key.public().suite().code());
        // In the order in which some implementations write them anew before they verify.
        let params = format!(
            "{};created={created};nonce=\"{nonce}\";alg=\"{alg}\";keyid=\"{id}\"",
            covered()
        );
        let signature = key.sign(self.base(&content_digest, &params).as_bytes());
        Fields {
            content_digest,
            signature_input: format!("{LABEL}={params}"),
            signature: format!("{LABEL}=:{}:", text::to_base64(&signature)),
        }
    }

    /// Reads the fields that came with the request and compares the body's digest. Who signed is
    /// known only after [`Claim::verify`].
    ///
    /// # Errors
    /// [`SignatureError::Field`], [`SignatureError::Digest`].
    pub fn claim(&self, fields: &Fields) -> Result<Claim, SignatureError> {
        let params = fields.signature_input.strip_prefix(LABEL).and_then(|f| f.strip_prefix('='));
        let params = params.filter(|p| p.len() <= FIELD_BYTES_MAX);
        let params = params.ok_or(SignatureError::Field("Signature-Input"))?;
        let Params { created, nonce, key_id } =
            Params::parse(params).ok_or(SignatureError::Field("Signature-Input"))?;
        let signature = fields
            .signature
            .strip_prefix(LABEL)
            .and_then(|f| f.strip_prefix("=:")?.strip_suffix(':'))
            .filter(|s| s.len() <= FIELD_BYTES_MAX)
            .and_then(text::from_base64)
            .ok_or(SignatureError::Field("Signature"))?;
        if fields.content_digest.len() > FIELD_BYTES_MAX {
            return Err(SignatureError::Field("Content-Digest"));
        }
        if !digest_fits(&fields.content_digest, self.body) {
            return Err(SignatureError::Digest);
        }
        let base = self.base(&fields.content_digest, params);
        Ok(Claim { created, nonce, key_id, base, signature })
    }
}

/// `("@method" …)`.
fn covered() -> String {
    let quoted: Vec<_> = COMPONENTS.iter().map(|name| format!("\"{name}\"")).collect();
    format!("({})", quoted.join(" "))
}

/// The parameters of a signature, each exactly once.
struct Params {
    created: i64,
    nonce: String,
    key_id: String,
}

impl Params {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(&covered())?.strip_prefix(';')?;
        let (mut created, mut nonce, mut key_id, mut alg) = (None, None, None, None);
        for parameter in rest.split(';') {
            let (name, value) = parameter.split_once('=')?;
            let taken = match name {
                "created" => created.replace(value.parse().ok()?).is_some(),
                "nonce" => nonce.replace(quoted(value)?).is_some(),
                "keyid" => key_id.replace(quoted(value)?).is_some(),
                "alg" => alg.replace(Suite::from_code(&quoted(value)?)?).is_some(),
                _ => return None,
            };
            if taken {
                return None;
            }
        }
        Some(Params { created: created?, nonce: nonce?, key_id: key_id? })
    }
}

/// The text of a short string without escapes.
fn quoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let plain = inner.bytes().all(|b| (0x20..0x7F).contains(&b) && b != b'"' && b != b'\\');
    (plain && (1..=PARAMETER_BYTES_MAX).contains(&inner.len())).then(|| inner.to_owned())
}

/// What a request says about its signature, not yet proved.
#[derive(Clone, Debug)]
pub struct Claim {
    /// When it was signed, in seconds since 1970.
    pub created: i64,
    /// The value that is used once.
    pub nonce: String,
    /// Id of the key that it says it was signed with.
    pub key_id: String,
    base: String,
    signature: Vec<u8>,
}

impl Claim {
    /// Whether `key` is the one that the claim names, and signed it.
    ///
    /// # Errors
    /// [`SignatureError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureError> {
        let holds = key.id() == self.key_id && key.verify(self.base.as_bytes(), &self.signature);
        if holds { Ok(()) } else { Err(SignatureError::Signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Request<'_> = Request {
        method: "PUT",
        authority: "city.example",
        path: "/v1/devices/lc-kfq-017/batches/412",
        query: "",
        body: b"{}",
    };

    fn key() -> SigningKey {
        SigningKey::from_seed(&[3; 32]).unwrap()
    }

    #[test]
    fn the_example_of_rfc_9421_b_2_6_holds_for_our_base_and_key() {
        let params = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
            \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
        let components = [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@method", "POST"),
            ("@path", "/foo"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
            ("content-length", "18"),
        ];
        let seed = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=";
        let public = "ed25519:JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
        let key = SigningKey::from_seed(&text::from_base64(seed).unwrap()).unwrap();
        assert_eq!(key.public(), &PublicKey::parse(public).unwrap());
        let signature = key.sign(base(&components, params).as_bytes());
        assert_eq!(
            text::to_base64(&signature),
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
        );
    }

    #[test]
    fn the_digest_is_that_of_rfc_9530() {
        // RFC 9530, appendix D: the body of the "Unknown" example.
        let body = b"{\"hello\": \"world\"}\n";
        let field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        assert_eq!(content_digest(body), field);
        assert!(digest_fits(&format!("sha-512=:AAAA:, {field}"), body));
        assert!(!digest_fits(&format!("{field}, {field}"), body));
        assert!(!digest_fits("", body) && !digest_fits(field, b"{}"));
    }

    #[test]
    fn a_signature_holds_for_its_request_and_no_other() {
        let key = key();
        let fields = REQUEST.sign(&key, 1_772_424_127, "n0nce");
        let claim = REQUEST.claim(&fields).unwrap();
        assert_eq!((claim.created, claim.nonce.as_str()), (1_772_424_127, "n0nce"));
        claim.verify(key.public()).unwrap();
        let other_key = SigningKey::from_seed(&[4; 32]).unwrap();
        assert_eq!(claim.verify(other_key.public()), Err(SignatureError::Signature));
        for other in [
            Request { method: "POST", ..REQUEST },
            Request { authority: "city.example:8443", ..REQUEST },
            Request { path: "/v1/devices/lc-kfq-018/batches/412", ..REQUEST },
            Request { query: "after=1", ..REQUEST },
        ] {
            let claim = other.claim(&fields).unwrap();
            assert_eq!(claim.verify(key.public()), Err(SignatureError::Signature), "{other:?}");
        }
        let other = Request { body: b"{ }", ..REQUEST };
        assert_eq!(other.claim(&fields).unwrap_err(), SignatureError::Digest);
    }

    #[test]
    fn fields_that_are_spelt_otherwise_are_refused() {
        let good = REQUEST.sign(&key(), 1_772_424_127, "n0nce");
        let long = format!("\"{}\"", "n".repeat(65));
        for (from, to) in [
            ("\"@query\" ", ""),
            ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
            ("created=1772424127;", ""),
            ("created=1772424127", "created=soon"),
            (";nonce", ";nonce=\"a\";nonce"),
            ("\"n0nce\"", "n0nce"),
            ("\"n0nce\"", "\"n0\\\"nce\""),
            ("\"n0nce\"", long.as_str()),
            ("canteend=", "other="),
            ("alg=\"ed25519\"", "alg=\"none\""),
            (";alg", ";tag=\"x\";alg"),
            (";nonce", ";expires=1;nonce"),
        ] {
            let signature_input = good.signature_input.replacen(from, to, 1);
            assert_ne!(signature_input, good.signature_input, "{from}");
            let told = REQUEST.claim(&Fields { signature_input, ..good.clone() }).unwrap_err();
            assert_eq!(told, SignatureError::Field("Signature-Input"), "{from} → {to}");
        }
        let signature = "canteend=:***:".to_owned();
        let told = REQUEST.claim(&Fields { signature, ..good }).unwrap_err();
        assert_eq!(told, SignatureError::Field("Signature"));
    }
}
