"""Measure the memory of the validation for a small and a large list. It should not grow with the list.

Each step runs in a separate process against a stubbed endpoint, and transfers file and parts over HTTP. The results are
the peak resident memory of this process, and the CPU time of the step's longest call. `read` is the single pass over a
file. The steps `plan`, `range` and `join` validate a file in ranges: `range` validates all ranges in turn. Ranges have
1 MiB, so that the small list has two. With `--mib`, a list of this size is validated in the ranges of a stack.

    uv run python benchmarks/validation_memory.py [--mib 2047] [--json]
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from _context import BUCKET, KEY, SOURCES, rows, stubbed

if TYPE_CHECKING:
    from bounded_context.lists import ListImport

SIZES = {"read": (1_000, 200_000), "plan": (30_000, 600_000), "range": (30_000, 600_000), "join": (30_000, 600_000)}
PART_ROWS = 5000
LEAST_MIB = 40
_MIB = 1024 * 1024
_BLOCK_ROWS = 100_000


class Measured(NamedTuple):
    """Peak memory of a step in MiB, and CPU seconds of its longest call."""

    peak_mib: float
    seconds: float


def _validate(step: str, size: int, range_bytes: int) -> None:
    import boto3
    from bounded_context.adapters.s3 import InboxBucket
    from bounded_context.adapters.temporary_database import SqliteRepeatedLines, SqliteSeenIds
    from bounded_context.application import ranges
    from bounded_context.application.staging import Staging
    from bounded_context.lists import ListImport, PinnedFile, ReceivedList
    from bounded_context.testing import InMemoryAggregates, InMemoryLists
    from payment.context import PAYMENT

    ranges.RANGE_BYTES = range_bytes or ranges.RANGE_BYTES
    lists, files = InMemoryLists(), InboxBucket(boto3.client("s3"), BUCKET)
    received = lists.register(ReceivedList(PinnedFile(BUCKET, KEY, "1", size), "run"))
    aggregates = InMemoryAggregates(PAYMENT)
    steps = ListImport(PAYMENT, lists, files, lambda: aggregates, SqliteSeenIds, repeated_lines=SqliteRepeatedLines)
    seconds = max(map(_cpu_seconds, _CALLS[step](steps, received.list_id)))
    valid_rows = lists.get(received.list_id).valid or len(Staging(files, received.list_id).ranges())
    print(valid_rows, _own_peak_kibibytes(), seconds)


def _cpu_seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def _read(steps: "ListImport", list_id: str) -> list[Callable[[], object]]:
    return [partial(steps.validate, list_id, Fraction(0), PART_ROWS)]


def _plan(steps: "ListImport", list_id: str) -> list[Callable[[], object]]:
    from bounded_context.lists import Outcome

    return [partial(steps.validate, list_id, Fraction(0), PART_ROWS, Outcome.REGISTERED)]


def _range(steps: "ListImport", list_id: str) -> list[Callable[[], object]]:
    from bounded_context.application.staging import Staging

    places = Staging(steps.files, list_id).ranges()
    return [partial(steps.validate_range, list_id, place, PART_ROWS) for place in places]


def _join(steps: "ListImport", list_id: str) -> list[Callable[[], object]]:
    from bounded_context.lists import Outcome

    return [partial(steps.validate, list_id, Fraction(0), PART_ROWS, Outcome.SPLIT)]


_CALLS: dict[str, Callable[["ListImport", str], list[Callable[[], object]]]] = {
    "read": _read,
    "plan": _plan,
    "range": _range,
    "join": _join,
}
"""The calls of a step, by step."""


def _own_peak_kibibytes() -> int:
    # getrusage would return the parent's maximum, because exec does not reset it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _large(mib: int) -> tuple[int, bytes]:
    """Return a list of almost `mib` MiB, and the number of its rows."""
    header, _, block = rows(_BLOCK_ROWS).partition(b"\n")
    data = bytearray(header + b"\n")
    # Each block has other identities, which begin with "id-".
    for blocks in itertools.count():
        numbered = block.replace(b"id-", b"id-%d-" % blocks)
        if len(data) + len(numbered) > mib * _MIB:
            return blocks * _BLOCK_ROWS, bytes(data)
        data += numbered


def _measured(count: int, data: bytes, steps: list[str], range_bytes: int) -> dict[str, Measured]:
    """Return the measures of each step for a list with `count` rows."""
    with stubbed(data):
        return {step: _of_step(count, step, len(data), range_bytes) for step in steps}


def _of_step(count: int, step: str, size: int, range_bytes: int) -> Measured:
    command = [sys.executable, __file__, "--child", step, "--size", str(size), "--range-bytes", str(range_bytes)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    valid_rows, kibibytes, seconds = output.split()
    if int(valid_rows) != count and not (step in ("plan", "range") and int(valid_rows) > 1):
        raise SystemExit(f"{step}: {valid_rows} of {count} rows were valid: nothing was measured")
    return Measured(round(int(kibibytes) / 1024, 1), round(float(seconds), 1))


def compare() -> dict[str, Any]:
    """Return the peaks of the steps in MiB by the rows of the list, and the ratio of each step's peaks."""
    counts = sorted({count for sizes in SIZES.values() for count in sizes})
    of = {
        count: _measured(count, rows(count), [step for step in SIZES if count in SIZES[step]], _MIB) for count in counts
    }
    peaks = {step: {str(count): of[count][step].peak_mib for count in sizes} for step, sizes in SIZES.items()}
    return {"peak_mib": peaks, "ratio": {step: _ratio(peaks[step]) for step in peaks}}


def _ratio(peaks: dict[str, float]) -> float:
    small, large = peaks.values()
    return round(large / small, 2)


def large(mib: int) -> dict[str, Any]:
    """Return the rows of a list of `mib` MiB, and each step's peak in MiB and the CPU seconds of its longest call."""
    count, data = _large(mib)
    of = _measured(count, data, ["plan", "range", "join"], 0)
    return {"rows": count, **{step: measured._asdict() for step, measured in of.items()}}


def main() -> None:
    """Print the result as JSON or as lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, help="the size of a list that is validated in the ranges of a stack")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=_CALLS, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--range-bytes", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _validate(arguments.child, arguments.size, arguments.range_bytes)
        return
    if arguments.mib and arguments.mib < LEAST_MIB:
        parser.error(f"--mib {arguments.mib}: the least size with two ranges is {LEAST_MIB} MiB")
    result = large(arguments.mib) if arguments.mib else compare()
    if arguments.json:
        print(json.dumps(result))
        return
    if arguments.mib:
        for name, measurement in result.items():
            print(f"{name:<6} {measurement}")
        return
    for step, peaks in result["peak_mib"].items():
        print(step)
        for count, peak in peaks.items():
            print(f"{int(count):>9,} rows  {peak:>7} MiB at most")
        print(f"ratio {result['ratio'][step]}")


if __name__ == "__main__":
    main()
