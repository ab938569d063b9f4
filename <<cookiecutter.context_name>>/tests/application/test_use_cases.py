"""What each command does to the aggregate."""

from typing import Any

import pytest

from <<cookiecutter.__package>>.domain.events import FIRST, REACHED
from <<cookiecutter.__package>>.domain.model import ID, AlreadyExists, IllegalMove, NotFound, VersionConflict

from tests import samples
from tests.commands import CHANGES, CREATE, DELETE
from tests.fakes import Fake<<cookiecutter.context_name>>s

ON_EXISTING = [*CHANGES, DELETE]


def _create(<<cookiecutter.__package>>s: Fake<<cookiecutter.context_name>>s, n: int = 1) -> str:
    command, use_case = CREATE
    return use_case(command.model_validate(samples.values(n)), <<cookiecutter.__package>>s).id


def _existing(command: Any, identity: str, expected_version: int | None = None) -> Any:
    return command.model_validate({ID: identity, "expected_version": expected_version})


def test_creating_stores_the_first_version():
    """A created aggregate can be found, at version 1, in its first status."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    identity = _create(<<cookiecutter.__package>>s)
    assert <<cookiecutter.__package>>s.get(identity) == samples.<<cookiecutter.__package>>(1, status=FIRST)


def test_creating_twice_is_refused():
    """An identity is taken once."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    _create(<<cookiecutter.__package>>s)
    with pytest.raises(AlreadyExists, match="exists already"):
        _create(<<cookiecutter.__package>>s)


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_a_change_moves_the_status_and_counts_the_version(command: Any, use_case: Any):
    """The stored aggregate is the changed one."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    changed = use_case(_existing(command, _create(<<cookiecutter.__package>>s), 1), <<cookiecutter.__package>>s)
    assert <<cookiecutter.__package>>s.get(changed.id) == changed
    assert changed.version == 2
    assert changed.status in REACHED


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_the_same_change_again_is_refused(command: Any, use_case: Any):
    """It would be an event for nothing."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    identity = _create(<<cookiecutter.__package>>s)
    use_case(_existing(command, identity), <<cookiecutter.__package>>s)
    with pytest.raises(IllegalMove):
        use_case(_existing(command, identity), <<cookiecutter.__package>>s)


def test_deleting_removes_it():
    """Nothing is left to be found."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    command, use_case = DELETE
    identity = _create(<<cookiecutter.__package>>s)
    use_case(_existing(command, identity), <<cookiecutter.__package>>s)
    with pytest.raises(NotFound):
        <<cookiecutter.__package>>s.get(identity)


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_nothing_is_refused(command: Any, use_case: Any):
    """Only what exists can be changed."""
    with pytest.raises(NotFound, match="does not exist"):
        use_case(_existing(command, "nobody"), Fake<<cookiecutter.context_name>>s())


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_an_old_version_is_refused(command: Any, use_case: Any):
    """Who decided on an old state must look again."""
    <<cookiecutter.__package>>s = Fake<<cookiecutter.context_name>>s()
    identity = _create(<<cookiecutter.__package>>s)
    with pytest.raises(VersionConflict, match="no longer at version 7"):
        use_case(_existing(command, identity, 7), <<cookiecutter.__package>>s)
