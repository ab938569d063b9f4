"""Measure the memory of the validation for a small and a large list. It should not grow with the list.

Each step runs in a separate process against a stubbed endpoint, and transfers file and parts over HTTP. The result is
the peak resident memory of this process. `read` is the single pass over a file. The steps `plan`, `range` and `join`
validate a file in ranges of 1 MiB: `range` validates all ranges in turn. The small list has two ranges.

    uv run python benchmarks/validation_memory.py [--json]
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from _context import BUCKET, KEY, SOURCES, rows, stubbed

if TYPE_CHECKING:
    from bounded_context.lists import ListImport

SIZES = {"read": (1_000, 200_000), "plan": (30_000, 600_000), "range": (30_000, 600_000), "join": (30_000, 600_000)}
PART_ROWS = 5000


def _validate(step: str, size: int) -> None:
    import boto3
    from bounded_context.adapters.repeated_lines import SqliteRepeatedLines
    from bounded_context.adapters.s3 import InboxBucket
    from bounded_context.adapters.seen_ids import SqliteSeenIds
    from bounded_context.application import ranges
    from bounded_context.lists import ListImport, PinnedFile, ReceivedList
    from bounded_context.testing import InMemoryAggregates, InMemoryLists
    from payment.context import PAYMENT

    ranges.RANGE_BYTES = 1024 * 1024
    lists, files = InMemoryLists(), InboxBucket(boto3.client("s3"), BUCKET)
    received = lists.register(ReceivedList(PinnedFile(BUCKET, KEY, "1", size), "run"))
    aggregates = InMemoryAggregates(PAYMENT)
    steps = ListImport(PAYMENT, lists, files, lambda: aggregates, SqliteSeenIds, repeated_lines=SqliteRepeatedLines)
    done = _STEPS[step](steps, received.list_id)
    print(lists.get(received.list_id).valid or done, _own_peak_kibibytes())


def _read(steps: "ListImport", list_id: str) -> int:
    steps.validate(list_id, Fraction(0), PART_ROWS)
    return 0


def _plan(steps: "ListImport", list_id: str) -> int:
    from bounded_context.application.staging import Staging
    from bounded_context.lists import Outcome

    steps.validate(list_id, Fraction(0), PART_ROWS, Outcome.REGISTERED)
    return len(Staging(steps.files, list_id).ranges())


def _range(steps: "ListImport", list_id: str) -> int:
    from bounded_context.application.staging import Staging

    ranges = Staging(steps.files, list_id).ranges()
    for place in ranges:
        steps.validate_range(list_id, place, PART_ROWS)
    return len(ranges)


def _join(steps: "ListImport", list_id: str) -> int:
    from bounded_context.lists import Outcome

    steps.validate(list_id, Fraction(0), PART_ROWS, Outcome.SPLIT)
    return 0


_STEPS: dict[str, Callable[["ListImport", str], int]] = {"read": _read, "plan": _plan, "range": _range, "join": _join}


def _own_peak_kibibytes() -> int:
    # getrusage would return the parent's maximum, because exec does not reset it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _peaks_mib(count: int, steps: list[str]) -> dict[str, float]:
    """Return the peak memory of each step for a list with `count` rows."""
    data = rows(count)
    with stubbed(data):
        return {step: _peak_mib(count, step, len(data)) for step in steps}


def _peak_mib(count: int, step: str, size: int) -> float:
    command = [sys.executable, __file__, "--child", step, "--size", str(size)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    done, kibibytes = map(int, output.split())
    if done != count and not (step in ("plan", "range") and done > 1):
        raise SystemExit(f"{step}: {done} of {count} rows were valid: nothing was measured")
    return round(kibibytes / 1024, 1)


def main() -> None:
    """Print the peak memory of each step and size, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=_STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _validate(arguments.child, arguments.size)
        return
    counts = sorted({count for sizes in SIZES.values() for count in sizes})
    measured = {count: _peaks_mib(count, [step for step in SIZES if count in SIZES[step]]) for count in counts}
    peaks = {step: {str(count): measured[count][step] for count in sizes} for step, sizes in SIZES.items()}
    result = {"peak_mib": peaks, "ratio": {step: _ratio(peaks[step]) for step in peaks}}
    if arguments.json:
        print(json.dumps(result))
        return
    for step, found in peaks.items():
        print(step)
        for count, peak in found.items():
            print(f"{int(count):>9,} rows  {peak:>7} MiB at most")
        print(f"ratio {result['ratio'][step]}")


def _ratio(peaks: dict[str, float]) -> float:
    small, large = peaks.values()
    return round(large / small, 2)


if __name__ == "__main__":
    main()
