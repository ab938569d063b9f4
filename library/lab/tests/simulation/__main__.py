"""Runs schedules: ``python -m tests.simulation``, in the folder ``library/lab/``.

It prints its progress, and each violation with its shrunk schedule. The exit status is 1 if there is one.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from time import perf_counter

from . import environment as environment
from . import schedules
from .approvals import run as approvals
from .children import schedules as children
from .deadlines import schedules as deadlines
from .patches import installed
from .reactions import schedules as reactions
from .redrives import schedules as redrives
from .releases import schedules as releases
from .report import summary
from .requests import schedules as requests
from .schedules import failing
from .shrink import shrunk

Found = tuple[int, str]
_CHUNK = 250
PARTS = {
    "approvals": approvals,
    "children": children.run,
    "deadlines": deadlines.run,
    "imports": schedules.run,
    "reactions": reactions.run,
    "redrives": redrives.run,
    "releases": releases.run,
    "requests": requests.run,
}
"""How each part runs the schedule of a seed."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--schedules", type=int, default=100_000, help="how many seeds from there on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="processes that run them")
    parser.add_argument("--seed", type=int, help="run this seed alone, and show its shrunk schedule")
    parser.add_argument("--part", choices=PARTS, default="imports", help="which schedules")
    parser.add_argument("--known", default="", help="names of invariants to pass over, with commas between them")
    return parser.parse_args()


def _chunk(chunk: tuple[int, int, frozenset[str], str]) -> list[Found]:
    first, past, known, part = chunk
    with installed():
        outcomes = failing(range(first, past), known, PARTS[part])
        return [(outcome.seed, outcome.violation.name) for outcome in outcomes if outcome.violation]


def _chunks(options: argparse.Namespace, known: frozenset[str]) -> Iterator[tuple[int, int, frozenset[str], str]]:
    past = options.first + options.schedules
    starts = range(options.first, past, _CHUNK)
    return ((start, min(past, start + _CHUNK), known, options.part) for start in starts)


def _search(options: argparse.Namespace, known: frozenset[str]) -> dict[str, list[int]]:
    violations: dict[str, list[int]] = {}
    started, count = perf_counter(), 0
    with get_context("fork").Pool(options.processes) as pool:
        for part in pool.imap_unordered(_chunk, _chunks(options, known)):
            for seed, name in part:
                violations.setdefault(name, []).append(seed)
            count = min(count + _CHUNK, options.schedules)
            counts = Counter({name: len(seeds) for name, seeds in violations.items()})
            rate = count / (perf_counter() - started)
            _say(f"{count} of {options.schedules} schedules, {rate:.0f} a second, violations: {dict(counts) or 'none'}")
    return violations


def _show(seed: int, known: frozenset[str], part: str) -> None:
    with installed():
        outcome = PARTS[part](seed, known)
        _say(summary(shrunk(outcome, known=known) if outcome.violation else outcome))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    known = frozenset(filter(None, options.known.split(",")))
    environment.everywhere.collect_garbage()
    if options.seed is not None:
        _show(options.seed, known, options.part)
        return 0
    violations = _search(options, known)
    for seeds in violations.values():
        _show(min(seeds), known, options.part)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
