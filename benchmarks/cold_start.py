"""Measure the CPU time of importing a handler, as a ratio of ``import boto3`` and a client.

Each import runs in fresh processes, in turn with the other imports. The result is the minimum of the rounds, which
other programs on the machine delay least.

    uv run python benchmarks/cold_start.py [--rounds 15] [--json]
    uv run python benchmarks/cold_start.py --pythons 3.13 3.14   # the second against the first, with Python's own start

The benchmark does not run in Lambda. A cold start in Lambda also loads the archives, on another processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _context import SOURCES

IMPORTS = {
    "boto3 and a client": "import boto3; boto3.client('dynamodb')",
    "register_payment": "import bounded_context.handlers.entry_points as e; e.register_payment",
    "verify_payment": "import bounded_context.handlers.entry_points as e; e.verify_payment",
    "get_payment": "import bounded_context.handlers.entry_points as e; e.get_payment",
    "import_list": "import bounded_context.handlers.entry_points as e; e.import_list",
    "relay_events": "import bounded_context.handlers.relay_events",
}
_BASE = "boto3 and a client"
_USED = "import resource; used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
_ENVIRONMENT = {
    "PYTHONPATH": str(SOURCES),
    "AWS_LAMBDA_FUNCTION_NAME": "payment-bench",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_SERVICE_NAME": "payment",
    "POWERTOOLS_METRICS_NAMESPACE": "payment-bench",
    "CONTEXT": "payment.context:PAYMENT",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def _seconds(code: str, python: str = sys.executable) -> float:
    command = [python, "-c", f"{code}\n{_USED}"]
    environment = os.environ | _ENVIRONMENT
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def measure(rounds: int) -> dict[str, float]:
    """Return the CPU time of each import as a ratio of boto3 and a client, without Python's own start."""
    codes = {"": "pass", **IMPORTS}
    seconds = {name: [_seconds(code)] for name, code in codes.items()}
    for _ in range(rounds):
        for name, code in codes.items():
            seconds[name].append(_seconds(code))
    least = {name: min(times[1:]) - min(seconds[""][1:]) for name, times in seconds.items() if name}
    return {name: round(seconds / least[_BASE], 2) for name, seconds in least.items()}


def _environment(version: str, folder: Path) -> str:
    """Create an environment with the packages of a function, and return its interpreter."""
    library = Path(__file__).parents[1] / "library" / "runtime"
    subprocess.run(["uv", "venv", "--quiet", "--python", version, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python, str(library)]
    subprocess.run(install, check=True)
    return python


def compare(versions: list[str], rounds: int) -> dict[str, list[float]]:
    """Return the CPU time of each import in each version of Python, as a ratio of the first version."""
    codes = {"Python alone": "pass", **IMPORTS}
    with tempfile.TemporaryDirectory() as folder:
        pythons = {
            version: _environment(version, Path(folder) / str(number)) for number, version in enumerate(versions)
        }
        measurements = {
            (name, version): [_seconds(codes[name], pythons[version])] for name in codes for version in versions
        }
        for _ in range(rounds):
            for (name, version), times in measurements.items():
                times.append(_seconds(codes[name], pythons[version]))
    least = {key: min(times[1:]) for key, times in measurements.items()}
    return {name: [round(least[name, version] / least[name, versions[0]], 2) for version in versions] for name in codes}


def main() -> None:
    """Print the ratio of each import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pythons", nargs="+", help="compare these versions of Python")
    arguments = parser.parse_args()
    if arguments.pythons:
        compared = compare(arguments.pythons, arguments.rounds)
        print("\n".join(f"{name:<20} {' '.join(map(str, ratios))}" for name, ratios in compared.items()))
        return
    ratios = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(ratios))
        return
    for name, ratio in ratios.items():
        print(f"{name:<20} {ratio:>5}")


if __name__ == "__main__":
    main()
