"""Runs schedules: ``python -m tests.simulation``, in the folder ``library/``.

It prints its progress, and each violation with its shrunk schedule. The exit status is 1 if there is one.
"""

import argparse
import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from time import perf_counter
from typing import Any

# It names the repository that the library's tests run over, and the functions' environment.
from .. import conftest as conftest
from . import report, schedules, shrink
from .patches import installed
from .redrives import schedules as redrives

Found = tuple[int, str]
_CHUNK = 250


_PARTS = {
    "imports": (schedules.run, schedules.failing, shrink.shrunk, report.told),
    "redrives": (redrives.run, redrives.failing, redrives.shrunk, redrives.told),
}
"""The functions of each part: run a seed, search many, shorten a schedule, show it."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--part", choices=_PARTS, default="imports", help="which schedules (default: imports)")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--schedules", type=int, default=100_000, help="how many seeds from there on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="processes that run them")
    parser.add_argument("--seed", type=int, help="run this seed alone, and show its shrunk schedule")
    parser.add_argument("--known", default="", help="names of invariants to pass over, with commas between them")
    return parser.parse_args()


def _part(given: tuple[str, int, int, frozenset[str]]) -> list[Found]:
    part, first, past, known = given
    failing: Any = _PARTS[part][1]
    with installed():
        return [(one.seed, one.violation.name) for one in failing(range(first, past), known) if one.violation]


def _parts(options: argparse.Namespace, known: frozenset[str]) -> Iterator[tuple[str, int, int, frozenset[str]]]:
    past = options.first + options.schedules
    return ((options.part, start, min(past, start + _CHUNK), known) for start in range(options.first, past, _CHUNK))


def _search(options: argparse.Namespace, known: frozenset[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    started, done = perf_counter(), 0
    with get_context("fork").Pool(options.processes) as pool:
        for part in pool.imap_unordered(_part, _parts(options, known)):
            for seed, name in part:
                found.setdefault(name, []).append(seed)
            done = min(done + _CHUNK, options.schedules)
            counts = Counter({name: len(seeds) for name, seeds in found.items()})
            rate = done / (perf_counter() - started)
            _say(f"{done} of {options.schedules} schedules, {rate:.0f} a second, violations: {dict(counts) or 'none'}")
    return found


def _show(part: str, seed: int, known: frozenset[str]) -> None:
    functions: Any = _PARTS[part]
    run, _, shrunk, told = functions
    with installed():
        outcome = run(seed, known)
        _say(told(shrunk(outcome, known=known) if outcome.violation else outcome))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    known = frozenset(filter(None, options.known.split(",")))
    gc.freeze()
    if options.seed is not None:
        _show(options.part, options.seed, known)
        return 0
    found = _search(options, known)
    for seeds in found.values():
        _show(options.part, min(seeds), known)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
