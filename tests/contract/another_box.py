"""A box in another language, written from docs/city-api.yaml and docs/ledger-format.md alone.

It enrols with a running reference city and walks through every operation; what the city answers is
verified and held against the schemas of the document. As a module it signs the requests of
schemathesis (hooks.py).
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time

import jsonschema_rs
import requests
import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/city-api.yaml")
COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest")'
BATCH_TYPE = "application/vnd.canteend.batch.v1+json"
NEXT_KEY_TYPE = "application/vnd.canteend.next-key.v1+json"


def b64(data):
    return base64.b64encode(data).decode()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hash_text(digest):
    return "sha256:" + digest.hex()


def encoding(kind, payload):
    """What a DSSE signature covers."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def merkle_root(leaves):
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", merkle_root(leaves[:split]), merkle_root(leaves[split:]))


class Schemas:
    """The schemas of the document, by name."""

    def __init__(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)

    def check(self, name, value):
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": self.document["components"],
        }
        jsonschema_rs.Draft202012Validator(schema).validate(value)


class AnotherBox(requests.auth.AuthBase):
    """A device with its key, and a ledger of its own."""

    def __init__(self, url, device, seed):
        self.url, self.device = url, device
        self.use_key(seed)
        self.head = sha256(b"canteend ledger v1\n", device.encode())
        self.hashes, self.batches, self.prev_batch = [], 0, None

    def use_key(self, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.public = "ed25519:" + b64(self.key.public_key().public_bytes(*raw))
        self.fingerprint = sha256(self.public.encode()).hex()
        self.key_id = self.fingerprint[:32]

    def __call__(self, request):
        """Signs a request that is ready to be sent (RFC 9421 over fixed components)."""
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        where = requests.compat.urlsplit(request.url)
        digest = f"sha-256=:{b64(sha256(body))}:"
        created, nonce = int(time.time()), b64(os.urandom(16))
        params = (
            f'{COMPONENTS};created={created};nonce="{nonce}";alg="ed25519";keyid="{self.key_id}"'
        )
        base = (
            f'"@method": {request.method}\n"@authority": {where.netloc.lower()}\n'
            f'"@path": {where.path}\n"@query": ?{where.query}\n'
            f'"content-digest": {digest}\n"@signature-params": {params}'
        )
        request.headers["Content-Digest"] = digest
        request.headers["Signature-Input"] = f"canteend={params}"
        request.headers["Signature"] = f"canteend=:{b64(self.key.sign(base.encode()))}:"
        return request

    def enrol(self, code):
        secret = code.replace("-", "")[:10].encode()
        said = f"canteend enrol v1\n{self.device}\n{self.public}\n".encode()
        proof = hmac.new(secret, said, hashlib.sha256).digest()
        return requests.post(
            f"{self.url}/v1/devices/{self.device}/enrol",
            json={"key": self.public, "proof": b64(proof)},
            timeout=10,
        )

    def entry(self, kind, at, **fields):
        """The bytes of the next entry of the ledger."""
        head = {
            "v": 1,
            "n": len(self.hashes) + 1,
            "salt": os.urandom(16).hex(),
            "kind": kind,
            "at": at,
            "clock": "trusted",
        }
        body = json.dumps(head | fields, separators=(",", ":"))
        self.head = sha256(self.head, body.encode())
        self.hashes.append(self.head)
        return body

    def batch(self, entries):
        """A sealed batch of entries that were just written."""
        first = len(self.hashes) - len(entries) + 1
        before = self.hashes[first - 2] if first > 1 else None
        prev = before or sha256(b"canteend ledger v1\n", self.device.encode())
        self.batches += 1
        payload = json.dumps(
            {
                "device": self.device,
                "epoch": 1,
                "seq": self.batches,
                "prev_batch": self.prev_batch,
                "first": first,
                "last": len(self.hashes),
                "prev_hash": hash_text(prev),
                "head": hash_text(self.head),
                "tree_size": len(self.hashes),
                "root": hash_text(merkle_root(self.hashes)),
                "gallery": 0,
                "entries": entries,
            }
        ).encode()
        self.prev_batch = hash_text(sha256(payload))
        return self.seal(BATCH_TYPE, payload)

    def seal(self, kind, payload):
        signature = self.key.sign(encoding(kind, payload))
        return json.dumps(
            {
                "payload": b64(payload),
                "payloadType": kind,
                "signatures": [{"keyid": self.key_id, "sig": b64(signature)}],
            }
        ).encode()

    def offer(self, following):
        """Offers the key of `following`, which is to take the place of this one."""
        payload = {"device": self.device, "key": following.public, "before": self.key_id}
        return self.put("next-key", following.seal(NEXT_KEY_TYPE, json.dumps(payload).encode()))

    def put_batch(self, seq, envelope):
        return self.put(f"batches/{seq}", envelope)

    def put(self, what, envelope):
        return requests.put(
            f"{self.url}/v1/devices/{self.device}/{what}",
            data=envelope,
            headers={"Content-Type": "application/vnd.dsse+json"},
            auth=self,
            timeout=10,
        )

    def get(self, target):
        return requests.get(self.url + target, auth=self, timeout=10)


def opened(schemas, answer, key, kind, schema):
    """The payload of an answer's envelope, verified and held against its schema."""
    assert answer.headers["content-type"] == "application/vnd.dsse+json", answer.headers
    envelope = answer.json()
    schemas.check("Envelope", envelope)
    assert envelope["payloadType"] == f"application/vnd.canteend.{kind}.v1+json", envelope
    payload = base64.b64decode(envelope["payload"])
    value = json.loads(payload)
    schemas.check(schema, value)
    signer = key or value["city_key"]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(signer.removeprefix("ed25519:")))
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    try:
        public.verify(signature, encoding(envelope["payloadType"], payload))
    except InvalidSignature as error:
        raise AssertionError(f"{kind}: not signed by the city") from error
    return value


def refused(schemas, answer, status, error):
    assert answer.status_code == status, (answer.status_code, answer.text)
    said = answer.json()
    schemas.check("Refusal", said)
    assert said["error"] == error, said
    return said


def meal(box, elder, minute):
    at = f"2026-03-02T12:{minute:02}:00+08:00"
    fields = {
        "elder": elder,
        "date": "2026-03-02",
        "window": "lunch",
        "method": "face",
        "band": "80+",
        "city_fen": 200,
        "district_fen": 200,
        "standing": "firm",
        "rules": "lcetdz-2022",
        "eligibility_as_of": "2026-03-01",
        "basis": None,
    }
    return box.entry("meal", at, **fields)


def walk(url, device, code, seed):
    """Every operation once, with what is right and with what is wrong."""
    first_seed = os.urandom(32)
    schemas, box = Schemas(), AnotherBox(url, device, first_seed)
    answer = box.enrol(code)
    assert answer.status_code == 201, answer.text
    said = opened(schemas, answer, None, "enrolment", "EnrolmentPayload")
    city = said["city_key"]
    assert (said["device"], said["key"], said["epoch"]) == (device, box.public, 1), said
    again = box.enrol(code)
    assert (again.status_code, again.content) == (200, answer.content), again.text
    stranger = AnotherBox(url, device, os.urandom(32))
    refused(schemas, stranger.enrol(code), 403, "code")
    refused(schemas, stranger.get("/v1/verdicts?after=0&nonce=abc123"), 401, "signature")

    first = box.batch([box.entry("genesis", "2026-03-02T08:00:00+08:00", device=device)])
    second = box.batch([meal(box, "p_1", 0), meal(box, "p_2", 1)])
    assert refused(schemas, box.put_batch(2, second), 409, "gap")["expected"] == 1
    for seq, envelope in ((1, first), (2, second)):
        answer = box.put_batch(seq, envelope)
        assert answer.status_code == 201, answer.text
        receipt = opened(schemas, answer, city, "receipt", "ReceiptPayload")
        payload = base64.b64decode(json.loads(envelope)["payload"])
        schemas.check("BatchPayload", json.loads(payload))
        assert receipt["payload_sha256"] == hash_text(sha256(payload)), receipt
        size = receipt["tree_size"]
        assert receipt["root"] == hash_text(merkle_root(box.hashes[:size])), receipt
        again = box.put_batch(seq, envelope)
        assert (again.status_code, again.content) == (200, answer.content), again.text
    forged = stranger.batch([stranger.entry("genesis", "2026-03-02T08:00:00+08:00", device=device)])
    refused(schemas, box.put_batch(3, forged), 400, "content")
    other = AnotherBox(url, device, first_seed)
    forged = other.batch([other.entry("genesis", "2026-03-02T08:00:01+08:00", device=device)])
    refused(schemas, box.put_batch(1, forged), 409, "conflict")

    page = opened(
        schemas, box.get("/v1/gallery/changes?nonce=abc123"), city, "gallery-page", "GalleryPagePayload"
    )
    assert page["final"] and len(page["upsert"]) > 0, page
    delta = opened(
        schemas,
        box.get(f"/v1/gallery/changes?after={page['next']}&nonce=abc124"),
        city,
        "gallery-page",
        "GalleryPagePayload",
    )
    assert delta["upsert"] == [] and delta["next"] == page["next"], delta
    refused(schemas, box.get("/v1/gallery/changes?after=elsewhere.1&nonce=abc123"), 410, "cursor")
    verdicts = opened(
        schemas, box.get("/v1/verdicts?after=0&nonce=abc123"), city, "verdicts", "VerdictsPayload"
    )
    assert verdicts == {"nonce": "abc123", "after": 0, "next": 0, "items": []}, verdicts
    assert (page["nonce"], delta["nonce"]) == ("abc123", "abc124"), delta
    refused(schemas, box.get("/v1/verdicts?after=0"), 400, "content")
    refused(schemas, box.get("/v1/gallery/changes"), 400, "content")
    assert page["after"] == "" and delta["after"] == page["next"], delta
    card(page)
    schemas.check("Time", requests.get(f"{url}/v1/time", timeout=10).json())
    answer = requests.get(f"{url}/v1/time?nonce=abc123", timeout=10)
    assert opened(schemas, answer, city, "time", "TimePayload")["nonce"] == "abc123"
    follow(schemas, url, city, [])
    answer = requests.get(f"{url}/v1/keys/{'0' * 32}", timeout=10)
    refused(schemas, answer, 404, "missing")
    rotate(schemas, box, city, seed)
    refused(schemas, requests.get(f"{url}/v1/nothing", timeout=10), 404, "missing")
    print("another box: every operation does as the document says")
    return city


def card(page):
    """The first elder's card, which the roster names, as a digest under the page's key."""
    said = b"canteend card v1\n" + os.environ["CONTRACT_CARD"].encode()
    digest = hmac.new(base64.b64decode(page["card_key"]), said, hashlib.sha256).digest()
    assert page["upsert"][0]["cards"] == [b64(digest)], page["upsert"][0]


def key_id(public):
    return sha256(public.encode()).hex()[:32]


def follow(schemas, url, city, fingerprints):
    """Walks from a key of the city's to the newest, of which the last fingerprint is told."""
    answer = requests.get(f"{url}/v1/keys/{key_id(city)}", timeout=10)
    said = answer.json()
    schemas.check("Succession", said)
    assert len(said["statements"]) == len(fingerprints), said
    for envelope, fingerprint in zip(said["statements"], fingerprints):
        payload = base64.b64decode(envelope["payload"])
        value = json.loads(payload)
        schemas.check("CityKeyPayload", value)
        assert value["before"] == key_id(city), value
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(city.removeprefix("ed25519:")))
        signature = base64.b64decode(envelope["signatures"][0]["sig"])
        public.verify(signature, encoding(envelope["payloadType"], payload))
        city = value["key"]
        assert key_id(city) == fingerprint, value
    answer = requests.get(f"{url}/v1/time?nonce=abc123", timeout=10)
    opened(schemas, answer, city, "time", "TimePayload")


def rotate(schemas, box, city, seed):
    """Another key takes the place of the first; each signs what is its own."""
    following = AnotherBox(box.url, box.device, seed)
    answer = box.offer(following)
    assert answer.status_code == 200, answer.text
    said = opened(schemas, answer, city, "enrolment", "EnrolmentPayload")
    assert said["key"] == following.public, said
    at = "2026-03-02T21:00:00+08:00"
    change = {"purpose": "device", "now": following.fingerprint, "before": box.fingerprint}
    entry = box.entry("key", at, **change)
    assert box.put_batch(3, box.batch([entry])).status_code == 201
    old = AnotherBox(box.url, box.device, os.urandom(32))
    old.key, old.key_id = box.key, box.key_id
    box.use_key(seed)
    assert box.put_batch(4, box.batch([meal(box, "p_3", 2)])).status_code == 201
    refused(schemas, old.get("/v1/verdicts?after=0&nonce=abc123"), 401, "signature")


if __name__ == "__main__":
    if sys.argv[1] == "follow":
        follow(Schemas(), sys.argv[2], sys.argv[3], sys.argv[4:])
        print("another box: followed the city's key")
    else:
        seed = bytes.fromhex(os.environ["CONTRACT_SEED"])
        with open(os.environ["CONTRACT_CITY"], "w", encoding="utf-8") as file:
            file.write(walk(sys.argv[1], sys.argv[2], sys.argv[3], seed))
