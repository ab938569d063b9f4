"""A table: its items by key, and every committed change."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..gate import Gate
from ..values import Item, same

LAG_SECONDS: Final = 10.0
"""The longest lag of an eventually consistent read. AWS documents no limit, and usually one second."""

_LAGGING: Final = 0.25
"""The share of eventually consistent reads that are behind, if the table changed within the lag."""

_MOST_BEHIND: Final = 20
"""The latest changes that such a read may miss."""


class Change(NamedTuple):
    """A committed change of an item.

    ``old`` is None for a new item, and ``new`` is None for a deleted item. ``at`` is the time in seconds since 1970,
    and ``sequence`` counts the table's changes from 1.
    """

    sequence: int
    at: float
    key: str
    old: Item | None
    new: Item | None


class Store:
    """A table.

    Args:
        name: the table's.
        gate: gives time and randomness.
        indexes: the partition key of each index, by the index's name.
        key: the attribute that is the table's partition key.
        sorts: the range keys of indexes that contain keys only; the range key of others is the table's key.

    ``items`` and ``changes`` are for reading only. No item in them is ever changed in place.
    """

    def __init__(
        self,
        name: str,
        gate: Gate,
        indexes: Mapping[str, str] | None = None,
        key: str = "pk",
        sorts: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.gate = gate
        self.indexes = dict(indexes or {})
        self.sorts = dict(sorts or {})
        self.key = key
        self.items = dict[str, Item]()
        self.changes = list[Change]()
        self.tokens = dict[str, tuple[float, Any]]()

    def commit(self, key: str, new: Item | None) -> None:
        """Replace an item, or delete it. A write of the same item adds no change, as in DynamoDB's streams.

        The item has stored values, such as Decimal for numbers (``values.normalized``).
        """
        old = self.items.get(key)
        if old is None and new is None:
            return
        if new is None:
            del self.items[key]
        else:
            self.items[key] = new
        if not (old == new and same(old, new)):
            self.changes.append(Change(len(self.changes) + 1, self.gate.now(), key, old, new))

    def seen(self, *, consistent: bool) -> Mapping[str, Item]:
        """Return the items as a read sees them. Each item may be behind on its own if the read is not consistent."""
        if consistent or not self._lags():
            return self.items
        chosen = {key: self.gate.choose(older) for key, older in self._older().items() if self.gate.chance(0.5)}
        return {key: item for key, item in (self.items | chosen).items() if item is not None}

    def _older(self) -> dict[str, list[Item | None]]:
        """Return the earlier versions of each item within the lag, the latest first."""
        older, since = dict[str, list[Item | None]](), self.gate.now() - LAG_SECONDS
        for change in reversed(self.changes[-_MOST_BEHIND:]):
            if change.at >= since:
                older.setdefault(change.key, []).append(change.old)
        return older

    def _lags(self) -> bool:
        fresh = self.changes and self.changes[-1].at >= self.gate.now() - LAG_SECONDS
        return bool(fresh) and self.gate.chance(_LAGGING)
