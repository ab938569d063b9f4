"""`python -m bounded_context.policies [STACK] [--json]`: prints which policies a stack breaks, and what is left out.

Nothing is asked of AWS, and no Pulumi CLI: what is looked at is what the stack's program registers. `--pack` makes the
folder by which Pulumi's own engine holds a preview to the same policies, and prints it.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..installed import repository
from ..local.errors import LocalRunError
from ..policies import POLICIES, PRODUCTION, judged, waivers
from ..policies.folder import pack
from ..policies.waivers import Judged, needless
from ..project import Project, ProjectError
from ..typed import typed
from ..usage import Usage
from .graph import Graph, run, service

_REFUSED: Final = 2
_EXAMPLES: Final = {
    "": f"all policies, as the stack {PRODUCTION} keeps them",
    "dev --json": "another stack, for programs",
    "--pack": "the folder by which Pulumi's own engine holds a preview to them",
}
_STATUSES: Final = {
    0: "all are kept",
    1: "one is broken, or a waiver waives nothing",
    _REFUSED: "nothing could be judged",
}


class NotRun(ProjectError):
    """The program does not run as a stack; the message says with what it ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what becomes of each policy, or the pack's folder.

    Returns:
        The exit status: 1 if a policy is broken or a waiver waives nothing, 2 if nothing could be judged.
    """
    options = _parser().parse_args(arguments)
    try:
        project = repository()
        if options.pack:
            sys.stdout.write(f"{pack(project)}\n")
            return 0
        return _print(project, options.stack, options.json)
    except (ProjectError, LocalRunError) as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED


def _print(project: Project, stack: str, as_json: bool) -> int:
    waived, graph = waivers(project.settings, POLICIES), _graph(stack)
    found = judged(POLICIES, lambda policy: policy.violations(graph), waived, stack)
    # Elsewhere less is held, so that less may have to be waived.
    left = list(needless(waived, found)) if stack == PRODUCTION else []
    sys.stdout.write(_as_json(found) if as_json else "".join(f"{line}\n" for line in _as_text(stack, found)))
    sys.stderr.writelines(f"{sentence}\n" for sentence in left)
    return 1 if left or any(one.violations for one in found) else 0


def _graph(stack: str) -> Graph:
    program = service()
    if stack not in program.stacks():
        raise NotRun(f"There is no stack {stack}: write one of {', '.join(program.stacks())}.")
    try:
        return run(stack)
    except Exception as error:
        raise NotRun(f"The program does not run as {stack}: {type(error).__name__}: {error}") from error


def _as_json(found: Sequence[Judged]) -> str:
    return json.dumps({"policies": [_described(one) for one in found]}, indent=2, ensure_ascii=False) + "\n"


def _described(one: Judged) -> dict[str, Any]:
    return {
        "name": one.policy.name,
        "sentence": one.policy.sentence,
        "reason": one.policy.reason,
        "violations": [{"resource": broken.resource, "sentence": broken.sentence} for broken in one.violations],
        "waived": [{"resource": waiver.resource, "reason": waiver.reason} for _, waiver in one.waived],
    }


def _as_text(stack: str, found: Sequence[Judged]) -> Iterator[str]:
    broken = [one for one in found if one.violations]
    yield f"{stack}: {len(found)} policies, {len(broken)} broken"
    for one in found:
        yield f"{'broken' if one.violations else 'kept':<8}{one.policy.name}"
        if one.violations:
            yield f"        {one.policy}. {one.policy.reason}"
        yield from (f"        - {violation.sentence}" for violation in one.violations)
        yield from (f"        - {waiver.resource} need not: {waiver.reason}" for _, waiver in one.waived)


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("policies"), _EXAMPLES, _STATUSES)
    parser = usage.parser("Which policies a stack breaks, and what is left out.")
    parser.add_argument(
        "stack", nargs="?", default=PRODUCTION, help=f"default: {PRODUCTION}, which is held to all of them"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--pack", action="store_true", help="make the folder for `pulumi preview --policy-pack`")
    return parser
