//! Our request signatures against an independent implementation of RFC 9421.

use canteend::city::wire::signature::{COMPONENTS, Fields, Request, content_digest};
use canteend::city::wire::suite::SigningKey;
use httpsig::prelude::message_component::{HttpMessageComponent, HttpMessageComponentId};
use httpsig::prelude::{
    AlgorithmName, HttpSignatureBase, HttpSignatureHeaders, HttpSignatureParams, PublicKey,
    SecretKey,
};

const SEED: [u8; 32] = [9; 32];

fn requests() -> [Request<'static>; 3] {
    let put = Request {
        method: "PUT",
        authority: "city.example:8443",
        path: "/v1/devices/lc-kfq-017/batches/412",
        query: "",
        body: b"{\"payload\":\"\"}",
    };
    let get =
        Request { method: "GET", path: "/v1/verdicts", query: "after=8813", body: b"", ..put };
    [put, get, Request { authority: "city.example", ..get }]
}

/// The components of `request` as the other implementation takes them.
fn lines(request: &Request<'_>) -> Vec<HttpMessageComponent> {
    let values = [
        request.method.to_owned(),
        request.authority.to_owned(),
        request.path.to_owned(),
        format!("?{}", request.query),
        content_digest(request.body),
    ];
    let line = |(name, value): (&str, String)| {
        HttpMessageComponent::try_from(format!("\"{name}\": {value}").as_str()).unwrap()
    };
    COMPONENTS.into_iter().zip(values).map(line).collect()
}

#[test]
fn another_implementation_verifies_what_we_sign() {
    let key = SigningKey::from_seed(&SEED).unwrap();
    let theirs = SecretKey::from_bytes(&AlgorithmName::Ed25519, &SEED).unwrap().public_key();
    let stranger = SecretKey::from_bytes(&AlgorithmName::Ed25519, &[8; 32]).unwrap().public_key();
    for request in requests() {
        let fields = request.sign(&key, 1_772_424_127, "bm9uY2U=");
        let read = HttpSignatureHeaders::try_parse(&fields.signature, &fields.signature_input);
        let headers = read.unwrap().get("canteend").unwrap().clone();
        let base =
            HttpSignatureBase::try_new(&lines(&request), headers.signature_params()).unwrap();
        assert_eq!(base.keyid(), Some(key.public().id().as_str()));
        assert_eq!((base.nonce(), base.alg()), (Some("bm9uY2U="), Some("ed25519")));
        let verify = |key: &PublicKey| base.verify_signature_headers(key, &headers);
        verify(&theirs).unwrap();
        verify(&stranger).unwrap_err();
    }
}

#[test]
fn we_verify_what_another_implementation_signs() {
    let key = SigningKey::from_seed(&SEED).unwrap();
    let theirs = SecretKey::from_bytes(&AlgorithmName::Ed25519, &SEED).unwrap();
    let ids: Vec<_> =
        COMPONENTS.iter().map(|name| HttpMessageComponentId::try_from(*name).unwrap()).collect();
    for request in requests() {
        let mut params = HttpSignatureParams::try_new(&ids).unwrap();
        params.set_created(1_772_424_127).set_nonce("bm9uY2U=").set_alg(&AlgorithmName::Ed25519);
        params.set_keyid(&key.public().id());
        let base = HttpSignatureBase::try_new(&lines(&request), &params).unwrap();
        let headers = base.build_signature_headers(&theirs, Some("canteend")).unwrap();
        let fields = Fields {
            content_digest: content_digest(request.body),
            signature_input: headers.signature_input_header_value(),
            signature: headers.signature_header_value(),
        };
        let claim = request.claim(&fields).unwrap();
        assert_eq!(claim.created, 1_772_424_127);
        claim.verify(key.public()).unwrap();
    }
}
