"""How much memory the validation of a list takes, for a small and a large one. It should not grow with the list.

Each size is validated in a process of its own against a stubbed endpoint, file and parts crossing real HTTP; the
number is that process's peak resident memory.

    uv run python benchmarks/validation_memory.py [--json]
"""

import argparse
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from _context import BUCKET, KEY, SOURCES, rows, stubbed

SIZES = (1_000, 200_000)


def _validate() -> None:
    import boto3
    from bounded_context.adapters.s3 import InboxBucket
    from bounded_context.adapters.seen_ids import SqliteSeenIds
    from bounded_context.lists import ListImport, PinnedFile, ReceivedList
    from bounded_context.testing import InMemoryAggregates, InMemoryLists
    from payment.context import PAYMENT

    lists, files = InMemoryLists(), InboxBucket(boto3.client("s3"), BUCKET)
    received = lists.register(ReceivedList(PinnedFile(BUCKET, KEY, "1", 1), "run"))
    steps = ListImport(PAYMENT, lists, files, lambda: InMemoryAggregates(PAYMENT), SqliteSeenIds)
    steps.validate(received.list_id, Fraction(0), 5000)
    print(lists.get(received.list_id).valid, _own_peak_kibibytes())


def _own_peak_kibibytes() -> int:
    # Not getrusage: its maximum outlives exec and would be the parent's.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _peak_mib(count: int) -> float:
    with stubbed(rows(count)):
        command = [sys.executable, __file__, "--child"]
        environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
        output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    valid, kibibytes = map(int, output.split())
    if valid != count:
        raise SystemExit(f"{valid} of {count} rows were valid: nothing was measured")
    return round(kibibytes / 1024, 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _validate()
        return
    peaks = {str(count): _peak_mib(count) for count in SIZES}
    result = {"peak_mib": peaks, "ratio": round(peaks[str(SIZES[1])] / peaks[str(SIZES[0])], 2)}
    if arguments.json:
        print(json.dumps(result))
        return
    for count, peak in peaks.items():
        print(f"{int(count):>9,} rows  {peak:>7} MiB at most")
    print(f"ratio {result['ratio']}")


if __name__ == "__main__":
    main()
