"""Versions of functions, as Lambda's API answers for them."""

import json
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from bounded_context.adapters.services import FunctionFailed, Versions

EVENT = {"smoke_check": True}
ASKED = {"FunctionName": "shop-prod-order:8", "Payload": json.dumps(EVENT)}


def _ask(answer: bytes, **members: Any) -> Any:
    client: Any = boto3.client("lambda", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    body = StreamingBody(BytesIO(answer), len(answer))
    with Stubber(client) as stub:
        stub.add_response("invoke", {"StatusCode": 200, "Payload": body, **members}, ASKED)
        return Versions(client).ask("shop-prod-order", "8", EVENT)


def test_a_version_is_called_by_its_number():
    """The alias may still point elsewhere."""
    assert _ask(b'{"smoke_check": "passed"}') == {"smoke_check": "passed"}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"errorMessage": "no such file", "errorType": "ImportError", "stackTrace": []}, "ImportError: no such file"),
        ({"errorMessage": "Task timed out after 10.00 seconds"}, "Task timed out after 10.00 seconds"),
    ],
)
def test_an_error_of_the_function_is_raised_with_its_message(error: dict[str, Any], sentence: str):
    """Lambda's status is 200 all the same."""
    with pytest.raises(FunctionFailed, match=f"^{sentence}$"):
        _ask(json.dumps(error).encode(), FunctionError="Unhandled")


@pytest.mark.parametrize("answer", [b"", b"Internal error", b"\xff"])
def test_an_answer_that_is_not_json_is_an_error(answer: bytes):
    """Nothing can be judged by it."""
    with pytest.raises(ValueError):
        _ask(answer)
