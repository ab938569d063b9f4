"""From where a command may start follows from the declaration, whatever its use case does."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from bounded_context import Command, Context, IllegalMove
from bounded_context.testing import Samples
from tests.contexts import CONTEXTS, ORDER, PARCEL, Handed, Progress, over_contexts

Move = tuple[Context[Any], Command[Any, Any], StrEnum]


def _moves() -> Iterator[Move]:
    for context in (*CONTEXTS, PARCEL):
        for command in context.commands:
            for status in context.statuses if command.kind != "creates" else ():
                yield context, command, status


def _named(value: Any) -> str:
    return value.name if isinstance(value, Context | Command) else str(value)


def _do(context: Context[Any], command: Command[Any, Any], status: StrEnum) -> None:
    """Do what a use case of the command leaves, from that status."""
    standing = Samples(context).aggregate(status=status)
    if command.kind == "deletes":
        context.transitions.removal(standing)
    else:
        context.transitions.change(standing.moved_to(command.status))


@pytest.mark.parametrize(
    ("context", "command", "status"), [move for move in _moves() if move[2] in move[1].after], ids=_named
)
def test_a_command_starts_from_each_status_that_it_names(
    context: Context[Any], command: Command[Any, Any], status: StrEnum
):
    """It raises nothing."""
    _do(context, command, status)


@pytest.mark.parametrize(
    ("context", "command", "status"), [move for move in _moves() if move[2] not in move[1].after], ids=_named
)
def test_a_command_starts_from_no_other_status(context: Context[Any], command: Command[Any, Any], status: StrEnum):
    """Its own among them: an event for that would be a lie."""
    with pytest.raises(IllegalMove):
        _do(context, command, status)


def test_the_refusal_names_the_status_and_the_permitted_ones():
    """Who is refused learns what to do first."""
    shipped, parcel = (
        Samples(ORDER).aggregate(1, status=Progress.SHIPPED),
        Samples(PARCEL).aggregate(1, status=Handed.WEIGHED),
    )
    with pytest.raises(
        IllegalMove, match=r"^order_id 'id-000001' is SHIPPED: the command starts from PLACED or PACKED$"
    ):
        ORDER.transitions.removal(shipped)
    with pytest.raises(
        IllegalMove, match=r"^parcel_id 'id-000001' is WEIGHED: the command starts from SENT or REROUTED$"
    ):
        PARCEL.transitions.change(parcel.moved_to(Handed.WEIGHED))


def test_a_change_without_moved_to_is_judged_by_where_it_stood_too():
    """A use case may write it as it likes, also by details that change first."""
    placed = Samples(ORDER).aggregate(1)
    shipped = replace(placed, status=Progress.SHIPPED, version=2)
    with pytest.raises(IllegalMove, match="is PLACED: the command starts from PACKED"):
        ORDER.transitions.change(replace(shipped, details=Samples(ORDER).aggregate(2).details))


def test_a_change_of_a_version_that_was_not_read_is_refused():
    """A version that a use case makes up has stood nowhere else."""
    with pytest.raises(IllegalMove):
        ORDER.transitions.change(Samples(ORDER).aggregate(1, status=Progress.SHIPPED, version=2))


def test_two_changes_one_after_the_other_are_both_judged():
    """Each by where the one before has left it."""
    packed = Samples(ORDER).aggregate(1).moved_to(Progress.PACKED)
    ORDER.transitions.change(packed)
    packed.stored_as("etag-2")
    ORDER.transitions.change(packed.moved_to(Progress.SHIPPED))
    shipped = packed.moved_to(Progress.SHIPPED)
    shipped.stored_as("etag-3")
    with pytest.raises(IllegalMove):
        ORDER.transitions.change(shipped.moved_to(Progress.PACKED))


@over_contexts
def test_a_change_into_a_status_that_no_command_leaves_is_a_mistake_of_the_code(context: Context[Any]):
    """No caller could do anything about it: its event would tell of a creation."""
    with pytest.raises(
        LookupError, match=f"No command changes a {context.title} into {context.initial_status}: declare one"
    ):
        context.transitions.change(Samples(context).aggregate(1, version=2))


@over_contexts
def test_the_previous_status_is_not_part_of_the_aggregate(context: Context[Any]):
    """What was changed and what is read of it are the same."""
    for status in context.statuses:
        moved = Samples(context).aggregate(1).moved_to(status)
        read = Samples(context).aggregate(1, status=status, version=2)
        assert (moved, repr(moved)) == (read, repr(read))
