"""Assign parts of a drawing to columns, by the longest path to each part."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

Link = tuple[str, str]
"""From one key to another."""


def columns(keys: Sequence[str], links: Set[Link]) -> dict[str, int]:
    """Return the column of each key, from 0.

    Links that would close a cycle count in reverse: the last link of a path that returns to one of its own keys. Links
    from a key to itself are ignored.
    """
    following = {key: sorted(target for source, target in links if source == key != target) for key in keys}
    walk = _Walk(following)
    for key in _from_the_left(keys, following):
        walk.go(key)
    return _longest(reversed(walk.done), walk.forward())


def _from_the_left(keys: Sequence[str], following: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys without incoming links first."""
    targets = {target for found in following.values() for target in found}
    return sorted(keys, key=lambda key: (key in targets, key))


@dataclass
class _Walk:
    """A depth-first walk along all links, without recursion because a path may exceed Python's recursion limit."""

    following: Mapping[str, Sequence[str]]
    done: dict[str, None] = field(default_factory=dict)
    back: set[Link] = field(default_factory=set)

    def go(self, start: str) -> None:
        way: dict[str, Iterator[str]] = {}
        here: str | None = None if start in self.done else start
        while here is not None:
            ahead = way.setdefault(here, iter(self.following[here]))
            here = self._step(here, next(ahead, None), way)

    def _step(self, here: str, target: str | None, way: dict[str, Iterator[str]]) -> str | None:
        if target is None:
            self.done[here] = None
            del way[here]
            return next(reversed(way), None)
        if target in way:
            self.back.add((here, target))
        return here if target in way or target in self.done else target

    def forward(self) -> set[Link]:
        links = {(source, target) for source, targets in self.following.items() for target in targets}
        return links - self.back | {(target, source) for source, target in self.back}


def _longest(order: Iterator[str], links: Set[Link]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in order:
        found[key] = max((found[source] + 1 for source, target in links if target == key), default=0)
    return found
