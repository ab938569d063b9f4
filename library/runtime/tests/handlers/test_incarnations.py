"""One identity, removed and registered again: no tag, condition or version of the first payment means the second."""

from typing import Any

import pytest
from payment.context import PAYMENT

from tests.handlers.functions import CHANGE, CREATES, DELETES, GET, ID, ON_EXISTING, SAMPLES
from tests.handlers.messages import call, identity
from tests.handlers.requests import create, send

pytestmark = pytest.mark.usefixtures("function")


def _again() -> str:
    """Create an aggregate, remove it and create it again; return the first one's entity tag."""
    tag = create(1).headers["etag"]
    assert send(DELETES, identity=identity(1)).status == 200
    assert create(1).headers["etag"] != tag
    return tag


def test_a_tag_of_a_removed_aggregate_is_not_its_successors():
    tag = _again()
    assert send(GET, identity=identity(1), headers={"if-none-match": tag}).status == 200


@pytest.mark.parametrize("function_name", ON_EXISTING)
def test_a_command_for_a_removed_aggregate_leaves_its_successor(function_name: str):
    tag = _again()
    answer = send(function_name, identity=identity(1), headers={"if-match": tag})
    assert (answer.status, answer.body["code"]) == (412, "version-conflict")
    assert send(GET, identity=identity(1)).body["version"] == 1


def test_a_message_may_name_the_incarnation_too():
    first = call(CREATES, {"idempotency_key": "key-1", "payload": SAMPLES.values(1)})["etag"]
    assert call(DELETES, _message("key-2", first))["ok"]
    second = call(CREATES, {"idempotency_key": "key-3", "payload": SAMPLES.values(1)})["etag"]
    assert call(DELETES, _message("key-4", first))["error"]["code"] == "version-conflict"
    assert call(CHANGE, _message("key-5", second))["ok"]


def _message(key: str, expected: Any) -> dict[str, Any]:
    return {"idempotency_key": key, "payload": {ID: identity(1), "expected_version": expected}}


def test_a_change_keeps_the_incarnation():
    created = create(1).headers["etag"]
    changed = send(CHANGE, identity=identity(1), headers={"if-match": created}).headers["etag"]
    assert send(GET, identity=identity(1), headers={"if-none-match": changed}).status == 304


def test_an_item_of_an_earlier_version_has_its_version_as_tag(table: Any):
    """Until it is removed: its tag says nothing of an incarnation."""
    create(1)
    table.update_item(Key={"pk": PAYMENT.key_prefix + identity(1)}, UpdateExpression="REMOVE etag")
    assert send(GET, identity=identity(1), headers={"if-none-match": '"1"'}).status == 304
    changed = send(CHANGE, identity=identity(1), headers={"if-match": '"1"'})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert send(GET, identity=identity(1), headers={"if-none-match": '"2"'}).status == 304
    assert send(DELETES, identity=identity(1), headers={"if-match": '"2"'}).status == 200


def test_a_bare_version_as_tag_is_no_tag_of_an_incarnation():
    """A caller that read the aggregate through an earlier version reads it again."""
    create(1)
    assert send(GET, identity=identity(1), headers={"if-none-match": '"1"'}).status == 200
    assert send(CHANGE, identity=identity(1), headers={"if-match": '"1"'}).status == 412


def test_the_first_change_of_a_row_keeps_the_incarnation(table: Any):
    """A row's incarnation is its list."""
    create(1)
    key = {"pk": PAYMENT.key_prefix + identity(1)}
    table.update_item(
        Key=key,
        UpdateExpression="SET list_id = :list REMOVE etag",
        ExpressionAttributeValues={":list": "l-1"},
    )
    tag = send(GET, identity=identity(1)).headers["etag"]
    changed = send(CHANGE, identity=identity(1), headers={"if-match": tag}).headers["etag"]
    assert send(GET, identity=identity(1)).headers["etag"] == changed
