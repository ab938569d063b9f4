"""What each command does to the aggregate."""

from typing import Any

import pytest

from bounded_context import AlreadyExists, IllegalMove, NotFound, VersionConflict
from bounded_context.testing import InMemoryAggregates, Samples
from tests.commands import ALL, Commands, Pair

Case = tuple[Commands, Pair]
CREATING = pytest.mark.parametrize("commands", ALL, ids=lambda commands: commands.context.name)
CHANGES = [(commands, pair) for commands in ALL for pair in commands.changes]
ON_EXISTING = [*CHANGES, *((commands, commands.delete) for commands in ALL)]


def _named(value: Any) -> str:
    return value.context.name if isinstance(value, Commands) else value.use_case.__name__


def _create(commands: Commands, n: int = 1) -> tuple[InMemoryAggregates[Any], str]:
    aggregates = InMemoryAggregates(commands.context)
    return aggregates, _created(commands, aggregates, n)


def _created(commands: Commands, aggregates: InMemoryAggregates[Any], n: int = 1) -> str:
    command, use_case = commands.create
    return use_case(command.model_validate(Samples(commands.context).values(n)), aggregates).id


def _existing(commands: Commands, command: Any, identity: str, expected_version: int | None = None) -> Any:
    return command.model_validate({commands.context.identity: identity, "expected_version": expected_version})


@CREATING
def test_creating_stores_the_first_version(commands: Commands):
    """A created aggregate can be found, at version 1, in its first status."""
    aggregates, identity = _create(commands)
    assert aggregates.get(identity) == Samples(commands.context).aggregate(1, status=commands.context.first)


@CREATING
def test_creating_twice_is_refused(commands: Commands):
    """An identity is taken once."""
    aggregates, _ = _create(commands)
    with pytest.raises(AlreadyExists, match="exists already"):
        _created(commands, aggregates)


@pytest.mark.parametrize(("commands", "pair"), CHANGES, ids=_named)
def test_a_change_moves_the_status_and_counts_the_version(commands: Commands, pair: Pair):
    """The stored aggregate is the changed one."""
    aggregates, identity = _create(commands)
    changed = pair.use_case(_existing(commands, pair.command, identity, 1), aggregates)
    assert aggregates.get(changed.id) == changed
    assert changed.version == 2
    assert changed.status in commands.context.reached


@pytest.mark.parametrize(("commands", "pair"), CHANGES, ids=_named)
def test_the_same_change_again_is_refused(commands: Commands, pair: Pair):
    """It would be an event for nothing."""
    aggregates, identity = _create(commands)
    pair.use_case(_existing(commands, pair.command, identity), aggregates)
    with pytest.raises(IllegalMove):
        pair.use_case(_existing(commands, pair.command, identity), aggregates)


@CREATING
def test_deleting_removes_it(commands: Commands):
    """Nothing is left to be found."""
    aggregates, identity = _create(commands)
    commands.delete.use_case(_existing(commands, commands.delete.command, identity), aggregates)
    with pytest.raises(NotFound):
        aggregates.get(identity)


@pytest.mark.parametrize(("commands", "pair"), ON_EXISTING, ids=_named)
def test_a_command_on_nothing_is_refused(commands: Commands, pair: Pair):
    """Only what exists can be changed."""
    with pytest.raises(NotFound, match="does not exist"):
        pair.use_case(_existing(commands, pair.command, "nobody"), InMemoryAggregates(commands.context))


@pytest.mark.parametrize(("commands", "pair"), ON_EXISTING, ids=_named)
def test_a_command_on_an_old_version_is_refused(commands: Commands, pair: Pair):
    """Who decided on an old state must look again."""
    aggregates, identity = _create(commands)
    with pytest.raises(VersionConflict, match="no longer at version 7"):
        pair.use_case(_existing(commands, pair.command, identity, 7), aggregates)
