"""The run in place of a stream's mapping: partial failures continue at the failed item, and lost events are found."""

from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context_cli.programs.recording import run
from bounded_context_lab.storm import deliveries
from bounded_context_lab.storm.deliveries import PlayedMapping, Trial
from bounded_context_lab.storm.interception import Interception
from bounded_context_local.actors.caller import Call
from bounded_context_operations.repair.redrive.stream import ReaderMapping
from tests.infra.contexts import DEFAULT


def record(number: int) -> dict[str, Any]:
    images = {name: {"pk": {"S": f"PAYMENT#{number}"}} for name in ("Keys", "NewImage")}
    change = {**images, "SequenceNumber": str(number), "ApproximateCreationDateTime": datetime.now(UTC)}
    return {"eventName": "INSERT", "dynamodb": {**change, "NewImage": {**images["Keys"], "amount": {"N": "1"}}}}


class Relay:
    """A stack whose relay fails at the given numbers, with the numbers and images of each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, graph: Any) -> None:
        self.failing: list[str] = []
        self.error = False
        self.refuses = False
        self.calls: list[list[str]] = []
        self.readable: list[bool] = []
        self.records: list[dict[str, Any]] = []
        outputs = {"functions": {"relay_events": graph.outputs["functions"]["relay_events"]}}
        aws = SimpleNamespace(client=lambda _: None)
        running: Any = SimpleNamespace(
            aws=aws, outputs=outputs, context=DEFAULT, table=SimpleNamespace(name="table"), project=None
        )
        self.trial = Trial(running, Interception(rule=lambda _, forward: forward()), graph, 1)
        monkeypatch.setattr(deliveries, "changes", lambda *_: self.records)
        monkeypatch.setattr(deliveries, "invoke", self.invoke)
        monkeypatch.setattr(deliveries, "_mapping_stopped", lambda *_: nullcontext())
        monkeypatch.setattr(ReaderMapping, "of", lambda *_: ReaderMapping([], 3))

    def invoke(self, _: object, __: object, event: dict[str, Any]) -> Call:
        changes = [entry["dynamodb"] for entry in event["Records"]]
        self.calls.append([change["SequenceNumber"] for change in changes])
        self.readable += ["amount" in change["NewImage"] for change in changes]
        if self.refuses:
            self.trial.refused.append("payment-local-relay-events")
        failures = [{"itemIdentifier": number} for number in self.failing if number in self.calls[-1]]
        return Call("1", {"batchItemFailures": failures}, failed=self.error, milliseconds=1)


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Relay:
    return Relay(monkeypatch, run("local"))


def attempts(relay: Relay, number: int, *, is_spoiled: bool = False) -> None:
    """Deliver five records in some attempts."""
    graph = relay.trial.graph
    played = PlayedMapping(
        graph.one("lambda/eventSourceMapping", "relay-events-stream"), relay.trial, is_spoiled=is_spoiled
    )
    relay.records = [record(number) for number in range(1, 6)]
    with played.playing():
        for _ in range(number):
            played._deliver()


def test_a_batch_continues_at_its_first_failed_item(relay: Relay):
    relay.failing = ["2"]
    attempts(relay, 2)
    relay.failing = []
    assert relay.calls == [["1", "2", "3"], ["2", "3", "4"]]
    assert [sample.dimensions for sample in relay.trial.samples] == [{"FunctionName": "payment-local-relay-events"}] * 2
    assert relay.trial.lost == []


def test_a_failed_call_repeats_its_batch(relay: Relay):
    relay.error = True
    attempts(relay, 2)
    assert relay.calls == [["1", "2", "3"]] * 2


def test_an_accepted_batch_is_not_delivered_again(relay: Relay):
    attempts(relay, 3)
    assert relay.calls == [["1", "2", "3"], ["4", "5"]]
    assert (relay.trial.samples, relay.trial.lost) == ([], [])


def test_an_unreadable_record_that_fails_blocks_the_stream(relay: Relay):
    relay.failing = ["1"]
    attempts(relay, 2, is_spoiled=True)
    assert relay.calls == [["1", "2", "3"]] * 2
    assert relay.readable[:3] == [False, True, True]
    assert relay.trial.lost == []


def test_a_skipped_unreadable_record_is_a_loss(relay: Relay):
    attempts(relay, 2, is_spoiled=True)
    assert len(relay.trial.lost) == 1


def test_a_refused_event_without_a_failed_item_is_a_loss(relay: Relay):
    relay.refuses = True
    attempts(relay, 1)
    assert len(relay.trial.lost) == 1
