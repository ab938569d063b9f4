"""What descriptions say of releases."""

from datetime import UTC, datetime

import pytest

from bounded_context.rollout.notes import LIMIT, Note, release_id


@pytest.mark.parametrize(
    "note",
    [
        Note("20310506T070809Z", "test", "one", "6", "7"),
        Note("20310506T070809Z", "org/app/test", "one", "7", "6", back=True),
        Note("20310506T070809Z", "test", "one", "6", "7", ignored_alarms="the fix; it cannot wait"),
    ],
)
def test_a_description_is_read_as_it_was_written(note: Note):
    """Whatever the reason says."""
    assert Note.parse(str(note)) == note


@pytest.mark.parametrize("description", ["", "by hand", "release notes", "release 1: test one 6"])
def test_other_descriptions_are_nobodys(description: str):
    """Somebody may have deployed by hand."""
    assert Note.parse(description) is None


def test_a_long_reason_is_cut():
    """The versions come first, and AWS refuses longer descriptions."""
    text = str(Note("20310506T070809Z", "test", "one", "6", "7", ignored_alarms="because " * 99))
    assert len(text) == LIMIT
    assert Note.parse(text)


def test_releases_sort_by_time():
    """So the newest is the greatest."""
    assert release_id(datetime(2031, 9, 1, tzinfo=UTC)) < release_id(datetime(2031, 10, 1, tzinfo=UTC))
