"""What tests/handlers/test_redaction.py says of calls, for requests of the HTTP API."""

import json

import pytest
from payment.context import PAYMENT

from tests.handlers.functions import CHANGE, CREATES, GET, ID, LIST
from tests.handlers.messages import brought
from tests.handlers.requests import JSON, send
from tests.handlers.test_redaction import ANYTHING, nothing_is_shown, values  # noqa: F401  a fixture


@pytest.mark.usefixtures("nothing_is_shown")
def test_requests():
    """Good ones and bad ones, over HTTP: what is wrong goes back to the caller, without the value."""
    assert send(CREATES, json.dumps(values()), headers=JSON).status == 201
    assert send(GET, identity=values()[ID]).status == 200
    brought(2, **values() | {ID: "id-000002"})
    assert len(send(LIST, query={"list_id": "l-1", "status": PAYMENT.initial_status.value}).body["items"]) == 1
    bad = json.dumps(dict.fromkeys(values(), ANYTHING + "\n"))
    refused = [
        send(CREATES, json.dumps(values()), headers=JSON),
        send(CREATES, bad, headers=JSON),
        send(CREATES, ANYTHING, headers=JSON),
        send(CREATES, json.dumps({ANYTHING: 1}), headers=JSON | {"idempotency-key": f"{ANYTHING} {ANYTHING}"}),
        send(CHANGE, identity=ANYTHING + "/x", headers={"if-match": ANYTHING, "x-correlation-id": f"{ANYTHING} "}),
        send(LIST, query={"status": ANYTHING, "cursor": ANYTHING}),
    ]
    assert all(400 <= answer.status < 500 for answer in refused)
