"""`context policies`: a stack's violations of policies, and the pack's folder.

The resources are those that the program registers, and the second tables of its stack in the account. The package
`pulumi-policy` needs another protobuf version than the library's other packages, hence the environment. The installed
library follows the environment's packages on the path.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer import Argument, Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.aws_errors import AWS_ERRORS, sentence
from ..command.installed import repository
from ..command.operation import Access
from ..command.output import LocalRunError, refuse
from ..programs import Graph, Node
from ..programs.environment import environment
from ..views.cost import second_tables
from . import POLICIES, PRODUCTION, judged, waivers
from .pinned import write
from .policy import Policy, Violation, policy
from .waivers import Judged, needless

_KIND: Final = "dynamodb/secondTable"
_DAYS: Final = 7
"""The days for which a second table may stay: a restore takes hours, and a person may compare the tables afterwards."""


@policy
def second_tables_are_deleted(graph: Graph) -> Iterator[Violation]:
    """A second table, of a restore or of another epoch, is deleted within a week.

    It costs money, and keeps the rows of its time: also the rows that the stack has deleted since.
    """
    for node in graph.of(_KIND):
        if node.inputs["days"] > _DAYS:
            facts = f"is {node.inputs['days']} days old, and costs {node.inputs['usd_a_month']:.2f} USD a month"
            yield Violation(node, f"{facts}: `aws dynamodb delete-table --table-name {node.name}`.")


ACCOUNT: Final[tuple[Policy, ...]] = (second_tables_are_deleted,)


def with_second_tables(graph: Graph, dynamodb: Any, now: datetime) -> Graph:
    """Return a graph with the second tables of its tables. Raises ClientError, BotoCoreError."""
    nodes = [
        _node(table.name, table.as_json(now))
        for node in graph.of("dynamodb/table")
        for table in second_tables(dynamodb, node.called)
    ]
    return replace(graph, nodes=[*graph.nodes, *nodes])


def _node(name: str, inputs: dict[str, Any]) -> Node:
    return Node(f"aws:{_KIND}:SecondTable", name, "", inputs, {}, False, False, frozenset(), frozenset())


_PINS: Final = Path(__file__).parents[1] / "data" / "policies.txt"
_LIBRARY: Final = ("bounded_context", "bounded_context_infra", "bounded_context_cli")


def pack_folder(project: Project) -> Path:
    """Write the pack's folder below the repository's `build/`, create its environment if needed, and return the folder.

    Raises LocalRunError, as `environment` does.
    """
    home = environment(project.build, _PINS)
    library = [str(Path(str(files(name))).parent) for name in _LIBRARY]
    packages = [*library, *(path for path in sys.path if path.endswith("-packages"))]
    return write(project.build / "policies", home, project.root, packages)


_ATTEMPTS = 5


def policies(
    ctx: typer.Context,
    stack: Annotated[str, Argument(help="the Pulumi stack; all policies apply to the default")] = PRODUCTION,
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
    pack: Annotated[bool, Option("--pack", help="create the folder for `pulumi preview --policy-pack`")] = False,
    account: Annotated[bool, Option("--account", help="also judge the second tables in the AWS account")] = False,
) -> int:
    """Print the policies that a stack violates, and the waivers.

    Examples:
      context policies              all policies, for the stack prod
      context policies dev --json   another stack, as JSON
      context policies --account    also the tables of restores and of other epochs in the account
      context policies --pack       the folder with which Pulumi's engine checks a preview

    Exit status:
      0  the stack violates no policy
      1  the stack violates a policy, or a waiver is not needed
      2  the program could not be run, or the account could not be read
    """
    try:
        project = repository()
        if pack:
            sys.stdout.write(f"{pack_folder(project)}\n")
            return 0
        return _print(project, stack, as_json, Access.of(ctx, _ATTEMPTS) if account else None)
    except (ProjectError, LocalRunError) as error:
        return refuse(str(error))
    except AWS_ERRORS as error:
        return refuse(sentence(error, "restore"))


def _print(project: Project, stack: str, as_json: bool, access: Access | None) -> int:
    from ..programs.recording import service  # here, for a fast help

    waived, graph = waivers(project.settings, POLICIES), service().graph(stack)
    if access:
        region = service().config(stack).get("aws:region", "")
        graph = with_second_tables(graph, access.clients_of(region)("dynamodb"), access.clock.now())
    results = judged((*POLICIES, *(ACCOUNT if access else ())), lambda policy: policy.violations(graph), waived, stack)
    # Elsewhere less is held, so that less may have to be waived.
    needless_waivers = list(needless(waived, results)) if stack == PRODUCTION else []
    sys.stdout.write(_as_json(results) if as_json else "".join(f"{line}\n" for line in _as_text(stack, results)))
    sys.stderr.writelines(f"{sentence}\n" for sentence in needless_waivers)
    return 1 if needless_waivers or any(result.violations for result in results) else 0


def _as_json(results: Sequence[Judged]) -> str:
    return json.dumps({"policies": [_as_object(result) for result in results]}, indent=2, ensure_ascii=False) + "\n"


def _as_object(result: Judged) -> dict[str, Any]:
    return {
        "name": result.policy.name,
        "sentence": result.policy.sentence,
        "reason": result.policy.reason,
        "violations": [{"resource": broken.resource, "sentence": broken.sentence} for broken in result.violations],
        "waived": [{"resource": waiver.resource, "reason": waiver.reason} for _, waiver in result.waived],
    }


def _as_text(stack: str, results: Sequence[Judged]) -> Iterator[str]:
    broken = [result for result in results if result.violations]
    yield f"{stack}: {len(results)} policies, {len(broken)} broken"
    for result in results:
        yield f"{'broken' if result.violations else 'kept':<8}{result.policy.name}"
        if result.violations:
            yield f"        {result.policy.sentence}. {result.policy.reason}"
        yield from (f"        - {violation.sentence}" for violation in result.violations)
        yield from (f"        - {waiver.resource} need not: {waiver.reason}" for _, waiver in result.waived)
