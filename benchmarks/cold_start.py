"""What a cold start takes: CPU time of importing a handler, against ``import boto3`` and one client.

Each import runs in fresh processes, turn by turn; the least of them counts: what nothing else on the machine slowed.

    uv run python benchmarks/cold_start.py [--rounds 15] [--json]
"""

import argparse
import json
import os
import subprocess
import sys

from _context import SOURCES

IMPORTS = {
    "boto3 and a client": "import boto3; boto3.client('dynamodb')",
    "register_payment": "import bounded_context.handlers.entry_points as e; e.register_payment",
    "verify_payment": "import bounded_context.handlers.entry_points as e; e.verify_payment",
    "get_payment": "import bounded_context.handlers.entry_points as e; e.get_payment",
    "import_list": "import payment.list_steps",
    "relay_events": "import bounded_context.handlers.relay_events",
}
_BASE = "boto3 and a client"
_USED = "import resource; used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
_ENVIRONMENT = {
    "PYTHONPATH": str(SOURCES),
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_SERVICE_NAME": "payment",
    "POWERTOOLS_METRICS_NAMESPACE": "payment-bench",
    "CONTEXT": "payment.context:PAYMENT",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def _seconds(code: str) -> float:
    command = [sys.executable, "-c", f"{code}\n{_USED}"]
    environment = os.environ | _ENVIRONMENT
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def measure(rounds: int) -> dict[str, float]:
    """Return how many times as much CPU time each import takes as boto3 and a client; Python's own start left out."""
    codes = {"": "pass", **IMPORTS}
    found = {name: [_seconds(code)] for name, code in codes.items()}
    for _ in range(rounds):
        for name, code in codes.items():
            found[name].append(_seconds(code))
    least = {name: min(times[1:]) - min(found[""][1:]) for name, times in found.items() if name}
    return {name: round(seconds / least[_BASE], 2) for name, seconds in least.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    ratios = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(ratios))
        return
    for name, ratio in ratios.items():
        print(f"{name:<20} {ratio:>5}")


if __name__ == "__main__":
    main()
