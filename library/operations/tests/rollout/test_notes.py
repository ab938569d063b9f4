"""What descriptions say of releases."""

from datetime import UTC, datetime

import pytest

from bounded_context_operations.release.rollout.releases import LIMIT, Note, release_id


@pytest.mark.parametrize(
    "note",
    [
        Note("20310506T070809Z", "test", "one", "6", "7"),
        Note("20310506T070809Z", "org/app/test", "one", "7", "6", returns=True),
        Note("20310506T070809Z", "test", "one", "6", "7", ignored_alarms="the fix; it cannot wait"),
        Note("20310506T070809Z-0a1b2c3d-17", "test", "machine", "7", "6", returns=True, active_return=True),
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


def test_runs_to_the_same_versions_are_of_one_release():
    """A run that repeats or continues another one starts later, perhaps by a clock that is wrong."""
    targets = {"one": "7", "workflow": "3"}
    ids = [release_id(datetime(2031, month, 1, tzinfo=UTC), targets, month, 4) for month in (9, 10)]
    assert len({Note(identifier, "test", "one", "6", "7").release for identifier in ids}) == 1
    other = release_id(datetime(2031, 9, 1, tzinfo=UTC), {**targets, "one": "8"}, 9, 4)
    assert Note(other, "test", "one", "6", "8").release != Note(ids[0], "test", "one", "6", "7").release


def test_the_commit_of_a_release_is_in_its_id_and_makes_no_other_release():
    """Earlier versions of this library read such an id, and wrote none with a commit."""
    targets, began = {"one": "7", "workflow": "3"}, datetime(2031, 9, 1, tzinfo=UTC)
    notes = [Note(release_id(began, targets, 9, 4, commit), "test", "one", "6", "7") for commit in ("", "a" * 40)]
    assert [note.commit for note in notes] == ["", "a" * 12]
    assert len({note.release for note in notes}) == 1
    assert [note.may_be_unfinished({"one": "6", "workflow": "3"}) for note in notes] == [True, True]


def test_a_note_without_a_digest_is_a_release_of_its_own():
    """Earlier versions of this library wrote the time alone."""
    assert Note("20310506T070809Z", "test", "one", "6", "7").release == "20310506T070809Z"


@pytest.mark.parametrize(
    ("versions", "unfinished"),
    [
        ({"one": "7", "two": "2", "workflow": "3"}, False),
        ({"one": "7", "two": "1", "workflow": "3"}, True),
        ({"one": "7", "two": "1", "workflow": "4"}, False),
        ({"one": "7", "three": "1", "workflow": "3"}, False),
    ],
    ids=["at its targets", "a function behind", "a later state machine", "other functions"],
)
@pytest.mark.parametrize("moved", [True, False])
def test_a_release_has_ended_at_its_targets(versions: dict[str, str], unfinished: bool, moved: bool):
    """The state machine moves last: a stack with its target, or with a later version, was at all targets."""
    targets = {"one": "7", "two": "2", "workflow": "3"}
    note = Note(release_id(datetime(2031, 9, 1, tzinfo=UTC), targets, 0, 3 if moved else 4), "test", "one", "6", "7")
    assert note.may_be_unfinished(versions) == (unfinished and not moved)
    assert not Note("20310506T070809Z-0a1b2c3d-17", "test", "one", "6", "7").may_be_unfinished(versions)
