"""``python -m template.pair.scenario``, in the second context's folder: deploy beside the first, and act."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bounded_context_cli.command.terminal import escaped_output
from bounded_context_infra.configuration.project import Project, current
from bounded_context_local.emulator.process import read_endpoints
from bounded_context_local.run.execution import keep_running
from bounded_context_local.run.screen import RunScreen, exit_status
from bounded_context_local.running.start import running_context

from .acts import TOLERATED_SHARE, Orders, act
from .first import First
from .outcome import Outcome, show


def main() -> int:
    """Run the scenario; returns 0 if all of it adds up, 130 after Ctrl-C, 1 otherwise."""
    options = _parse()
    screen = RunScreen(quiet=options.json)
    return exit_status(lambda: _run(options, current(), screen), screen)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m template.pair.scenario", description=__doc__)
    parser.add_argument("--join", type=Path, required=True, help="the file of endpoints of the first context's run")
    parser.add_argument("--consumes", type=json.loads, required=True, help="the stack's setting of this name, as JSON")
    parser.add_argument("--first", required=True, help="the first context's name")
    parser.add_argument("--creates", required=True, help="the first's function that creates")
    parser.add_argument("--deletes", required=True, help="the first's function that deletes")
    parser.add_argument("--keep", action="store_true", help="then leave it running until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON and nothing else")
    return parser.parse_args()


def _run(options: argparse.Namespace, project: Project, screen: RunScreen) -> int:
    first = read_endpoints(options.join)
    tell = _counting(screen, f"{project.context.title} beside {options.first}")
    settings = {"consumes": options.consumes, "tolerated_share": TOLERATED_SHARE}
    with running_context(project, screen.stage, tell, settings, join=first) as second:
        orders = Orders(options.first, options.creates, options.deletes)
        outcome = act(screen, orders, First(second.aws, first), second)
        _show(outcome, screen, as_json=options.json)
        if options.keep:
            keep_running(second, screen, watched=False)
    for problem in outcome.problems():
        screen.fail(problem)
    return 1 if outcome.problems() else 0


def _counting(screen: RunScreen, what: str) -> Callable[[str, str], None]:
    kinds: list[str] = []

    def tell(kind: str, _: str) -> None:
        kinds.append(kind)
        screen.say(f"{what}: {len(kinds)} resources of {len(set(kinds))} types")

    return tell


def _show(outcome: Outcome, screen: RunScreen, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = outcome.as_json()
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        sys.stdout.flush()
        return
    show(outcome, screen.out)


if __name__ == "__main__":
    with escaped_output():
        status = main()
    sys.exit(status)
