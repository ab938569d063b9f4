"""Assign parts of a drawing to columns, by the longest path to each part."""

from collections.abc import Iterable, Mapping, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

Link = tuple[str, str]
"""From one key to another."""


def columns(keys: Sequence[str], links: Set[Link]) -> dict[str, int]:
    """Return the column of each key, from 0.

    Links that would close a cycle count in reverse: of each cycle, the link that returns to the key nearest to a start.
    Links from a key to itself are ignored.
    """
    links = {(source, target) for source, target in links if source != target}
    distances = _distances(keys, links)
    order = _order(keys, links, distances)
    places = {key: place for place, key in enumerate(order)}
    forward = [(source, target) if places[source] < places[target] else (target, source) for source, target in links]
    found: dict[str, int] = {}
    for key, before in _grouped(order, forward).items():
        found[key] = max((found[source] + 1 for source in before), default=0)
    return found


def _order(keys: Sequence[str], links: Set[Link], distances: Mapping[str, int]) -> list[str]:
    """Return the keys in topological order, without the links that close cycles."""
    kept = set(links)
    while True:
        try:
            return list(TopologicalSorter(_grouped(keys, kept)).static_order())
        except CycleError as error:
            kept.remove(min(pairwise(error.args[1]), key=lambda link: (distances[link[1]], link)))


def _distances(keys: Sequence[str], links: Set[Link]) -> dict[str, int]:
    """Return the number of links from the nearest start: a key without incoming links, or else the first of a cycle."""
    following = _grouped(keys, [(target, source) for source, target in links])
    targets = {target for _, target in links}
    found: dict[str, int] = {}
    for start in sorted(keys, key=lambda key: (key in targets, key)):
        ahead, distance = {start} - found.keys(), 0
        while ahead:
            found |= dict.fromkeys(ahead, distance)
            ahead, distance = {key for here in ahead for key in following[here]} - found.keys(), distance + 1
    return found


def _grouped(keys: Iterable[str], links: Iterable[Link]) -> dict[str, list[str]]:
    """Return the sources of the links to each key, sorted."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    for source, target in sorted(links):
        found[target].append(source)
    return found
