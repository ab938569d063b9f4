"""The function behind a queue of the context's own: message by message, and what fails comes again alone."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bounded_context.declaration.entry_points import SMOKE
from bounded_context.handlers import queue_handler, queues
from bounded_context.testing.functions import LambdaContext
from bounded_context_infra.configuration.project import current

from .conftest import Lines

CONTEXT = current().context


def _batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m-{number}", "body": body} for number, body in enumerate(bodies)]}


def _answer(event: dict[str, Any], messages: list[str]) -> Any:
    def take(message: str) -> None:
        if message.startswith("bad"):
            raise ValueError(message)
        messages.append(message)

    return queue_handler(CONTEXT, "send_letter", take)(event, LambdaContext())


def test_failed_messages_are_returned_alone(lines: Lines) -> None:
    """The others are done; what a message says is in no line."""
    messages: list[str] = []
    answer = _answer(_batch("one", "bad sentinel", "two"), messages)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert messages == ["one", "two"]
    assert [line["message_id"] for line in lines() if line["message"] == "message not taken"] == ["m-1"]
    assert "sentinel" not in str(lines())


def test_a_batch_of_failed_messages_is_an_error() -> None:
    """So that a release that breaks everything is seen by its alarm."""
    with pytest.raises(ValueError):
        _answer(_batch("bad", "bad too"), [])


def test_the_smoke_check_is_no_message() -> None:
    """It is answered, and nothing is taken."""
    messages: list[str] = []
    assert SMOKE.judge(_answer(dict(SMOKE.event), messages)) is None
    assert messages == []


FIFO = "arn:aws:sqs:eu-central-1:123456789012:loan-prod-payouts.fifo"


def _record(group: str, number: int, arn: str = FIFO) -> dict[str, Any]:
    name = f"{group}-{number}"
    return {"messageId": name, "body": name, "attributes": {"MessageGroupId": group}, "eventSourceARN": arn}


def _run(records: list[dict[str, Any]], take: Callable[[str], None]) -> set[str]:
    """Return the messages that SQS delivers again."""
    try:
        answer = queue_handler(CONTEXT, "pay_out", take)({"Records": records}, LambdaContext())
    except ConnectionError:
        return {record["messageId"] for record in records}
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def _failing(*failing: str, messages: list[str]) -> Callable[[str], None]:
    def take(message: str) -> None:
        if message in failing:
            raise ConnectionError(message)
        messages.append(message)

    return take


def test_after_a_failure_the_rest_of_its_group_waits(lines: Lines) -> None:
    """Other groups are processed; only the failed message has a line."""
    messages: list[str] = []
    records = [_record("a", 1), _record("a", 2), _record("b", 1), _record("a", 3), _record("b", 2)]
    assert _run(records, _failing("a-2", messages=messages)) == {"a-2", "a-3"}
    assert messages == ["a-1", "b-1", "b-2"]
    assert [line["message_id"] for line in lines() if line["message"] == "message not taken"] == ["a-2"]


def test_a_group_of_a_standard_queue_has_no_order() -> None:
    """There the group only makes the queue fair."""
    messages: list[str] = []
    records = [_record("a", number, FIFO.removesuffix(".fifo")) for number in (1, 2, 3)]
    assert _run(records, _failing("a-2", messages=messages)) == {"a-2"}
    assert messages == ["a-1", "a-3"]


def test_a_group_whose_first_message_fails_is_an_error() -> None:
    """No message succeeded: the alarm of a release sees a version that fails for every message."""
    with pytest.raises(ValueError):
        records = [_record("bad", 1), _record("bad", 2)]
        _answer({"Records": records}, [])


def _order(seed: int) -> Iterator[str]:
    """Deliver two groups to a function that fails at random, as a FIFO queue does, and yield each disorder."""
    chance, messages = random.Random(seed), list[str]()  # noqa: S311 (no secret)
    waiting = {group: [_record(group, number) for number in range(8)] for group in "ab"}

    def take(message: str) -> None:
        if chance.random() < 0.3:
            raise ConnectionError(message)
        messages.append(message)

    while any(waiting.values()):
        counts: Mapping[str, int] = {group: chance.randint(0, 5) for group in waiting}
        batch = [record for group, records in waiting.items() for record in records[: counts[group]]]
        failed = _run(batch, take) if batch else set()
        for group, records in waiting.items():
            received = records[: counts[group]]
            waiting[group] = [r for r in received if r["messageId"] in failed] + records[counts[group] :]
    for group in waiting:
        processed = [message for message in messages if message.startswith(group)]
        if processed != sorted(processed):
            yield f"{seed}: {processed}"


def test_messages_of_a_group_are_processed_in_order_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that goes on after a failure is detected."""
    assert [disorder for seed in range(50) for disorder in _order(seed)] == []
    monkeypatch.setattr(queues, "_group", lambda _: None)
    assert [disorder for seed in range(50) for disorder in _order(seed)] != []
