"""Uploads that nobody has heard of: asked of the function that sweeps, and started."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.redrive.conftest import MACHINE, Stack
from tests.rollout.clients import Client, error

SWEEPER = "arn:aws:lambda:eu-central-1:123456789012:function:test-sweep-uploads:live"


class Sweeper(Client):
    """The function: `unseen` is what it answers, by how old an upload must be, in seconds."""

    service = "lambda"

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.unseen: list[dict[str, Any]] = []
        self.fails = False
        self.page = 500
        self.requests: list[Any] = []
        self._clock = stack.clock

    def arrived(self, key: str, minutes: int, size: int = 1234) -> None:
        """A file has arrived so many minutes ago, and its event was lost."""
        stored = self._clock.now() - timedelta(minutes=minutes)
        named = {"bucket": "inbox", "key": key, "version": f"v{len(self.unseen)}"}
        self.unseen.append({**named, "size": size, "stored": stored.isoformat()})

    def _invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == SWEEPER
        self.requests.append(json.loads(Payload))
        if self.fails:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        after = self.requests[-1]["unseen"].get("after", {}).get("version", "v-1")
        later = [upload for upload in self.unseen if int(upload["version"][1:]) > int(after[1:])]
        payload = {"unseen": later[: self.page], "more": len(later[self.page :])}
        return {"Payload": io.BytesIO(json.dumps(payload).encode())}


@pytest.fixture
def sweeper(stack: Stack) -> Sweeper:
    """The function of a stack that has it."""
    stack.outputs["functions"]["sweep_uploads"] = SWEEPER
    stack.functions = sweeper = Sweeper(stack)  # pyrefly: ignore[bad-assignment] (a stand-in)
    return sweeper


def test_they_are_listed_beside_the_queues(stack: Stack, sweeper: Sweeper):
    """With the age of the oldest, since its partner waits longest."""
    assert stack.redrive().status == 0
    sweeper.arrived("incoming/acme/monday.csv", minutes=90)
    sweeper.arrived("incoming/acme/tuesday.csv", minutes=30)
    ran = stack.redrive()
    expected = {"queue": "unseen", "messages": 2, "in_flight": 0, "oldest_seconds": 5400}
    assert (ran.status, ran.report["queues"][-1]) == (1, expected)


@pytest.mark.parametrize("denied", [True, False], ids=["not allowed", "fails"])
def test_queues_are_listed_also_if_the_uploads_cannot_be_counted(stack: Stack, sweeper: Sweeper, denied: bool):
    """The exit status is 1, and the reason names the action or the function."""
    sweeper.fails = True
    if denied:
        sweeper.before["invoke"] = [error("Invoke", "AccessDenied", "not allowed: lambda:InvokeFunction")]
    ran = stack.redrive()
    assert (ran.status, len(ran.report["queues"])) == (1, 4)
    assert ("lambda:InvokeFunction" if denied else SWEEPER) in ran.report["unknown"]
    assert SWEEPER in stack.say()[1]


def test_a_look_lists_the_uploads_and_starts_no_execution(stack: Stack, sweeper: Sweeper):
    """Whose file, and how large: by it the partner says whether it is whole."""
    sweeper.arrived("incoming/acme/january.csv", minutes=20, size=77)
    looked = stack.redrive("unseen").report
    assert (looked["would_redrive"], stack.machines.inputs) == (1, [])
    [sample] = looked["samples"]
    assert (sample["subject"], sample["reason"]) == ("incoming/acme/january.csv", "77 bytes")


def test_each_is_started_by_its_version(stack: Stack, sweeper: Sweeper):
    """As S3's own event would, so that the execution imports this file and no later one."""
    sweeper.arrived("incoming/acme/ja\nnuary.csv", minutes=20)
    sweeper.arrived("incoming/other/january.csv", minutes=20)
    ran = stack.redrive("unseen", "--where", "key=incoming/acme/*", "--go")
    assert (ran.status, ran.report["redriven"], ran.report["not_chosen"]) == (0, 1, 1)
    upload = {"bucket": "inbox", "key": "incoming/acme/ja\nnuary.csv", "version": "v0"}
    assert stack.machines.inputs == [(MACHINE, upload)]


def test_a_person_may_include_younger_uploads(stack: Stack, sweeper: Sweeper):
    """The alarm waits for a quarter of an hour; who knows that an event was lost need not."""
    sweeper.arrived("incoming/acme/january.csv", minutes=3)
    assert stack.redrive("unseen", "--older-than", "2m", "--go").report["redriven"] == 1
    assert sweeper.requests == [{"unseen": {"seconds": 120}}]


def test_every_upload_is_started_however_many_there_are(stack: Stack, sweeper: Sweeper):
    """An answer of the function has the oldest ones only; conditions apply to all."""
    sweeper.page = 2
    for number in range(7):
        sweeper.arrived(f"incoming/{'other' if number % 2 else 'acme'}/{number}.csv", minutes=30 - number)
    ran = stack.redrive("unseen", "--go", "--where", "key=incoming/other/*")
    assert (ran.status, ran.report["redriven"], ran.report["not_chosen"]) == (0, 3, 4)
    assert [upload["version"] for _, upload in stack.machines.inputs] == ["v1", "v3", "v5"]


def test_uploads_are_counted_by_the_first_answer(stack: Stack, sweeper: Sweeper):
    """Each answer takes a sweep of the inbox."""
    sweeper.page = 2
    for number in range(7):
        sweeper.arrived(f"incoming/acme/{number}.csv", minutes=30 - number)
    assert stack.redrive().report["queues"][-1]["messages"] == 7
    assert len(sweeper.requests) == 1


def test_a_function_that_fails_in_the_middle_ends_the_run_with_its_report(stack: Stack, sweeper: Sweeper):
    """What was started is reported."""
    sweeper.page = 2
    for number in range(3):
        sweeper.arrived(f"incoming/acme/{number}.csv", minutes=30 - number)

    def fail() -> None:
        sweeper.fails = True

    stack.machines.meanwhile["start_execution"] = fail
    ran = stack.redrive("unseen", "--go")
    assert (ran.status, ran.report["result"], ran.report["redriven"]) == (1, "stopped", 2)


def test_a_look_counts_the_uploads_that_it_leaves_out(stack: Stack, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch):
    """To people and to programs."""
    monkeypatch.setattr("bounded_context_operations.repair.redrive.run.MOST", 2)
    for number in range(5):
        sweeper.arrived(f"incoming/acme/{number}.csv", minutes=30 - number)
    ran = stack.redrive("unseen")
    assert (ran.report["looked_at"], ran.report["more"], ran.report["not_seen"]) == (2, True, 3)
    assert "about 3 more" in stack.say("unseen")[1]


def test_an_upload_whose_execution_does_not_start_is_reported(stack: Stack, sweeper: Sweeper):
    """It is still there the next time."""
    sweeper.arrived("incoming/acme/january.csv", minutes=20)
    stack.machines.before["start_execution"] = [error("StartExecution", "ExecutionLimitExceeded", "too many")]
    ran = stack.redrive("unseen", "--go")
    assert (ran.status, ran.report["failed"][0]["messages"]) == (1, 1)


def test_a_stack_without_the_function_has_no_unseen_queue(stack: Stack):
    """It was deployed before."""
    ran = stack.redrive("unseen")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert "no dead-letter queue 'unseen'" in ran.report["why"]
