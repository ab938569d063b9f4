"""A reseed sends the current state to one subscriber, at a rate, and continues after an interruption."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bounded_context_infra.configuration.project import current
from bounded_context_operations.repair.reseed import state
from tests.contracts.test_previous_version import beside
from tests.event_schemas import faults
from tests.reseed.conftest import Reseeding
from tests.reseed.world import CONTEXT, Killed, World, existing, projection
from tests.reseed.world import state as world_state
from tests.rollout.clients import error


def _fill(world: World, number: int) -> None:
    for index in range(1, number + 1):
        world.create(index)


def test_the_plan_sends_no_event(world: World, reseed: Reseeding) -> None:
    """It contains about the number of events, and the duration."""
    _fill(world, 250)
    ran = reseed("--rate", "50")
    assert (ran.status, ran.report["result"], ran.report["about"], ran.report["seconds"]) == (0, "looked", 250, 5)
    assert world.sent == []


def test_a_recent_aggregate_is_sent_with_its_published_event(world: World, reseed: Reseeding) -> None:
    """The same id, sequence, time and data, in the form in which SNS sends it."""
    _fill(world, 12)
    world.change(3)
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], ran.report["sent"], ran.report["original"]) == (0, "done", 12, 12)
    assert projection(world.events) == projection(world.published())
    [message] = [
        message for message in world.sent if json.loads(message["MessageBody"])["subject"] == world.identity(3)
    ]
    event = json.loads(message["MessageBody"])
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"type": event["type"], "traceparent": event["traceparent"]}
    assert {message["MessageGroupId"] for message in world.sent} == {"reseed"}


def test_an_older_aggregate_is_sent_with_a_constant_id_and_a_smaller_sequence(world: World, reseed: Reseeding) -> None:
    """Its change has left the stream. The event has the data of the last published event, and follows its schema."""
    _fill(world, 12)
    world.change(3)
    world.trimmed = len(world.records)
    assert reseed("--go").report["original"] == 0
    first = world.events
    assert reseed("--go").status == 0
    assert [event["id"] for event in world.events] == [event["id"] for event in first] * 2
    last = projection(world.published())
    assert {event["subject"]: event["data"] for event in first} == {name: event["data"] for name, event in last.items()}
    assert all(event["sequence"] < last[event["subject"]]["sequence"] for event in first)
    assert [fault for event in first for fault in faults(event)] == []


def test_a_later_reseed_is_newer_than_an_earlier(world: World, reseed: Reseeding) -> None:
    """Also if the subscriber has missed the change between them."""
    world.create(1)
    world.trimmed = 1
    reseed("--go")
    world.change(1)
    world.trimmed = 2
    reseed("--go")
    assert existing(projection(world.events[::-1])) == world_state(world)


def test_a_deletion_of_the_last_day_is_sent(world: World, reseed: Reseeding) -> None:
    """A subscriber that missed it deletes the aggregate. A recreated aggregate is not deleted."""
    _fill(world, 3)
    world.delete(1)
    world.delete(2)
    world.create(2)
    ran = reseed("--go")
    assert (ran.status, ran.report["sent"]) == (0, 3)
    kept = projection(world.events)
    assert kept[world.identity(1)]["type"] == CONTEXT.deletion_event
    assert existing(kept) == world_state(world)


def test_since_sends_only_aggregates_that_changed_since_then(world: World, reseed: Reseeding) -> None:
    """Deletions included; it does not read the whole table."""
    _fill(world, 5)
    world.clock.sleep(3600)
    changed = world.clock.now()
    world.change(2)
    world.delete(4)
    ran = reseed("--since", changed.isoformat())
    assert ran.report["about"] == 2
    assert reseed("--since", changed.isoformat(), "--go").report["sent"] == 2
    assert projection(world.events) == {
        name: event for name, event in projection(world.published()).items() if name in map(world.identity, (2, 4))
    }
    assert world.scans == 0


def test_a_closed_shard_is_read_to_its_end(world: World, reseed: Reseeding) -> None:
    """DynamoDB may return any number of empty pages before records."""
    _fill(world, 5)
    world.clock.sleep(3600)
    changed = world.clock.now()
    for number in (1, 2, 3):
        world.change(number)
    world.closed, world.page, world.empty_pages = len(world.records) - 1, 1, lambda: 50
    assert reseed("--since", changed.isoformat(), "--go").report["sent"] == 3


@pytest.mark.parametrize(("later", "result", "status"), [(False, "incomplete", 1), (True, "done", 0)])
def test_an_open_shard_is_read_to_the_beginning_of_the_reseed(
    world: World, reseed: Reseeding, later: bool, result: str, status: int
) -> None:
    """Only a later change proves it: DynamoDB returns empty pages before records, and at the end of an open shard."""
    _fill(world, 5)
    world.clock.sleep(3600)
    changed = world.clock.now()
    for number in (1, 2, 3):
        world.change(number)
    world.clock.sleep(60)
    began, world.page, world.empty_pages = world.clock.now(), 1, lambda: 20
    world.tick = lambda: world.change(5) if later and world.clock.now() == began + timedelta(seconds=2) else None
    ran = reseed("--since", changed.isoformat(), "--go")
    assert (ran.status, ran.report["result"], bool(ran.report["unproven_shards"])) == (status, result, not later)
    assert {world.identity(number) for number in (1, 2, 3)} <= {event["subject"] for event in world.events}


def test_each_changed_record_is_read_once(world: World, reseed: Reseeding, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the temporary file, which has the changes of the last day."""
    _fill(world, 9)
    loads, read = state.pickle.loads, []
    monkeypatch.setattr(state.pickle, "loads", lambda data: read.append(data) or loads(data))
    assert reseed("--since", world.clock.now().isoformat(), "--go").report["sent"] == len(read) == 9


def test_a_full_disk_is_refused_before_the_first_message(
    world: World, reseed: Reseeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The changes of the last day are stored in a temporary file."""

    def full(*_: Any) -> Any:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(state.LastChanges, "add", full)
    _fill(world, 5)
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], world.sent) == (2, "refused", [])


@pytest.mark.parametrize("hours", [-25, 1])
def test_a_time_that_the_stream_does_not_contain_is_refused(world: World, reseed: Reseeding, hours: int) -> None:
    """The stream has the last 24 hours."""
    time = world.clock.now() + timedelta(hours=hours)
    assert reseed("--since", time.isoformat(), "--go").status == 2
    assert world.sent == []


def test_an_unknown_subscriber_is_refused_with_the_known_names(reseed: Reseeding) -> None:
    """The names are those of the stack's outputs."""
    ran = reseed("--go", to="nobody")
    assert ran.status == 2
    assert "bi, other" in ran.report["why"]


def test_a_queue_without_a_subscription_is_refused(world: World, reseed: Reseeding) -> None:
    """Later changes would not arrive."""
    _fill(world, 1)
    assert reseed("--go", to="other").status == 2
    assert world.sent == []


ONE, *OTHERS = CONTEXT.events


@pytest.mark.parametrize(
    ("policy", "sent", "status"),
    [
        ({"type": [ONE]}, 1, 0),
        ({"type": OTHERS}, 1, 0),
        ({"type": [{"anything-but": [ONE]}]}, 1, 0),
        ({"type": [{"prefix": "Pay"}]}, 0, 2),
        ({"data": ["x"]}, 0, 2),
    ],
)
def test_the_filter_of_the_subscription_applies(
    world: World, reseed: Reseeding, policy: Any, sent: int, status: int
) -> None:
    """A filter of another form is refused, since it could select too many events."""
    _fill(world, 2)
    world.change(2)
    world.policy = policy
    assert (reseed("--go").status, len(world.sent)) == (status, sent)


@pytest.mark.parametrize(("pause", "early"), [(0, 0), (5, 20)])
def test_events_are_sent_at_the_requested_rate(world: World, reseed: Reseeding, pause: int, early: int) -> None:
    """In each second. After a slow call, two batches are early."""
    _fill(world, 100)
    world.tick = lambda: world.clock.sleep(pause if len(world.sent) == 40 else 0)
    reseed("--go", "--rate", "20")
    times = [message["time"] for message in world.sent]
    assert world.clock.now() - times[0] < timedelta(seconds=8 + pause)
    for time in times:
        assert sum(time <= other < time + timedelta(seconds=1) for other in times) <= 20 + early


def test_messages_that_sqs_refuses_are_sent_again(
    world: World, reseed: Reseeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message of a batch may fail. Only this message is sent again."""
    _fill(world, 10)
    queues, real = world.services["sqs"], world.services["sqs"]._send_message_batch
    refused = iter([True])

    def send(QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        if not next(refused, False):
            return real(QueueUrl, Entries)
        real(QueueUrl, Entries[1:])
        return {"Failed": [{"Id": Entries[0]["Id"], "Code": "InternalError", "SenderFault": False}]}

    monkeypatch.setattr(queues, "_send_message_batch", send)
    ran = reseed("--go")
    assert (ran.status, ran.report["sent"], len(world.sent)) == (0, 10, 10)


def test_an_error_of_aws_ends_the_run_and_the_next_continues(world: World, reseed: Reseeding) -> None:
    """Events that were sent are not sent again."""
    _fill(world, 35)

    def fail() -> None:
        if len(world.sent) == 20:
            raise error("SendMessageBatch", "KMS.ThrottlingException")

    world.tick = fail
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], ran.report["sent"]) == (1, "stopped", 20)
    world.tick = lambda: None
    ran = reseed("--go")
    assert (ran.status, ran.report["before"], ran.report["sent"]) == (0, 20, 15)
    assert existing(projection(world.events)) == world_state(world)


def test_an_aggregate_that_cannot_be_read_is_reported_and_the_others_are_sent(world: World, reseed: Reseeding) -> None:
    """The exit status is 1, also if an interrupted run has found it."""
    _fill(world, 30)
    world.trimmed = len(world.records)
    first = min(world.items, key=lambda key: key[::-1])
    del world.items[first]["version"]
    calls = iter(range(9))
    world.tick = lambda: _kill() if next(calls, None) is None else None
    with pytest.raises(Killed):
        reseed("--go", "--rate", "1000")
    world.tick = lambda: None
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], ran.report["unreadable_keys"]) == (1, "incomplete", [first])
    assert len(projection(world.events)) == 29


def _kill() -> None:
    raise Killed


def test_ctrl_c_ends_between_two_batches_and_the_next_call_continues(world: World, reseed: Reseeding) -> None:
    """The exit status is 130."""
    _fill(world, 25)

    def interrupt() -> None:
        if len(world.sent) == 10:
            raise KeyboardInterrupt

    world.tick = interrupt
    ran = reseed("--go")
    assert (ran.status, ran.report["result"], ran.report["sent"]) == (130, "interrupted", 10)
    world.tick = lambda: None
    assert reseed("--go").report["sent"] == 15


def test_progress_of_another_reseed_or_of_yesterday_is_not_continued(
    world: World, reseed: Reseeding, tmp_path: Path
) -> None:
    """A reseed since another time begins anew, and so does a broken file."""
    _fill(world, 25)
    world.tick = lambda: _kill() if len(world.sent) == 10 else None
    with pytest.raises(Killed):
        reseed("--go")
    world.tick = lambda: None
    assert reseed().report["before"] == 10
    assert reseed("--since", world.clock.now().replace(microsecond=0).isoformat()).report["before"] == 0
    [file] = (tmp_path / "reseed").iterdir()
    kept = file.read_text()
    file.write_text(kept[:-9])
    assert reseed().report["before"] == 0
    file.write_text(kept)
    world.clock.sleep(23 * 3600)
    assert reseed().report["before"] == 10
    file.write_text(kept.replace("2031-05-06", "2031-05-05"))
    assert reseed().report["before"] == 0


@pytest.mark.parametrize("ready", [True, False])
def test_a_subscriber_gets_the_major_versions_that_it_reads(
    world: World, reseed: Reseeding, monkeypatch: pytest.MonkeyPatch, *, ready: bool
) -> None:
    """While two are published. A subscriber that is not ready has the filter that its stack gives it."""
    both = beside(ready=("bi",) if ready else ("frontend",))
    monkeypatch.setitem(vars(current()), "context", both)
    withheld = both.withheld_from("bi")
    world.policy = {"type": [{"anything-but": withheld}]} if withheld else {}
    _fill(world, 12)
    ran = reseed("--go", "--rate", "1")
    assert (ran.report["sent"], ran.report["withheld"]) == ((24, 0) if ready else (12, 12))
    pairs = [(event["subject"], event["dataschema"].rpartition(":")[2]) for event in world.events]
    wanted = ("1.0", "2.0") if ready else ("1.0",)
    assert sorted(pairs) == [(world.identity(number), version) for number in range(1, 13) for version in wanted]
