"""Dead letters of an archive go back to its stream, and nowhere else. None is lost while Firehose throttles."""

from itertools import accumulate
from typing import Any

import pytest

from tests.redrive.conftest import ARCHIVED, Stack, event

STREAM = "context-test-archive-bi"

PAUSES = (10, 10, *(min(10 * 1.6**number, 600) for number in range(10)), *[600] * 38)
"""The seconds between SNS's attempts to deliver to a stream that throttles (SNS Developer Guide, "Amazon SNS message
delivery retries": the policy of customer managed endpoints, 50 attempts, over 6 hours).
"""


@pytest.fixture
def archive(stack: Stack) -> Stack:
    """The stack, with an archive for `bi`."""
    stack.outputs["dead_letter_queues"]["bi"] = ARCHIVED
    stack.outputs["archives"] = {"bi": {"stream": STREAM}}
    return stack


def test_a_dead_letter_becomes_a_record_of_the_stream(archive: Stack) -> None:
    """The event is unchanged, and the letter is deleted after it."""
    archive.queues.put(ARCHIVED, event(1))
    ran = archive.redrive("bi", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 1)
    assert archive.archives.records == [(STREAM, event(1))]
    assert archive.redrive("bi").report["would_redrive"] == 0


def test_a_look_names_the_stream_and_sends_nothing(archive: Stack) -> None:
    """The letter stays."""
    archive.queues.put(ARCHIVED, event(1))
    _, out, _ = archive.say("bi")
    assert f"send each to the stream {STREAM}" in out
    assert archive.archives.records == []


def test_a_refused_record_stays_a_dead_letter(archive: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent by the next redrive."""
    archive.queues.put(ARCHIVED, event(1))

    def refuse(**_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(archive.archives, "_put_record", refuse)
        with pytest.raises(ConnectionError):
            archive.redrive("bi", "--go")
    assert archive.archives.records == []
    archive.clock.sleep(901)
    assert archive.redrive("bi", "--go").report["redriven"] == 1


@pytest.mark.parametrize(("hours", "letters"), [(1, 0), (6, 0), (7, 30), (30, 30)])
def test_no_event_is_lost_while_firehose_throttles(hours: int, letters: int, archive: Stack) -> None:
    """SNS repeats an event for over six hours, then it is a dead letter; the first redrive is throttled too."""
    accepted: list[Any] = []
    for number in range(30):
        published = 20 * number
        attempts = (published + after for after in accumulate(PAUSES, initial=0))
        if not any(attempt >= hours * 3600 for attempt in attempts):
            archive.queues.put(ARCHIVED, event(number))
        else:
            accepted.append(event(number))
    archive.archives.accepts = 20
    status, out, _ = archive.say("bi", "--go")
    assert (status, "ServiceUnavailableException" in out) == (int(letters > 0), letters > 0)
    archive.archives.accepts = 100
    archive.clock.sleep(901)
    assert archive.redrive("bi", "--go").report["redriven"] == max(0, letters - 20)
    accepted += [record for _, record in archive.archives.records]
    assert {each["id"] for each in accepted} == {f"event-{number}" for number in range(30)}
