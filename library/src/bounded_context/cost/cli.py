"""`uv run just cost [STACK] [--json]`: prints what a stack costs, or all of them.

Nothing is asked of AWS: what is counted comes from what the stack's program registers.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from ..context import Context
from ..installed import repository
from ..project import ProjectError
from ..rollout.errors import REFUSED
from ..testing.graph import Program, service
from ..typed import typed
from ..usage import Usage
from .estimate import Estimate, estimate
from .kinds import unknown
from .screen import listed, table

_ELSEWHERE = "aws:endpoints"
"""The config of a stack that is deployed to no account of AWS."""

_EXAMPLES: Final = {"": "all stacks, side by side", "prod": "one, line by line", "prod --json": "for programs"}
_STATUSES: Final = {0: "it is printed", 1: "it is, and lacks something that is not counted", REFUSED: "nothing is"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the estimate.

    Returns:
        The exit status: 1 if something that the stack registers is not counted, 2 if nothing could be printed.
    """
    options = _parser().parse_args(arguments)
    try:
        context, program = repository().context, service()
        stacks = [_there(program, options.stack)] if options.stack else _on_aws(program)
        return _print(context, program, stacks, options)
    except ProjectError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED


def _print(context: Context, program: Program, stacks: list[str], options: argparse.Namespace) -> int:
    graphs = {stack: program.run(stack) for stack in stacks}
    found = {stack: estimate(context, graph) for stack, graph in graphs.items()}
    sys.stdout.write(_as_json(found, options.stack) if options.json else _as_text(found, options.stack))
    left_out = sorted({one for graph in graphs.values() for one in unknown(graph)})
    sys.stderr.writelines(f"{one}\n" for one in left_out)
    return 1 if left_out else 0


def _as_json(found: dict[str, Estimate], stack: str | None) -> str:
    said = {name: one.as_json() for name, one in found.items()}
    return json.dumps(said[stack] if stack else said, indent=2) + "\n"


def _as_text(found: dict[str, Estimate], stack: str | None) -> str:
    return listed(stack, found[stack]) if stack else table(found)


def _there(program: Program, stack: str) -> str:
    if stack not in program.stacks():
        raise ProjectError(f"There is no stack {stack}: write one of {', '.join(program.stacks())}.")
    return stack


def _on_aws(program: Program) -> list[str]:
    return [stack for stack in program.stacks() if _ELSEWHERE not in program.config(stack)]


def _parser() -> argparse.ArgumentParser:
    parser = Usage(typed("cost", "cost"), _EXAMPLES, _STATUSES).parser("What a stack costs, by list prices.")
    parser.add_argument("stack", nargs="?", help="such as dev; without one, all that are deployed to AWS")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser
