"""Lets schemathesis sign its requests, where the seed of an enrolled device's key is given."""

import os
import sys

import schemathesis

sys.path.insert(0, os.path.dirname(__file__))
from another_box import AnotherBox  # noqa: E402

if os.environ.get("CONTRACT_SIGN") == "1":
    seed = bytes.fromhex(os.environ["CONTRACT_SEED"])
    box = AnotherBox("", os.environ["CONTRACT_DEVICE"], seed)
    schemathesis.auth.set_from_requests(box)
