"""Measure the time of the generated Pulumi program under mocks, including imports, in a fresh process for each round.

The ratio compares the program with a process that only imports Pulumi and the AWS provider, the unavoidable part.

    uv run python benchmarks/pulumi_program.py [--rounds 5] [--json]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from statistics import median

from _context import CONTEXT, SOURCES

PROGRAM = "import sys; from bounded_context_cli.programs.recording import run; sys.exit(len(run('prod').nodes) < 50)"
IMPORTS = "import pulumi; from pulumi_aws import cloudwatch, dynamodb, iam, kms, lambda_, s3, sfn, sns, sqs, transfer"


def _seconds(code: str) -> float:
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CONTEXT, env=environment)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, float]:
    """Return the median seconds of the program and of the imports, and their ratio."""
    _seconds(PROGRAM)
    program = median(_seconds(PROGRAM) for _ in range(rounds))
    imports = median(_seconds(IMPORTS) for _ in range(rounds))
    return {"program": round(program, 2), "imports": round(imports, 2), "ratio": round(program / imports, 2)}


def main() -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"program under mocks  {result['program']:.2f} s")
    print(f"imports alone        {result['imports']:.2f} s")
    print(f"ratio                {result['ratio']}")


if __name__ == "__main__":
    main()
