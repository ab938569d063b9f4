"""Measure the time of `template fleet` for many contexts that consume each other's events.

uv run python benchmarks/fleet.py [--contexts N] [--json]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from template.bake import bake
from template.words import slug, snake

NAMES = ("Invoice", "Order", "Customer", "Shipment", "Refund", "Ledger", "Claim", "Voucher", "Quote", "Ticket")
GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")


def measure(contexts: int) -> tuple[float, dict]:
    """Bake the contexts, run the command, and return the seconds of the command and its JSON."""
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor() as processes:
            list(processes.map(partial(_baked, Path(folder)), range(contexts)))
        start = time.perf_counter()
        result = subprocess.run(
            [sys.executable, "-m", "template", "fleet", folder, "--json", "--html", f"{folder}/fleet.html"],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        return seconds, json.loads(result.stdout)


def _name(number: int) -> str:
    """Return the name of a context: `InvoiceAx`, `OrderAx`, ..., `InvoiceBx`."""
    return f"{NAMES[number % len(NAMES)]}{chr(ord('A') + number // len(NAMES))}x"


def _baked(folder: Path, number: int) -> None:
    """Bake a context that consumes the previous context's events, and commit it."""
    name, before = _name(number), _name(max(number - 1, 0))
    project = bake(folder, answers(name))
    heard = slug(before)
    consumes = {heard: {"topic": f"/{heard}/prod/topic-arn", "created_by": [f"{before}Registered"]}}
    if number:
        with (project / "infra" / "service" / "Pulumi.prod.yaml").open("a", encoding="utf-8") as settings:
            settings.write(f"  {snake(name)}:consumes: {json.dumps(consumes)}\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "as it was baked"]):
        subprocess.run([*GIT, *command], cwd=project, check=True)


def answers(name: str) -> dict[str, str]:
    """Return the answers of a context without verification."""
    return {
        "context_name": name,
        "plural": f"{name}s",
        "display_name": name,
        "fields": "amount:decimal currency:currency due_date:date payer:str",
        "commands": f"Register{name}:creates:{name}Registered Drop{name}:deletes:{name}Dropped",
        "verification": "none",
    }


def main() -> None:
    """Print the seconds, and the number of contexts without drift, broken policy or error."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--contexts", type=int, default=50)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    seconds, report = measure(chosen.contexts)
    in_step = sum(context["in_step"] for context in report["contexts"])
    result = {"contexts": len(report["contexts"]), "in_step": in_step, "consumes": len(report["consumes"])}
    result |= {"seconds": round(seconds, 1)}
    print(json.dumps(result) if chosen.json else ", ".join(f"{name} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
