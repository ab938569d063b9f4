"""The policies as a CrossGuard pack: Pulumi's engine runs it in a preview and after an update.

The pack runs in its own environment (`folder`). For a whole stack the engine passes only the resources' outputs, so the
pack collects the inputs beforehand, resource by resource.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pulumi_policy import (  # pyrefly: ignore[missing-import] (installed in the environment of the pack)
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError  # pyrefly: ignore[missing-import] (installed in the environment of the pack)

from bounded_context_infra.configuration.project import ProjectError, at

from . import POLICIES
from .policy import UNKNOWN, Policy, Registered, certain_violations
from .waivers import Judged, Waiver, judged, waivers

NAME: Final = "bounded-context"

_Inputs = dict[str, dict[str, Any]]
"""The inputs of each resource, by its URN."""


def serve(root: Path) -> None:
    """Serve Pulumi's engine for the repository in `root`, until the engine ends this process.

    If the repository's waivers cannot be read, the process and the preview end with status 1 and one sentence.
    """
    inputs: _Inputs = {}
    try:
        waived = waivers(at(root).settings, POLICIES)
    except ProjectError as error:
        sys.exit(str(error))
    judges = [_stack_policy(policy, inputs, waived) for policy in POLICIES]
    PolicyPack(NAME, [_collector(inputs), *judges, _waiver_policy(inputs, waived)])


def _collector(inputs: _Inputs) -> ResourceValidationPolicy:
    def collect(args: ResourceValidationArgs, _: ReportViolation) -> None:
        inputs[args.urn] = _plain(args.props)

    return ResourceValidationPolicy("inputs", "Collects the resources' inputs for the policies below.", collect)


def _stack_policy(policy: Policy, inputs: _Inputs, waived: Sequence[Waiver]) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for result in _judge([policy], args, inputs, waived):
            for violation in result.violations:
                report(violation.sentence, violation.node.urn)

    description = f"{policy.sentence}. {policy.reason}"
    return StackValidationPolicy(policy.name, description, validate, EnforcementLevel.MANDATORY)


def _waiver_policy(inputs: _Inputs, waived: Sequence[Waiver]) -> StackValidationPolicy:
    affected = [policy for policy in POLICIES if policy.name in {waiver.policy for waiver in waived}]

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for result in _judge(affected, args, inputs, waived):
            for violation, waiver in result.waived:
                report(f"{waiver.resource} need not keep {waiver.policy}: {waiver.reason}", violation.node.urn)

    description = "Lists the waivers of policies, with their reasons."
    return StackValidationPolicy("waivers", description, validate, EnforcementLevel.ADVISORY)


def _judge(
    policies: Sequence[Policy], args: StackValidationArgs, inputs: _Inputs, waived: Sequence[Waiver]
) -> tuple[Judged, ...]:
    resources = [_registered(resource, inputs) for resource in args.resources]
    stack = _stack(args.resources[0].urn) if resources else ""
    return judged(policies, lambda policy: certain_violations(policy, resources), waived, stack)


def _registered(resource: PolicyResource, inputs: _Inputs) -> Registered:
    outputs: dict[str, Any] = _plain(resource.props)
    return Registered(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        inputs=inputs.get(resource.urn, outputs),
        outputs=outputs,
        protect=resource.opts.protect,
        ignore_changes=frozenset(resource.opts.ignore_changes),
        sources={
            key: frozenset(other.urn for other in needed) for key, needed in resource.property_dependencies.items()
        },
    )


def _stack(urn: str) -> str:
    """Return the stack's name from a URN: `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.split("::")[0].rpartition(":")[2]


def _plain(value: Any) -> Any:
    """Return the engine's values as plain data, with UNKNOWN in place of values that are not known yet."""
    if isinstance(value, Mapping):
        return {key: _read(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_read(value, place) for place in range(len(value))]
    return value


def _read(of: Any, key: Any) -> Any:
    try:
        return _plain(of[key])
    except UnknownValueError:
        return UNKNOWN
