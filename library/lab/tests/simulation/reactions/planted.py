"""Faults that are planted into reactions, which the simulation has to find."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from bounded_context.adapters import reactions as tables
from bounded_context.adapters.dynamodb import hopping
from bounded_context.adapters.reactions import ReactionTable
from bounded_context.adapters.services import InboundQueue
from bounded_context.application.ports import Turn
from bounded_context.application.reactions import _Asking
from bounded_context.domain.aggregate import ListOpen, VersionConflict
from bounded_context.handlers import reactions as handlers
from bounded_context.handlers.reactions import Reactor
from bounded_context_infra.wiring.functions import standard_presets

Plant = Callable[[], AbstractContextManager[Any]]


def _put(target: Any, name: str, value: Any) -> Plant:
    return lambda: patch.object(target, name, value)


def _ignoring_turns(original: Callable[..., Turn]) -> Callable[..., Turn]:
    """React although another call has the turn."""

    def take(self: Any, subject: str, *more: Any) -> Turn:
        turn = original(self, subject, *more)
        return _granted(turn) if turn.busy_until is not None else turn

    return take


def _granted(turn: Turn) -> Turn:
    """Return a turn that is granted."""
    return turn._replace(granted=True, busy_until=None)


def _ignoring_order(original: Callable[..., Turn]) -> Callable[..., Turn]:
    """React to an older event after a newer event."""

    def take(self: Any, subject: str, *more: Any) -> Turn:
        turn = original(self, subject, *more)
        return turn if turn.granted or turn.busy_until is not None else _granted(turn)

    return take


def _done_first(original: Callable[..., Turn]) -> Callable[..., Turn]:
    """Store that the reaction is done before it begins."""

    def take(self: Any, subject: str, order: str, writer: str, until: int) -> Turn:
        turn = original(self, subject, order, writer, until)
        if turn.granted:
            self._update(subject, "SET done = :done", "writer = :writer", {":done": True, ":writer": writer})
        return turn

    return take


def _next_page(original: Callable[..., Any]) -> Callable[..., Any]:
    """Store the end of a page before its claims are asked."""

    def pages(self: Any, after: str) -> Any:
        for page in original(self, after):
            if page:
                self._keep(page[-1][1])
            yield page

    return pages


def _without_last(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leave out the last claim of a page of several claims."""

    def pages(self: Any, after: str) -> Any:
        for page in original(self, after):
            yield page[:-1] if len(page) > 1 else page

    return pages


def _first_page(original: Callable[..., Any]) -> Callable[..., Any]:
    """Read one page only."""

    def pages(self: Any, after: str) -> Any:
        yield next(original(self, after))

    return pages


def _keyed(key_of: Callable[[str], str]) -> Plant:
    original = Reactor._run
    return _put(Reactor, "_run", lambda self, command, key: original(self, command, key_of(key)))


def _regarding(code: str) -> Plant:
    """Regard a refusal with this code as final."""
    original = Reactor._run

    def run(self: Any, command: Any, key: str) -> str:
        refusal = original(self, command, key)
        return "final" if refusal == code else refusal

    return _put(Reactor, "_run", run)


def _in_silence(original: Callable[..., Any]) -> Callable[..., Any]:
    """Regard a failed reaction as done."""

    def react(self: Any, *arguments: Any) -> None:
        try:
            original(self, *arguments)
        except Exception as error:
            assert error

    return react


def _stale_too(original: Callable[..., Any]) -> Callable[..., Any]:
    """React only to events that are the newest of all events of their subject."""

    def react(self: Any, message: Any, record: Any) -> None:
        from bounded_context import aws

        event = message.event
        key = {"pk": f"{event.aggregate.upper()}#{event.subject}"}
        item = aws.projection()._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
        if item.get("order") == event.order:
            original(self, message, record)

    return react


def _ends_soon(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let the turn of a call end long before the call."""

    def take(self: Any, subject: str, order: str, writer: str, until: int) -> Any:
        return original(self, subject, order, writer, until - 60)

    return take


_WORLD: Final = "tests.simulation.reactions.world"


def _detected(context: Any) -> Any:
    """Leave Lambda's detection of recursive loops on, which is its default."""
    return {"on_event": replace(standard_presets(context)["on_event"], recursive=False)}


_TAKE, _PAGES = ReactionTable.take, _Asking._pages

PLANTS: Final[Mapping[str, Plant]] = {
    "two calls have the turn": _put(ReactionTable, "take", _ignoring_turns(_TAKE)),
    "an older event follows a newer event": _put(ReactionTable, "take", _ignoring_order(_TAKE)),
    "a turn ends before its call": _put(ReactionTable, "take", _ends_soon(_TAKE)),
    "a reaction is done when it begins": _put(ReactionTable, "take", _done_first(_TAKE)),
    "an older reaction is done for a newer event": _put(tables, "_MINE", "#order <> :order AND writer <> :writer"),
    "a page is stored before its claims are asked": _put(_Asking, "_pages", _next_page(_PAGES)),
    "the last claim of a page is left out": _put(_Asking, "_pages", _without_last(_PAGES)),
    "one page has all claims": _put(_Asking, "_pages", _first_page(_PAGES)),
    "the key lacks the claim": _keyed(lambda key: key.partition("/")[0]),
    "the key lacks the event": _keyed(lambda key: key.partition("/")[2]),
    "an open list is a final refusal": _regarding(ListOpen.code),
    "a conflict is a final refusal": _regarding(VersionConflict.code),
    "a copy of a message is not sent": _put(InboundQueue, "again", lambda *_: None),
    "a failed reaction is done": _put(Reactor, "react", _in_silence(Reactor.react)),
    "an event without a reaction replaces others": _put(Reactor, "react", _stale_too(Reactor.react)),
    "registrations are not awaited": _put(handlers, "SETTLE_SECONDS", 0),
    "Lambda stops a chain of reactions": lambda: patch(f"{_WORLD}.standard_presets", _detected),
    "hops are not stored": _put(handlers, "hopping", lambda _: hopping(0)),
    "hops have no end": _put(handlers, "MOST_HOPS", 1000),
    "the progress of an earlier event stays": lambda: _not_reset(),
}
"""The planted faults by their names."""


def _not_reset() -> AbstractContextManager[Any]:
    original = ReactionTable._update

    def update(self: Any, subject: str, change: str, condition: str, *more: Any) -> Any:
        return original(self, subject, change.replace(" REMOVE done, place", ""), condition, *more)

    return patch.object(ReactionTable, "_update", update)
