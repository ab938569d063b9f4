"""What each command does to the aggregate."""

from typing import Any

import pytest

from <<cookiecutter.__package>>.domain.events import FIRST, REACHED
from <<cookiecutter.__package>>.domain.model import ID, AlreadyExists, IllegalMove, NotFound, VersionConflict

from tests import samples
from tests.commands import CHANGES, CREATE, DELETE
from tests.fakes import Fake<<cookiecutter.plural>>

ON_EXISTING = [*CHANGES, DELETE]


def _create(<<cookiecutter.__plural_snake>>: Fake<<cookiecutter.plural>>, n: int = 1) -> str:
    command, use_case = CREATE
    return use_case(command.model_validate(samples.values(n)), <<cookiecutter.__plural_snake>>).id


def _existing(command: Any, identity: str, expected_version: int | None = None) -> Any:
    return command.model_validate({ID: identity, "expected_version": expected_version})


def test_creating_stores_the_first_version():
    """A created aggregate can be found, at version 1, in its first status."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    identity = _create(<<cookiecutter.__plural_snake>>)
    assert <<cookiecutter.__plural_snake>>.get(identity) == samples.<<cookiecutter.__package>>(1, status=FIRST)


def test_creating_twice_is_refused():
    """An identity is taken once."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    _create(<<cookiecutter.__plural_snake>>)
    with pytest.raises(AlreadyExists, match="exists already"):
        _create(<<cookiecutter.__plural_snake>>)


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_a_change_moves_the_status_and_counts_the_version(command: Any, use_case: Any):
    """The stored aggregate is the changed one."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    changed = use_case(_existing(command, _create(<<cookiecutter.__plural_snake>>), 1), <<cookiecutter.__plural_snake>>)
    assert <<cookiecutter.__plural_snake>>.get(changed.id) == changed
    assert changed.version == 2
    assert changed.status in REACHED


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_the_same_change_again_is_refused(command: Any, use_case: Any):
    """It would be an event for nothing."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    identity = _create(<<cookiecutter.__plural_snake>>)
    use_case(_existing(command, identity), <<cookiecutter.__plural_snake>>)
    with pytest.raises(IllegalMove):
        use_case(_existing(command, identity), <<cookiecutter.__plural_snake>>)


def test_deleting_removes_it():
    """Nothing is left to be found."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    command, use_case = DELETE
    identity = _create(<<cookiecutter.__plural_snake>>)
    use_case(_existing(command, identity), <<cookiecutter.__plural_snake>>)
    with pytest.raises(NotFound):
        <<cookiecutter.__plural_snake>>.get(identity)


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_nothing_is_refused(command: Any, use_case: Any):
    """Only what exists can be changed."""
    with pytest.raises(NotFound, match="does not exist"):
        use_case(_existing(command, "nobody"), Fake<<cookiecutter.plural>>())


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_an_old_version_is_refused(command: Any, use_case: Any):
    """Who decided on an old state must look again."""
    <<cookiecutter.__plural_snake>> = Fake<<cookiecutter.plural>>()
    identity = _create(<<cookiecutter.__plural_snake>>)
    with pytest.raises(VersionConflict, match="no longer at version 7"):
        use_case(_existing(command, identity, 7), <<cookiecutter.__plural_snake>>)
