"""A function that ended between the effect of a command and its answer: what the next attempt with its key does."""

from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Status

from bounded_context import aws
from bounded_context.adapters import dynamodb
from tests.handlers.functions import CHANGE, CREATES, DELETES, ID, SAMPLES
from tests.handlers.messages import call, identity
from tests.handlers.requests import create, send

pytestmark = pytest.mark.usefixtures("function")


def _forget(table: Any) -> None:
    """Remove the records of keys: nothing is left of an attempt that had no answer, once its lock has ended."""
    for item in table.scan()["Items"]:
        if not item["pk"].startswith(PAYMENT.key_prefix):
            table.delete_item(Key={"pk": item["pk"]})


def _change(key: str) -> Any:
    return send(CHANGE, identity=identity(1), headers={"idempotency-key": key})


def test_a_creation_is_answered_by_its_effect(table: Any):
    first = create(1, key="key-1")
    _forget(table)
    again = create(1, key="key-1")
    assert (again.status, again.body, again.headers["etag"]) == (201, first.body, first.headers["etag"])


def test_a_creation_is_answered_also_after_another_change(table: Any):
    """With the aggregate as it stands."""
    create(1, key="key-1")
    changed = _change("key-2")
    _forget(table)
    again = create(1, key="key-1")
    assert (again.status, again.body, again.headers["etag"]) == (201, changed.body, changed.headers["etag"])


def test_a_change_is_answered_by_its_effect(table: Any):
    create(1)
    first = _change("key-1")
    _forget(table)
    again = _change("key-1")
    assert (again.status, again.body, again.headers["etag"]) == (200, first.body, first.headers["etag"])


@pytest.mark.parametrize("key", [None, "key-2"])
def test_an_attempt_is_visible_to_its_own_key_only(table: Any, key: str | None):
    create(1, key="key-1")
    _forget(table)
    assert create(1, key=key).body["code"] == "already-exists"


def test_another_payload_with_the_key_does_not_find_it(table: Any):
    call(CREATES, {"idempotency_key": "key-1", "payload": SAMPLES.values(1)})
    _forget(table)
    other = SAMPLES.values(2) | {ID: identity(1)}
    assert call(CREATES, {"idempotency_key": "key-1", "payload": other})["error"]["code"] == "already-exists"


def test_a_creation_has_a_second_effect_once_another_command_has_removed_the_first(table: Any):
    first = create(1, key="key-1")
    send(DELETES, identity=identity(1))
    _forget(table)
    again = create(1, key="key-1")
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["etag"] != first.headers["etag"]


def test_a_removal_leaves_no_effect_to_find(table: Any):
    create(1)
    key = {"idempotency-key": "key-1"}
    assert send(DELETES, identity=identity(1), headers=key).status == 200
    _forget(table)
    assert send(DELETES, identity=identity(1), headers=key).body["code"] == "not-found"


def test_an_attempt_reads_and_changes_its_own_writes():
    """A rule may write more than once."""
    payments, payment = aws.aggregates(PAYMENT), SAMPLES.aggregate(1)
    with dynamodb.attempt(payment.id, "key-1"):
        payments.add(payment)
        payments.save(payments.get(payment.id).moved_to(Status.VERIFIED))
        assert payments.get(payment.id).version == 2
    with dynamodb.attempt(payment.id, "key-1"), pytest.raises(dynamodb.Done):
        payments.get(payment.id)


def test_an_attempt_continues_after_an_earlier_change_of_another_aggregate():
    """A rule may change others before its own one: these are no effect of the whole command."""
    payments, other, payment = aws.aggregates(PAYMENT), SAMPLES.aggregate(1), SAMPLES.aggregate(2)
    with dynamodb.attempt(payment.id, "key-1"):
        payments.add(other)
    with dynamodb.attempt(payment.id, "key-1"):
        assert payments.get(other.id).version == 1
        payments.add(payment)


def test_an_aggregate_that_was_just_written_may_be_changed():
    payments, payment = aws.aggregates(PAYMENT), SAMPLES.aggregate(1)
    payments.add(payment)
    payments.save(payment.moved_to(Status.VERIFIED))
    assert payments.get(payment.id).version == 2
