"""Dead letters of an archive go back to its stream, and nowhere else."""

import pytest

from tests.redrive.conftest import ARCHIVED, Stack, event

STREAM = "context-test-archive-bi"


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
