"""`context cost`: the cost of stacks, by the resources that their program registers. AWS is not called."""

import json
import sys
from typing import Annotated

from typer import Argument, Option

from ....configuration.project import ProjectError
from ....declaration.context import Context
from ...command.installed import repository
from ...command.output import refuse
from ...programs.recording import Program, service
from .estimate import Estimate, estimate
from .kinds import unknown
from .screen import listed, table

_ELSEWHERE = "aws:endpoints"
"""The setting of a stack that is not deployed to an account of AWS."""


def cost(
    stack: Annotated[str | None, Argument(help="the Pulumi stack; by default all that are deployed to AWS")] = None,
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
) -> int:
    """Print the cost of a stack by list prices.

    Examples:
      context cost               all stacks, side by side
      context cost prod          one stack, line by line
      context cost prod --json   JSON

    Exit status:
      0  the cost is printed
      1  the cost is printed, and a resource is not included
      2  nothing could be printed
    """
    try:
        context, program = repository().context, service()
        stacks = [_there(program, stack)] if stack else _on_aws(program)
        return _print(context, program, stacks, stack, as_json)
    except ProjectError as error:
        return refuse(str(error))


def _print(context: Context, program: Program, stacks: list[str], stack: str | None, as_json: bool) -> int:
    graphs = {name: program.run(name) for name in stacks}
    found = {name: estimate(context, graph) for name, graph in graphs.items()}
    sys.stdout.write(_as_json(found, stack) if as_json else _as_text(found, stack))
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
