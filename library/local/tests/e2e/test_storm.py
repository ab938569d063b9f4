"""The storm on the embedded AWS: each fault heals and has an alarm, and a planted silence or loss is a finding."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bounded_context_cli.programs.recording import run
from bounded_context_lab import storm as storms
from bounded_context_lab.storm import SETTINGS, Storm, deliveries
from bounded_context_lab.storm.faults import Fault, derive
from bounded_context_lab.storm.interception import Interception
from bounded_context_local.live.reload import publish
from bounded_context_local.rehearsal.acts import source_of, with_file
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context
from tests.console import PROGRAM
from tests.local.storm.plants import PLANTS, Plant

from .facts import CONTEXT, ENVIRONMENT, PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

SUBSCRIBER = CONTEXT.subscribers[0]
NIGHT_SECONDS = 3 * 3600


@pytest.fixture(scope="module")
def faults() -> dict[str, Fault]:
    return {fault.name: fault for fault in derive(run("local"), CONTEXT)}


@pytest.fixture(scope="module")
def interception() -> Interception:
    return Interception()


@pytest.fixture(scope="module")
def running(interception: Interception) -> Iterator[RunningContext]:
    """A stack without warnings, so that it lacks the alarm on a subscriber's queue."""
    settings = {**SETTINGS, "alarms": "critical"}
    with running_context(PROJECT, settings=settings, proxy=interception.serving) as started:
        yield started


@pytest.fixture(scope="module")
def storm(running: RunningContext, interception: Interception) -> Storm:
    """Without a fault, all is well."""
    storm = Storm(running, interception, run("local", alarms="critical"), seed=1)
    assert storm.start() == []
    return storm


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("kill:relay-events", False),
        ("refuse:fanout", True),
        ("throttle:fanout", True),
        ("spoil:relay-events-stream", True),
        ("revoke:relay-events", True),
        ("delay:relay-events-stream", True),
        (f"reorder:events-{SUBSCRIBER}", False),
    ],
)
def test_a_fault_heals_without_a_loss_and_has_an_alarm_if_it_stops_work(
    storm: Storm, faults: dict[str, Fault], name: str, stops: bool
):
    outcome = storm.perform(faults[name])
    assert outcome.findings() == []
    assert (outcome.untried, outcome.stopped, outcome.seconds is not None) == ("", stops, True)


def test_stopped_work_without_an_alarm_is_a_finding(storm: Storm, faults: dict[str, Fault]):
    """The stack has no warnings, and no critical alarm sees a subscriber that reads nothing."""
    outcome = storm.perform(faults[f"throttle:events-{SUBSCRIBER}"])
    assert (outcome.stopped, outcome.alarms, outcome.healed) == (True, {}, "by itself")
    assert [finding.split(": ")[1] for finding in outcome.findings()] == ["silent"]


def test_a_role_of_no_function_is_not_tried(storm: Storm, faults: dict[str, Fault]):
    assert storm.perform(faults["revoke:list-import"]).untried
    assert storm.perform(faults["kill:pre-traffic"]).untried


def test_a_fault_that_no_call_reaches_leaves_no_dead_letters(storm: Storm, faults: dict[str, Fault]):
    """Its malformed event is one, and the next fault would have it as a loss."""
    assert storm.perform(faults["refuse:inbound-dead-letters"]).untried
    assert storm.calm() == []


def test_a_lost_event_is_a_finding(storm: Storm, faults: dict[str, Fault], monkeypatch: pytest.MonkeyPatch):
    """The queue loses a message while it is reordered."""
    read = deliveries._messages

    def losing(running: Any, url: str) -> list[dict[str, Any]]:
        lost, *others = read(running, url)
        running.aws.call("sqs", "delete_message", QueueUrl=url, ReceiptHandle=lost["ReceiptHandle"])
        return others

    monkeypatch.setattr(deliveries, "_messages", losing)
    monkeypatch.setattr(storms, "HEALING_SECONDS", 15.0)
    outcome = storm.perform(faults[f"reorder:events-{SUBSCRIBER}"])
    assert (len(outcome.lost), outcome.healed, outcome.seconds) == (1, "no", None)
    assert "lost" in {finding.split(": ")[1] for finding in outcome.findings()}


@contextmanager
def planted_code(running: RunningContext, plant: Plant) -> Iterator[None]:
    """Let a function run with a changed line until the end of the block."""
    code, file = running.project.build / "local" / "code.zip", f"bounded_context/{plant.file}"
    source = source_of(code, file)
    assert source.count(plant.before) == 1
    alias = running.outputs["functions"][plant.function]
    version = publish(running.aws, alias, with_file(code, file, source.replace(plant.before, plant.after)))
    try:
        yield
    finally:
        function, name = alias.split(":")[6:]
        running.aws.call("lambda", "update_alias", FunctionName=function, Name=name, FunctionVersion=version)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_fault_of_the_code_is_a_finding(
    running: RunningContext, storm: Storm, faults: dict[str, Fault], monkeypatch: pytest.MonkeyPatch, plant: str
):
    monkeypatch.setattr(storms, "HEALING_SECONDS", 45.0)
    with planted_code(running, PLANTS[plant]):
        outcome = storm.perform(faults[PLANTS[plant].fault])
    assert outcome.lost, outcome


def test_every_fault_heals_with_its_alarm(faults: dict[str, Fault]):
    """The rehearsal as its user starts it."""
    result = subprocess.run(  # noqa: S603
        [PROGRAM, "rehearse", "storm", "--json"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=NIGHT_SECONDS,
    )
    assert result.returncode == 0, result.stderr
    outcomes = {outcome["fault"]: outcome for outcome in json.loads(result.stdout)}
    assert set(outcomes) == set(faults)
    assert all(outcome["untried"] or outcome["seconds"] is not None for outcome in outcomes.values())
