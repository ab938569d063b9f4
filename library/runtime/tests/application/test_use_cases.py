"""What each command does to the aggregate."""

from dataclasses import replace
from typing import Any

import pytest

from bounded_context import Aggregates, AlreadyExists, IllegalMove, NotFound, VersionConflict
from bounded_context.testing import InMemoryAggregates, Samples
from tests.commands import ALL, OF_ORDER, Commands, Pair
from tests.contexts import (
    ORDER,
    CancelOrder,
    Order,
    PackOrder,
    Progress,
    ShipOrder,
    cancel_order,
    pack_order,
    ship_order,
)

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
    assert aggregates.get(identity) == Samples(commands.context).aggregate(1, status=commands.context.initial_status)


@CREATING
def test_creating_twice_is_refused(commands: Commands):
    """An identity is taken once."""
    aggregates, _ = _create(commands)
    with pytest.raises(AlreadyExists, match="already exists"):
        _created(commands, aggregates)


@pytest.mark.parametrize(("commands", "pair"), CHANGES, ids=_named)
def test_a_change_moves_the_status_and_counts_the_version(commands: Commands, pair: Pair):
    """The stored aggregate is the changed one."""
    aggregates, identity = _create(commands)
    changed = pair.use_case(_existing(commands, pair.command, identity, 1), aggregates)
    assert aggregates.get(changed.id) == changed
    assert changed.version == 2
    assert changed.status in commands.context.event_by_status


@pytest.mark.parametrize(("commands", "pair"), CHANGES, ids=_named)
def test_the_same_change_again_is_refused(commands: Commands, pair: Pair):
    """It would be an event for nothing."""
    aggregates, identity = _create(commands)
    pair.use_case(_existing(commands, pair.command, identity), aggregates)
    with pytest.raises(IllegalMove):
        pair.use_case(_existing(commands, pair.command, identity), aggregates)


def _dispatched(command: Any, orders: Aggregates[Order]) -> Order:
    """A use case that knows the library's helpers as little as its declaration."""
    current = orders.get(command.id)
    orders.save(replace(current, status=Progress.SHIPPED, version=current.version + 1))
    return orders.get(command.id)


def test_a_use_case_without_an_own_check_obeys_the_declaration():
    """It cannot forget what it need not do."""
    aggregates, identity = _create(OF_ORDER)
    ship = ShipOrder(order_id=identity)
    with pytest.raises(IllegalMove, match="is PLACED: the command starts from PACKED"):
        _dispatched(ship, aggregates)
    pack_order(PackOrder(order_id=identity), aggregates)
    assert _dispatched(ship, aggregates).status is Progress.SHIPPED


def test_a_shipped_order_cannot_be_cancelled():
    """The command that removes starts from where it says, too."""
    aggregates, identity = _create(OF_ORDER)
    pack_order(PackOrder(order_id=identity), aggregates)
    ship_order(ShipOrder(order_id=identity), aggregates)
    with pytest.raises(IllegalMove, match="is SHIPPED: the command starts from PLACED or PACKED"):
        cancel_order(CancelOrder(order_id=identity), aggregates)
    assert aggregates.get(identity).status is Progress.SHIPPED


class _Overtaken(InMemoryAggregates[Order]):
    """Somebody packs an order between each reading and what is made of it."""

    def get(self, identity: str) -> Order:
        read = super().get(identity)
        if read.status is Progress.PLACED:
            super().save(read.moved_to(Progress.PACKED))
        return read


@pytest.mark.parametrize("pair", [*OF_ORDER.changes, OF_ORDER.delete], ids=_named)
def test_a_concurrent_change_is_a_conflict(pair: Pair):
    """Whatever may follow on where it stands by now: the caller has not seen that."""
    orders = _Overtaken(ORDER)
    identity = _created(OF_ORDER, orders)
    with pytest.raises(VersionConflict):
        pair.use_case(_existing(OF_ORDER, pair.command, identity), orders)
    assert (orders.stored[identity].status, orders.stored[identity].version) == (Progress.PACKED, 2)


@CREATING
def test_deleting_removes_it(commands: Commands):
    """Nothing is left to be found."""
    aggregates, identity = _create(commands)
    commands.delete.use_case(_existing(commands, commands.delete.command, identity), aggregates)
    with pytest.raises(NotFound):
        aggregates.get(identity)


@pytest.mark.parametrize(("commands", "pair"), ON_EXISTING, ids=_named)
def test_a_command_without_an_aggregate_is_refused(commands: Commands, pair: Pair):
    """Only what exists can be changed."""
    with pytest.raises(NotFound, match="does not exist"):
        pair.use_case(_existing(commands, pair.command, "nobody"), InMemoryAggregates(commands.context))


@pytest.mark.parametrize(("commands", "pair"), ON_EXISTING, ids=_named)
def test_a_command_on_an_old_version_is_refused(commands: Commands, pair: Pair):
    """Who decided on an old state must look again."""
    aggregates, identity = _create(commands)
    with pytest.raises(VersionConflict, match="no longer at version 7"):
        pair.use_case(_existing(commands, pair.command, identity, 7), aggregates)
