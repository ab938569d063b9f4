"""Judges sets of answers from the vocabularies, and prints those with a fault, shortened, as files for cookiecutter.

    uv run python -m tests.vocabulary                          60 sets, the judges of the default tests
    uv run python -m tests.vocabulary --sets 2000 --thorough   each night: all stacks, and the repositories' own tests
    uv run python -m tests.vocabulary --held-out --sets 100    from the held-out words
    uv run python -m tests.vocabulary --plant NAME             with a planted fault, up to the first set that shows it

The exit status is 1 if a set has a fault, or a refusal has no remedy.
"""

import argparse
import resource
import sys
import time

import pytest

from . import words
from .plants import PLANTS
from .search import DEFAULT, NIGHTLY, as_json, search


def main() -> int:
    """Search, and print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.vocabulary")
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="the number of the first set")
    parser.add_argument("--seed", default="answers")
    parser.add_argument("--most", type=int, default=20, help="end after this number of sets with a fault")
    parser.add_argument("--shorten", type=int, default=1, help="the number of sets with a fault that are shortened")
    parser.add_argument("--plant", choices=PLANTS)
    for option in ("--thorough", "--held-out", "--json"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    vocabulary = words.held_out() if options.held_out else words.usual()
    seeds = [f"{options.seed}-{number}" for number in range(options.first, options.first + options.sets)]
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        if options.plant:
            PLANTS[options.plant](patch)
        depths = NIGHTLY if options.thorough else DEFAULT
        report = search(vocabulary, seeds, depths=depths, most=options.most, shortened=options.shorten)
    if options.json:
        print(as_json(report))
    else:
        print(report.text())
        print(f"{time.monotonic() - began:.0f} s, {_cpu_seconds():.0f} CPU seconds")
    return int(bool(report.faulty or report.remedies))


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    sys.exit(main())
