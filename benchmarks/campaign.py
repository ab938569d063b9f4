"""Measure `template fleet update --branches --minutes N` on many repositories of the previous version.

One repository has a conflict, and another repository has a failing test. Each repository has a bare remote.

uv run python benchmarks/campaign.py [--repositories N] [--minutes N] [--keep FOLDER] [--json]
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fleet import GIT, answers

from template.processes import environment
from template.upkeep.bakes import bakes_of
from template.upkeep.releases import releases
from template.upkeep.sources import sources

NAMES = ("Invoice", "Order", "Customer", "Shipment")
CONFLICT, RED = 2, 1
"""The numbers of the repositories with a conflict and with a failing test."""

EDIT = ("src/{}/context.py", 'owner="payments-team"', 'owner="ours-team"')


def build(folder: Path, repositories: int) -> Path:
    """Bake contexts with the previous version, copy them as clones, and return the file that lists the clones."""
    before = releases()[-2]
    with sources(before) as tree:
        bakes = bakes_of(before, tree, [answers(name) for name in NAMES], folder / "bakes")
    for bake in bakes:
        subprocess.run(["uv", "lock", "--quiet"], cwd=bake, env=environment(), check=True)
    for number in range(repositories):
        _clone(folder, number, bakes[number % len(bakes)])
    roster = folder / "clones" / "fleet.txt"
    roster.write_text("".join(f"repository-{number}\n" for number in range(repositories)), encoding="utf-8")
    return roster


def _clone(folder: Path, number: int, bake: Path) -> None:
    """Copy a bake as a clone with a bare remote, and plant the conflict or the failing test."""
    clone = folder / "clones" / f"repository-{number}"
    shutil.copytree(bake, clone)
    if number == CONFLICT:
        pipeline = clone / "infra" / "pipeline" / "__main__.py"
        pipeline.write_text("# Ours.\n" * 3, encoding="utf-8")
    if number == RED:
        (clone / "tests" / "test_planted.py").write_text("def test_planted():\n    assert 1 == 2\n", encoding="utf-8")
    remote = folder / "remotes" / f"{number}.git"
    for command in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "benchmark"],
        ["config", "user.email", "benchmark@example.com"],
        ["add", "-A"],
        ["commit", "-qm", "as it was baked"],
        ["init", "-q", "--bare", "-b", "main", str(remote)],
        ["remote", "add", "origin", f"../../remotes/{number}.git"],
        ["push", "-q", "origin", "main"],
    ):
        subprocess.run([*GIT, *command], cwd=clone, check=True)


def measure(roster: Path, minutes: int) -> tuple[float, list[dict]]:
    """Run a campaign, and return its seconds and the result of each repository."""
    command = [sys.executable, "-m", "template", "fleet", "update", str(roster), "--branches", "--json"]
    start = time.perf_counter()
    result = subprocess.run([*command, "--minutes", str(minutes)], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return seconds, lines[:-1]


def main() -> None:
    """Print the elapsed and CPU seconds, the number of repositories in each state, and whether each fault was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repositories", type=int, default=20)
    options.add_argument("--minutes", type=int, default=3)
    options.add_argument("--keep", type=Path, help="build the fleet in this folder and do not delete it")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        roster = build(chosen.keep or Path(scratch), chosen.repositories)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, lines = measure(roster, chosen.minutes)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    states = {line["name"]: line["state"] for line in lines}
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = {"seconds": round(seconds, 1), "of processors": round(computed, 1), **Counter(states.values())}
    result |= {"conflict found": states.get(f"repository-{CONFLICT}") == "conflict"}
    result |= {"red check found": states.get(f"repository-{RED}") == "red"}
    print(json.dumps(result) if chosen.json else ", ".join(f"{name} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
