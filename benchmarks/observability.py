"""Measure the overhead of observability: CPU time on the import path, and time to import a handler module.

Both variants run in fresh processes, in turn: with telemetry as deployed (logs, metrics, traces sent to a daemon's
address), and with telemetry replaced by functions without effect.

    uv run python benchmarks/observability.py [--rows 20000] [--rounds 5] [--json]
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

WORK = Path(__file__).with_name("_observed.py")
HANDLERS = ("register_payment", "register_list", "validate_list", "import_list", "relay_events", "measure_lists")


def _ask(*arguments: str) -> float:
    result = subprocess.run([sys.executable, str(WORK), *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(result.stderr)
    return float(result.stdout.splitlines()[-1])


def import_path(rows: int, rounds: int) -> dict[str, float]:
    """Return the median and minimum CPU seconds of both variants. Other programs delay the minimum least."""
    measurements: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        for way, times in measurements.items():
            times.append(_ask("path", way, str(rows)))
    least = {f"least_{way}": min(times) for way, times in measurements.items()}
    return {**{way: median(times) for way, times in measurements.items()}, **least}


def imports(rounds: int) -> dict[str, int]:
    """Return the median milliseconds that telemetry adds to the import of each handler module."""
    added: dict[str, int] = {}
    for handler in HANDLERS:
        times = [_ask("import", "with", handler) - _ask("import", "without", handler) for _ in range(rounds)]
        added[handler] = round(1000 * median(times))
    return added


def main() -> None:
    """Print the overhead of the import path and of each import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ["AWS_XRAY_DAEMON_ADDRESS"] = "127.0.0.1:9"  # no daemon listens; UDP packets are sent anyway
    result = {"import_path": import_path(arguments.rows, arguments.rounds), "import_ms": imports(arguments.rounds)}
    if arguments.json:
        print(json.dumps(result))
        return
    path = result["import_path"]
    for name in ("", "least_"):
        observed, bare = path[f"{name}with"], path[f"{name}without"]
        print(f"import path  {observed:.3f} s of CPU with, {bare:.3f} s without: {observed / bare - 1:+.1%}")
    for handler, milliseconds in result["import_ms"].items():
        print(f"importing {handler:<17} {milliseconds:+4} ms")


if __name__ == "__main__":
    main()
