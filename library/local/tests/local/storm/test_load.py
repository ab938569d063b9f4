"""The commands and queries during a fault."""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bounded_context import BusinessError, Unavailable
from bounded_context.testing import Samples
from bounded_context_lab.storm.checks import Checks
from bounded_context_lab.storm.load import Accepted, Load, Schedules, selection
from bounded_context_local.actors.caller import http_request
from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import Samples as SampleLists
from tests.test_children import CONTEXT


class Refused(BusinessError):
    """A rule refuses the sample arguments."""

    code = "amount-too-high"
    status = 409


class Asleep(Unavailable):
    """A system that the rule calls does not answer."""

    code = "asleep"


def accepted(codes: Mapping[str, str]) -> Accepted:
    """Return the accepted work of a short load, in a context whose commands answer with error codes."""
    return loaded(codes)[0].accepted


def loaded(codes: Mapping[str, str]) -> tuple[Load, RunningContext]:
    """Return a short load, and its context, whose commands answer with error codes. Each aggregate stays as created."""

    def invoke(function: str, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"ok": False, "error": {"code": codes[function]}} if function in codes else {"ok": True}

    running = SimpleNamespace(
        context=replace(CONTEXT, errors=(Refused, Asleep)),
        samples=SampleLists(CONTEXT),
        invoke=invoke,
        neighbours=(),
        outputs={"dead_letter_queues": {}},
        partner=SimpleNamespace(upload=lambda *_: None),
        subscribers=(),
        table=SimpleNamespace(item_of=lambda _: {"status": CONTEXT.initial_status}, lists=list),
        watch=SimpleNamespace(logs=SimpleNamespace(lines=())),
    )
    load = Load(cast("RunningContext", running), 1, twice="add_note")
    with load.started():
        time.sleep(0.2)
    return load, cast("RunningContext", running)


def test_each_query_has_a_request() -> None:
    """The query for children names an aggregate in its path."""
    payload = Samples(CONTEXT).values()
    for query in CONTEXT.queries[1:]:
        _, path, _ = http_request(CONTEXT.routes[query], selection(CONTEXT, query, payload))
        assert path in ("/payments", f"/payments/{payload['payment_id']}/notes")


def test_a_refusal_by_a_rule_is_an_answer() -> None:
    """The refused command publishes no event, and the later commands are sent."""
    work = accepted({"add_note": Refused.code})
    assert work.unanswered == {}
    assert work.different == []
    assert {event for events in work.types.values() for event in events} == {
        command.event for command in CONTEXT.commands if command.kind != "adds"
    }


def test_an_addition_keeps_the_status() -> None:
    """The stored status of an aggregate is that of the last command which is no addition."""
    changing = [command.function for command in CONTEXT.commands if command.kind in ("changes", "deletes")]
    load, running = loaded(dict.fromkeys(changing, Refused.code))
    missing = Checks(running, load, Schedules(running)).missing()
    assert [sentence for sentence in missing if sentence.split()[0] in load.accepted.types] == []
    load, running = loaded({})
    missing = Checks(running, load, Schedules(running)).missing()
    assert {sentence.split()[-1] for sentence in missing if sentence.split()[0] in load.accepted.types} == {
        command.event for command in CONTEXT.commands if command.kind in ("changes", "deletes")
    }


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("add_note", "version-conflict"),
        ("add_note", Asleep.code),
        (CONTEXT.creating.function, Refused.code),
    ],
)
def test_other_errors_are_repeated(function: str, code: str) -> None:
    """Callers repeat what may pass. A creation obeys the rules of samples."""
    assert set(accepted({function: code}).unanswered.values()) == {code}
