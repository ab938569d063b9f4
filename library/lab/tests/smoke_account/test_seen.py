"""What a step tells of what it saw, where that is not what should be."""

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context_infra.configuration.project import current
from bounded_context_lab.smoke_account.steps import check_bad_version, check_events, check_good_version
from bounded_context_local.sample_lists import Samples
from bounded_context_platform.temporary_stacks.kinds import Failed

CONTEXT = current().context
COMMAND = CONTEXT.command_functions[0]
ALIAS = f"arn:aws:lambda:eu-central-1:1:function:context-smoke-{COMMAND}:live"
OUTPUTS = {"dead_letter_queues": {"bi": "url-of-bi", "uploads": "url-of-uploads"}, "functions": {COMMAND: ALIAS}}


class Aws:
    """Queues with so many messages, and a function whose versions are numbers."""

    def __init__(self) -> None:
        self.messages = {"url-of-bi": 0, "url-of-uploads": 0}
        self.live, self.newest = "1", 1

    def client(self, _: str) -> Any:
        return SimpleNamespace(get_waiter=lambda _: SimpleNamespace(wait=lambda **_: None))

    def call(self, _: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return getattr(self, operation)(**parameters)

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        numbers = {"ApproximateNumberOfMessages": self.messages[QueueUrl], "ApproximateNumberOfMessagesNotVisible": 0}
        return {"Attributes": {name: str(number) for name, number in numbers.items()}}

    def update_function_code(self, **_: Any) -> dict[str, Any]:
        self.newest += 1
        return {"Version": str(self.newest)}

    def get_alias(self, **_: Any) -> dict[str, Any]:
        return {"FunctionVersion": self.live}

    def invoke(self, **_: Any) -> dict[str, Any]:
        return {"ExecutedVersion": self.live, "Payload": io.BytesIO(b"{}")}


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """A stack with one subscriber, who has heard of all ten rows, and a driver that does what it is told."""
    code = tmp_path / "code.zip"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(f"{CONTEXT.name}/context.py", "CONTEXT = 1\n")
    aws, reader = Aws(), SimpleNamespace(name="bi", events=list(heard(10)), failure=None)
    return SimpleNamespace(aws=aws, code=code, patience=0.1, subscribers=lambda: [reader], reader=reader)


def heard(number: int) -> list[dict[str, str]]:
    """Events of so many of the ten rows."""
    samples = Samples(CONTEXT)
    place = list(samples.columns).index(CONTEXT.identity)
    kind = CONTEXT.event_by_status[CONTEXT.initial_status]
    return [{"type": kind, "subject": row[place]} for row in samples.rows(10, 12)[:number]]


def releases(world: Any, status: int, result: str, live: str) -> None:
    """Let the driver end so."""

    def release() -> tuple[int, dict[str, Any]]:
        world.aws.live = live
        return status, {"functions": [{"name": COMMAND, "result": result, "why": "because"}]}

    world.release = release


def test_events_that_are_missing_are_counted(world: Any) -> None:
    """By the subscriber who lacks them."""
    assert check_events(world, CONTEXT, OUTPUTS) == "bi: 10 each; no dead letters"
    world.reader.events = heard(7)
    with pytest.raises(Failed, match=r"of 10 events came in 0 s: bi 7\."):
        check_events(world, CONTEXT, OUTPUTS)


def test_a_repeated_event_counts_once(world: Any) -> None:
    """Queues deliver at least once."""
    world.reader.events = [*heard(9), *heard(9)]
    with pytest.raises(Failed, match="bi 9"):
        check_events(world, CONTEXT, OUTPUTS)


def test_dead_letters_are_a_failure(world: Any) -> None:
    """All events have come. The error has the number of messages and the queue."""
    world.aws.messages["url-of-uploads"] = 2
    with pytest.raises(Failed, match=r" 2 in uploads\."):
        check_events(world, CONTEXT, OUTPUTS)


def test_a_bad_version_that_gets_through_is_a_failure(world: Any) -> None:
    """It should be rolled back. The error has the version and the driver's result."""
    releases(world, 1, "rolled back", "1")
    assert check_bad_version(world, CONTEXT, OUTPUTS) == f"version 2 of {COMMAND} was rolled back: because"
    releases(world, 0, "succeeded", "3")
    with pytest.raises(Failed, match=r"^version 3, .*: succeeded"):
        check_bad_version(world, CONTEXT, OUTPUTS)


def test_the_live_version_comes_from_aws_and_not_from_the_driver(world: Any) -> None:
    """A report is not traffic."""
    releases(world, 0, "succeeded", "2")
    assert check_good_version(world, CONTEXT, OUTPUTS) == f"version 2 of {COMMAND} has all traffic"
    releases(world, 0, "succeeded", "2")
    with pytest.raises(Failed, match=f"version 2 of {COMMAND} is live, not 3, and 2 answers"):
        check_good_version(world, CONTEXT, OUTPUTS)


def test_a_refused_rollout_is_a_failure_with_its_reason(world: Any) -> None:
    """Its report has no functions."""
    world.release = lambda: (2, {"why": "busy"})
    with pytest.raises(Failed, match="refused: busy"):
        check_good_version(world, CONTEXT, OUTPUTS)
