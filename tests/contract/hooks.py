"""Lets schemathesis sign its requests as an enrolled device, where it is told to."""

import os
import sys

import schemathesis

sys.path.insert(0, os.path.dirname(__file__))
from another_box import AnotherBox  # noqa: E402

DEVICE = os.environ["CONTRACT_DEVICE"]

if os.environ["CONTRACT_SIGN"] == "1":
    seed = bytes.fromhex(os.environ["CONTRACT_SEED"])
    schemathesis.auth.set_from_requests(AnotherBox("", DEVICE, seed))

    @schemathesis.hook
    def map_path_parameters(context, path_parameters):
        """Who signs is who is spoken for: otherwise every request would end there."""
        if path_parameters and "device" in path_parameters:
            path_parameters["device"] = DEVICE
        return path_parameters


@schemathesis.hook
def after_call(context, case, response):
    """Notes what was answered, so that the script can see how far the requests came."""
    with open(os.environ["CONTRACT_ANSWERS"], "a", encoding="utf-8") as answers:
        answers.write(f"{case.operation.label} {response.status_code}\n")
