"""Events of another context on the embedded AWS: from its topic to what is kept of its things."""

import itertools
import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounded_context_local.actors.subscriber import Event, Neighbour, cloud_event
from bounded_context_local.running.context import RunningContext

from .neighbours import standing, until

pytestmark = pytest.mark.e2e

AT_ONCE = 10
"""Things whose events are mixed in one example: each has an order of its own."""

Told = tuple[int, bool, str]
"""An event of a history: its number, whether it has a sequence, its type."""


def test_events_of_many_aggregates_pass_the_queue_in_any_order(deployed: RunningContext, neighbour: Neighbour):
    """The newest first, each twice, through SNS, SQS and Lambda as they are."""
    consumes, mark = neighbour.consumes, uuid.uuid4().hex[:8]
    subjects = {f"{mark}-{number}": ("GONE", "KNOWN")[number % 2] for number in range(10)}
    for number in (3, 1, 2, 3, 2):
        for subject, end in subjects.items():
            gone = (end == "GONE") == (number == 3)
            neighbour.publish_event(
                (consumes.deleted_by if gone else consumes.created_by)[0], subject, number, id=f"{subject}-{number}"
            )
    until(lambda: _waiting(deployed) == 0 and {name: standing(deployed, name) for name in subjects} == subjects)
    assert {_end(deployed, name)[1] for name in subjects} == {f"{name}-3" for name in subjects}


def _waiting(deployed: RunningContext) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = deployed.outputs["inbound_queue"]
    attributes = deployed.aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


@pytest.mark.nightly
@pytest.mark.parametrize("number", [100, 1000])
def test_random_orders_leave_one_state(deployed: RunningContext, neighbour: Neighbour, number: int):
    """The deployed function and table; each order is of one thing, and ten of them share the batches."""
    history = _history(neighbour)
    numbers = itertools.count()
    ended: set[str] = set()

    @settings(
        max_examples=number // AT_ONCE, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(st.lists(_orders(history), min_size=AT_ONCE, max_size=AT_ONCE), st.integers(5, 40))
    def any_orders(orders: list[list[Told]], batch: int) -> None:
        subjects = [f"order-{next(numbers)}-{uuid.uuid4().hex[:8]}" for _ in orders]
        events = _mixed([_events(neighbour, *pair) for pair in zip(subjects, orders, strict=True)])
        for start in range(0, len(events), batch):
            _hand_over(deployed, events[start : start + batch])
        assert {_end(deployed, subject) for subject in subjects} == {("GONE", "4")}
        ended.update(subjects)

    any_orders()
    assert len(ended) >= number


def _history(neighbour: Neighbour) -> list[Told]:
    """What happened to each thing. Two events have their time alone, one of them from a clock that goes wrong."""
    known, gone = neighbour.consumes.created_by[0], neighbour.consumes.deleted_by[0]
    return [(1, True, known), (2, True, gone), (3, True, known), (4, True, gone), (5, False, known), (6, False, gone)]


def _orders(history: list[Told]) -> st.SearchStrategy[list[Told]]:
    """Any order of all events, some of which come again."""
    return st.lists(st.sampled_from(history), max_size=3).flatmap(lambda again: st.permutations(history + again))


def _events(neighbour: Neighbour, subject: str, order: list[Told]) -> list[Event]:
    return [_event(neighbour, subject, *arguments) for arguments in order]


def _event(neighbour: Neighbour, subject: str, number: int, sequenced: bool, event_type: str) -> Event:
    event = cloud_event(neighbour.name, event_type, subject, number if sequenced else None)
    times = {5: "2026-01-01T12:00:00+02:00", 6: "2999-01-01T00:00:00Z"}
    return event | {"id": str(number), "time": times.get(number, event["time"])}


def _mixed(all_: list[list[Event]]) -> list[Event]:
    """Take an event of each thing in turn, so that every batch holds several things."""
    return [event for turn in itertools.zip_longest(*all_) for event in turn if event is not None]


def _hand_over(deployed: RunningContext, events: list[Event]) -> None:
    records = [
        {"messageId": f"message-{number}", "body": json.dumps(event), "messageAttributes": {}}
        for number, event in enumerate(events)
    ]
    assert deployed.invoke("on_event", {"Records": records}) == {"batchItemFailures": []}


def _end(deployed: RunningContext, subject: str) -> tuple[str, str]:
    [neighbour] = deployed.neighbours
    item = deployed.table.projected(neighbour.consumes.aggregate, subject) or {}
    return item["status"], item["event_id"]


def test_a_poison_message_is_rejected_with_its_reason_and_events_continue(
    deployed: RunningContext, neighbour: Neighbour
):
    """From the topic, and straight into the queue what no topic would let through."""
    known, mark = neighbour.consumes.created_by[0], uuid.uuid4().hex[:8]
    neighbour.publish_event(known, f"{mark}-bad", 1, specversion="0.3")
    neighbour.publish_event(known, "", 1, id=mark)
    _send(deployed, f"no JSON {mark}")
    neighbour.publish_event(known, f"{mark}-good", 1)
    until(lambda: standing(deployed, f"{mark}-good") == "KNOWN")
    reasons: dict[str, str] = {}
    until(lambda: reasons.update(_dead_letters(deployed, mark)) or len(reasons) == 3)
    assert sorted(reasons.values()) == ["no-cloud-event", "no-subject", "not-json"]


def _send(deployed: RunningContext, body: str) -> None:
    deployed.aws.call("sqs", "send_message", QueueUrl=deployed.outputs["inbound_queue"], MessageBody=body)


def _dead_letters(deployed: RunningContext, mark: str) -> dict[str, str]:
    """Take messages out of the dead letters, and return the reasons of those that are marked, by their bodies."""
    url = deployed.outputs["dead_letter_queues"]["inbound"]
    messages = deployed.aws.call(
        "sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in messages:
        deployed.aws.call("sqs", "delete_message", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    marked = [message for message in messages if mark in message["Body"]]
    return {message["Body"]: message["MessageAttributes"]["reason"]["StringValue"] for message in marked}
