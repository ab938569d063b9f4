"""Promises about the resources that the programs register: policies, outputs, and requests to AWS."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.entry_points import STEPS
from bounded_context.declaration.own_routes import own_routes

from ..policies import POLICIES, PRODUCTION, BadWaiver, Policy, Violation, judged, waivers
from ..policies.waivers import needless
from ..programs.stack_settings import settings_of
from ..testing.requests import findings
from ._promise import Check, Promise, Repository


def waivers_are_needed(where: Repository) -> Iterator[str]:
    """Every waiver of a policy has a reason, and the policy is still violated."""
    try:
        waived = waivers(where.project.settings, POLICIES)
    except BadWaiver as error:
        yield str(error)
        return
    yield from needless(waived, judged(POLICIES, lambda policy: _violations(policy, where), waived, PRODUCTION))


def _promise(policy: Policy) -> Promise:
    def check(where: Repository) -> Iterator[str]:
        [judgement] = judged([policy], lambda policy: _violations(policy, where), where.waivers, PRODUCTION)
        yield from (f"{violation.node.place}: {violation.sentence}" for violation in judgement.violations)

    return Promise(policy.name, policy.sentence, check)


def _violations(policy: Policy, where: Repository) -> list[Violation]:
    return [violation for graph in where.held for violation in policy.violations(graph)]


PROMISES: tuple[Promise, ...] = tuple(map(_promise, POLICIES))


READ: Final = ("functions", "release", "dead_letter_queues", "queues", "table_name")
"""The outputs that the rollout, the redrive, the local run and the smoke check read."""

READ_OF_LISTS: Final = ("state_machine", "inbox_bucket")
"""The further outputs that they read in a context with lists."""

OF_LISTS: Final = ("Inbox", "Workflow", "ListAlarms")
"""The components of lists."""


def the_program_exports_its_outputs(where: Repository) -> Iterator[str]:
    """Tools find the stack's resources: the last line of the service's program exports the outputs."""
    for name in (*READ, *(READ_OF_LISTS if where.context.has_lists else ())):
        if name not in where.graph.outputs:
            last = "`finish(stack, table, ...)`"
            yield f"infra/service/__main__.py exports no {name}: write {last} as its last line."


def each_stack_has_its_functions_and_queues(where: Repository) -> Iterator[str]:
    """Every stack deploys each declared function, and makes a queue or an archive for each of its subscribers."""
    for name, graph in where.graphs.items():
        program, stack = name.split()
        if program == _SERVICE:
            yield from _missing(where, stack, graph.outputs)
            keys = {node.inputs["routeKey"] for node in graph.of("apigatewayv2/route")}
            for name, own in own_routes(where.context).items():
                if own.key not in keys:
                    remedy = "leave out `routes` of HttpApi, or add this route to them"
                    yield f"infra/service/__main__.py: {stack} has no route {own.key} of {name}: {remedy}."


_SERVICE: Final = "service"


def _missing(where: Repository, stack: str, outputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each missing function and queue. Another promise names a missing output."""
    functions, queues = (outputs.get(name) for name in ("functions", "queues"))
    if functions is not None:
        for function in sorted({*where.context.functions, *own_routes(where.context)} - {*functions}):
            remedy = "keep `standard_presets` in FUNCTIONS"
            yield f"infra/service/functions.py: {stack} does not deploy {function}: {remedy}."
    if queues is not None:
        subscribers, archives = {*settings_of(where.project, stack).subscribers}, {*where.context.archives}
        remedy = "keep `Fanout`, with each subscriber"
        for subscriber in sorted(subscribers - archives - {*queues}):
            yield f"infra/service/__main__.py: {stack} has no queue of the subscriber {subscriber}: {remedy}."
        for subscriber in sorted((subscribers & archives) - {*outputs.get("archives", ())}):
            yield f"infra/service/__main__.py: {stack} has no archive of the subscriber {subscriber}: {remedy}."


def nothing_of_lists_is_left(where: Repository) -> Iterator[str]:
    """A context without lists has no part of lists: no inbox, no workflow, no list steps, no alarms on lists."""
    context = where.context
    if context.has_lists:
        return
    remedy = "remove it, or name a verification in the declaration"
    for stack, graph in where.graphs.items():
        for kind in OF_LISTS:
            if nodes := [node for node in graph.nodes if f":infra:{kind}$" in node.urn]:
                yield f"{stack} has {kind} with {len(nodes)} resources, and {context.title} has no lists: {remedy}."
    steps = where.project.sources / f"{STEPS}.py"
    if steps.exists():
        yield f"src/{context.name}/{steps.name} has steps of lists, and {context.title} has no lists: {remedy}."


def aws_takes_the_stacks(where: Repository) -> Iterator[str]:
    """AWS accepts every stack of the service and of the pipeline: its models refuse no resource's request."""
    stacks_by_finding = defaultdict[str, list[str]](list)
    for stack, graph in where.graphs.items():
        for node in graph.nodes:
            for finding in findings(node):
                stacks_by_finding[f"{node.place}: {finding}"].append(stack)
    yield from (f"{finding.removesuffix('.')} ({', '.join(stacks)})." for finding, stacks in stacks_by_finding.items())


CHECKS: tuple[Check, ...] = (
    waivers_are_needed,
    the_program_exports_its_outputs,
    each_stack_has_its_functions_and_queues,
    nothing_of_lists_is_left,
    aws_takes_the_stacks,
)
