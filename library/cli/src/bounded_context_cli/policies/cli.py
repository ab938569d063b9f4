"""`context policies`: a stack's violations of policies, by the resources that its program registers."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from typer import Argument, Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.aws_errors import AWS_ERRORS, sentence
from ..command.errors import LocalRunError
from ..command.installed import repository
from ..command.operation import Access
from ..command.output import refuse
from . import POLICIES, PRODUCTION, judged, waivers
from .account import ACCOUNT, with_second_tables
from .folder import pack as pack_of
from .waivers import Judged, needless

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
            sys.stdout.write(f"{pack_of(project)}\n")
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
    found = judged((*POLICIES, *(ACCOUNT if access else ())), lambda policy: policy.violations(graph), waived, stack)
    # Elsewhere less is held, so that less may have to be waived.
    left = list(needless(waived, found)) if stack == PRODUCTION else []
    sys.stdout.write(_as_json(found) if as_json else "".join(f"{line}\n" for line in _as_text(stack, found)))
    sys.stderr.writelines(f"{sentence}\n" for sentence in left)
    return 1 if left or any(one.violations for one in found) else 0


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
            yield f"        {one.policy.sentence}. {one.policy.reason}"
        yield from (f"        - {violation.sentence}" for violation in one.violations)
        yield from (f"        - {waiver.resource} need not: {waiver.reason}" for _, waiver in one.waived)
