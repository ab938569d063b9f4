"""A call: its remaining time and memory, its caller's expected version, and the guard of the stored aggregates.

Steps stop before Lambda stops them. Step Functions may lose its connection to Lambda. The invocation then writes on,
while another one writes the same part or the list is undone. Lambda stops it at the end of its time, which the list's
record stores for each part.
"""

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Generic, NamedTuple, TypeVar

from ..domain.aggregate import Aggregate, Change, ListOpen, SeveralChanges, Transitions, VersionConflict
from .ports import Aggregates, Throttled

LONGEST_RESERVE: Final = 30.0
"""Seconds before the end of a call after which a step sends no further request.

One request may take 20 s, with its connection (`adapters.systems`). The rest is for the list's record. A call that has
less than two minutes keeps a quarter of its time.
"""


class _Limit(NamedTuple):
    end: float
    reserve: float


_NO_LIMIT: Final = _Limit(math.inf, 0.0)
_LIMIT: Final[ContextVar[_Limit]] = ContextVar("limit", default=_NO_LIMIT)


@contextmanager
def time_left(seconds: float) -> Iterator[None]:
    """Run a block that Lambda would stop after ``seconds``."""
    token = _LIMIT.set(_Limit(time.monotonic() + seconds, min(LONGEST_RESERVE, seconds / 4)))
    try:
        yield
    finally:
        _LIMIT.reset(token)


def seconds_left() -> float:
    """Return the remaining seconds; without a limit, infinity."""
    return _LIMIT.get().end - time.monotonic()


def seconds_to_spare() -> float:
    """Return the remaining seconds before a step has to stop; without a limit, infinity."""
    return seconds_left() - _LIMIT.get().reserve


LONGEST_CALL: Final = 900
"""The maximum duration of a Lambda call in seconds (AWS limit)."""

MARGIN: Final = 15
"""Seconds after a writer's end: the clocks of two functions differ, and its last request may still be in transit.

Lambda keeps clocks by the Amazon Time Sync Service, within a second.
"""


def latest_end() -> int:
    """Return the latest possible end of this call, in seconds since 1970."""
    return int(time.time() + min(seconds_left(), LONGEST_CALL)) + 1


def await_end(until: int) -> None:
    """Wait until an earlier writer, whose time ends at ``until`` (seconds since 1970), cannot write any more.

    Raises:
        Throttled: this call's own time is too short for that. The workflow retries later.
    """
    wait = until + MARGIN - time.time()
    if wait > seconds_to_spare():
        raise Throttled("an earlier call may still write this part")
    if wait > 0:
        time.sleep(wait)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause Python's garbage collector, as a block or as the decorator of a step.

    Rows and requests have no cycles: they are freed when they are no longer used. Each collection visits the rows of a
    part again. The collections took about a sixth of the steps' time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


A = TypeVar("A", bound=Aggregate[Any, Any])


def expected(command: Change, aggregates: Aggregates[A]) -> A:
    """Return the aggregate of a command, in the version that its caller expects: a number or a tag.

    Raises:
        NotFound: no aggregate has that identity.
        VersionConflict: the aggregate has another version than the caller expects.
    """
    current = aggregates.get(command.id)
    version = command.expected_version
    if version is not None and version != (current.tag if isinstance(version, str) else current.version):
        raise VersionConflict(command.identity, command.id, version)
    return current


Run = Callable[[Change, str], str]
"""Runs a command under an idempotency key, and returns the code of its refusal, or an empty text."""


def require_same(command: Any, aggregate: Aggregate[Any, Any], rule: Callable[..., Any]) -> None:
    """Raise ValueError unless the command that a rule returned is on the aggregate that the rule got."""
    if not isinstance(command, Change) or command.id != aggregate.id:
        name, identity = getattr(rule, "__name__", "the rule"), aggregate.details.identity
        raise ValueError(f"{name} returned a command on another {identity}: write the given {identity} into it.")


class GuardedAggregates(Generic[A]):
    """The stored aggregates behind their context's transitions: every change and removal is checked.

    The check needs no request, since an aggregate contains its previous status. The store rejects a change of another
    version than the stored version. A concurrent change is a VersionConflict in every new status.

    An aggregate of a list does not change before the list is closed as imported: until then the list may be undone. The
    first change of such an aggregate reads the list's status. The status is final: later changes do not read it.
    """

    def __init__(self, transitions: Transitions, aggregates: Aggregates[A], is_open: Callable[[str], bool]) -> None:
        self._transitions = transitions
        self._aggregates = aggregates
        self._is_open = is_open

    def get(self, identity: str) -> A:
        """Return the aggregate as stored. Raises NotFound."""
        return self._aggregates.get(identity)

    def add(self, aggregate: A) -> None:
        """Store a new aggregate. Raises AlreadyExists, SeveralChanges."""
        self._transitions.creation(aggregate)
        self._aggregates.add(aggregate)

    def save(self, aggregate: A) -> None:
        """Store the version after the stored one. Raises IllegalMove, ListOpen, SeveralChanges, VersionConflict."""
        self._transitions.change(aggregate)
        self._require_closed_list(aggregate, aggregate.version - 1)
        self._aggregates.save(aggregate)

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises IllegalMove, ListOpen, VersionConflict."""
        self._transitions.removal(aggregate)
        self._require_closed_list(aggregate, aggregate.version)
        self._aggregates.remove(aggregate)

    def _require_closed_list(self, aggregate: A, version: int) -> None:
        if version == 1 and aggregate.list_id is not None and self._is_open(aggregate.list_id):
            raise ListOpen(aggregate.details.identity, aggregate.id)


class OneChange(Generic[A]):
    """The aggregates that the rule of a command receives: `commit` writes the rule's change after the rule.

    A rule that refuses its command has therefore changed nothing. A second change is refused: a failure between two
    writes would leave the first write alone.
    """

    def __init__(self, transitions: Transitions, aggregates: Aggregates[A]) -> None:
        self._transitions = transitions
        self._aggregates = aggregates
        self._changes: list[tuple[Callable[[A], None], A]] = []

    def get(self, identity: str) -> A:
        """Return the aggregate as the rule has added or saved it, or else as stored. Raises NotFound."""
        own = (aggregate for write, aggregate in self._changes if write != self._aggregates.remove)
        return next((changed for changed in own if changed.id == identity), None) or self._aggregates.get(identity)

    def add(self, aggregate: A) -> None:
        """Take a new aggregate. Raises SeveralChanges."""
        self._take(self._transitions.creation, self._aggregates.add, aggregate)

    def save(self, aggregate: A) -> None:
        """Take the version after the stored one. Raises IllegalMove, SeveralChanges, TooMany."""
        self._take(self._transitions.change, self._aggregates.save, aggregate)

    def remove(self, aggregate: A) -> None:
        """Take a removal. Raises IllegalMove, SeveralChanges."""
        self._take(self._transitions.removal, self._aggregates.remove, aggregate)

    def commit(self) -> None:
        """Write the change, if there is one. Raises AlreadyExists, ListOpen, SeveralChanges, VersionConflict."""
        for write, aggregate in self._single():
            write(aggregate)

    def _take(self, check: Callable[[A], None], write: Callable[[A], None], aggregate: A) -> None:
        if not self._changes:
            check(aggregate)
        self._changes.append((write, aggregate))
        self._single()

    def _single(self) -> list[tuple[Callable[[A], None], A]]:
        """Return the change, if there is one. Raises SeveralChanges, also if the rule has ignored the refusal."""
        for _, second in self._changes[1:]:
            raise SeveralChanges(second.details.identity, second.id)
        return self._changes
