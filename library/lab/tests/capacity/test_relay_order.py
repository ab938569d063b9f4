"""The relay keeps the order of each aggregate, for any number of shards and batches, also while shards split.

A stream has a shard for each partition of the table. Lambda processes several batches of a shard at the same time, each
with the items of its own hashes, and reads a shard after its parent (Lambda developer guide, "Polling and batching
streams").
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HASHES = 2**16
Lane = Callable[[str, int, int], int]
"""The batch of a change: by the item's key, the number of the change in its shard, and the parallelization factor."""


def of_key(key: str, _: int, factor: int) -> int:
    return crc32(b"lane" + key.encode()) % factor


def of_number(_: str, number: int, factor: int) -> int:
    """The planted fault: the changes of a shard take turns."""
    return number % factor


@dataclass
class Shard:
    """The changes of the items whose hashes are in a range: keys and sequence numbers."""

    begin: int
    end: int
    changes: list[tuple[str, int]] = field(default_factory=list)
    children: tuple["Shard", ...] = ()

    def of(self, key: str) -> "Shard":
        """The open shard of an item."""
        child = next(
            (child for child in self.children if child.begin <= crc32(key.encode()) % HASHES < child.end), None
        )
        return child.of(key) if child else self

    def split(self) -> None:
        middle = (self.begin + self.end) // 2
        self.children = (Shard(self.begin, middle), Shard(middle, self.end))


def published(
    shard: Shard, lane: Lane, factor: int, turns: Iterator[int], *, parents: bool = True
) -> list[tuple[str, int]]:
    """Publish a shard and its descendants, with the batches in any order."""
    lanes: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for number, change in enumerate(shard.changes):
        lanes[lane(change[0], number, factor)].append(change)
    own, waiting = [], [list(reversed(changes)) for changes in lanes.values()]
    while waiting := [changes for changes in waiting if changes]:
        own.append(waiting[next(turns) % len(waiting)].pop())
    below = [change for child in shard.children for change in published(child, lane, factor, turns, parents=parents)]
    return own + below if parents else below + own


def turns_of(dice: list[int]) -> Iterator[int]:
    while True:
        yield from dice


def written(writes: list[tuple[int, bool]]) -> Shard:
    """A stream of changes. Before some of them, the shard of their item splits."""
    root = Shard(0, HASHES)
    for number, (aggregate, splits) in enumerate(writes):
        shard = root.of(key := f"PAYMENT#{aggregate}")
        if splits and shard.end - shard.begin > 1:
            shard.split()
        root.of(key).changes.append((key, number))
    return root


def is_in_order(changes: list[tuple[str, int]]) -> bool:
    last: dict[str, int] = {}
    return all(last.get(key, -1) < number and not last.update({key: number}) for key, number in changes)


WRITES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)
DICE = st.lists(st.integers(0, 9), min_size=1, max_size=10)


@settings(max_examples=60)
@given(WRITES, st.integers(1, 10), DICE)
def test_more_shards_and_batches_keep_the_order_of_each_aggregate(
    writes: list[tuple[int, bool]], factor: int, dice: list[int]
) -> None:
    changes = published(written(writes), of_key, factor, turns_of(dice))
    assert len(changes) == len(writes)
    assert is_in_order(changes)


@pytest.mark.parametrize(("lane", "parents"), [(of_number, True), (of_key, False)])
def test_a_shard_function_without_the_key_and_an_early_child_are_detected(lane: Lane, parents: bool) -> None:
    writes = [(aggregate, number == 10) for number in range(20) for aggregate in (1, 2, 3)]
    assert not is_in_order(published(written(writes), lane, 4, turns_of([0]), parents=parents))
