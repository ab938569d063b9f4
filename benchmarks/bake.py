"""Measure the time of a bake with cookiecutter's command, including its start and both hooks.

uv run python benchmarks/bake.py [--rounds N] [--json]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def measure(rounds: int) -> list[float]:
    """Return the seconds of each bake. The first bake may have cold caches."""
    return [_bake() for _ in range(rounds)]


def _bake() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", folder, str(REPOSITORY)]
        start = time.perf_counter()
        subprocess.run(command, env={**os.environ, "HOME": folder}, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def main() -> None:
    """Print the median and the maximum of the rounds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    seconds = measure(chosen.rounds)
    result = {"median": round(statistics.median(seconds), 2), "slowest": round(max(seconds), 2)}
    print(json.dumps(result) if chosen.json else f"median {result['median']} s, slowest {result['slowest']} s")


if __name__ == "__main__":
    main()
