"""What happened in a schedule: each committed write with the invocation that made it, and each command's answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from .scenario import Order, Upload
from .scheduler import Activity

Item = dict[str, Any]

AGGREGATE: Final = "PAYMENT#"
LIST: Final = "LIST#"


class Violation(BaseException):
    """An invariant does not hold. ``name`` is the invariant's; no handler catches it."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail


@dataclass(eq=False)
class Write:
    """A committed change of an item; None is an absent item. ``sequence`` and ``event_id`` are the stream's.

    It is ``late`` if its request was repeated, or its sender was dead, when it took effect.
    """

    key: str
    before: Item | None
    after: Item | None
    by: Activity | None
    time: float
    sequence: str
    event_id: str
    late: bool = False

    @property
    def function(self) -> str:
        """The function that wrote, or empty."""
        return self.by.function if self.by else ""

    @property
    def command(self) -> "Sent | None":
        """The command that wrote, if one did."""
        made_by = self.by.made_by if self.by else None
        return made_by if isinstance(made_by, Sent) else None


@dataclass(eq=False)
class Sent:
    """A command as a caller sent it under one key: its invocations, their answers, and its writes of aggregates."""

    order: Order
    invocations: list[Activity] = field(default_factory=list)
    answers: list[tuple[Activity, Any]] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether a caller got the answer that the command is done."""
        return any(answer["ok"] for _, answer in self.answers)


@dataclass(eq=False)
class Stored:
    """A version of a file in the bucket."""

    upload: Upload
    key: str
    version: str
    list_id: str
    etag: str
    modified: float = 0.0


@dataclass
class History:
    """All writes in their order. ``watchers`` are called with each; one that does not like it raises Violation."""

    writes: list[Write] = field(default_factory=list)
    by_key: dict[str, list[Write]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    stored: dict[str, Stored] = field(default_factory=dict)
    watchers: list[Callable[[Write], None]] = field(default_factory=list)

    def add(self, write: Write) -> None:
        """Keep a write and show it to the watchers."""
        self.writes.append(write)
        self.by_key.setdefault(write.key, []).append(write)
        if write.command and write.key.startswith(AGGREGATE):
            write.command.writes.append(write)
        for watcher in self.watchers:
            watcher(write)

    def item(self, key: str) -> Item | None:
        """Return an item as it is now."""
        writes = self.by_key.get(key)
        return writes[-1].after if writes else None

    def until(self, key: str, end: float) -> list[Write]:
        """Return an item's writes up to a time."""
        return [write for write in self.by_key.get(key, []) if write.time <= end]

    def states(self, key: str, start: float, end: float) -> list[Item | None]:
        """Return each state that an item had between two times."""
        states: list[Item | None] = [None]
        for write in self.by_key.get(key, []):
            if write.time > end:
                break
            if write.time < start:
                states = []
            states.append(write.after)
        return states

    def lists(self) -> dict[str, Item]:
        """Return the lists' records by their ids."""
        return {
            key.removeprefix(LIST): item
            for key in sorted(self.by_key)
            if key.startswith(LIST) and (item := self.item(key)) is not None
        }

    def of_list(self, list_id: str) -> dict[str, Item]:
        """Return the aggregates that a list brought and that are there, by their keys."""
        return {
            key: item
            for key in sorted(self.by_key)
            if key.startswith(AGGREGATE) and (item := self.item(key)) is not None and item.get("list_id") == list_id
        }
