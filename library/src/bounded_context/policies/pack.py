"""The policies as a pack of CrossGuard: Pulumi's own engine asks it in a preview and after an update.

It runs in an environment of its own (`folder`). What the engine says of a whole stack are the resources' outputs; what
they were given is collected before, resource by resource.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pulumi_policy import (  # pyright: ignore[reportMissingImports]
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError  # pyright: ignore[reportMissingImports]

from ..project import ProjectError, at
from . import POLICIES
from ._policy import Policy
from .known import UNKNOWN, Registered, certain
from .waivers import Judged, Waiver, judged, waivers

NAME: Final = "bounded-context"

_Inputs = dict[str, dict[str, Any]]
"""What each resource was given, by its URN."""


def serve(root: Path) -> None:
    """Answer Pulumi's engine until it ends this process, for the repository in `root`.

    If its waivers cannot be read, the process ends with status 1 and one sentence, and so does the preview.
    """
    given: _Inputs = {}
    try:
        waived = waivers(at(root).settings, POLICIES)
    except ProjectError as error:
        sys.exit(str(error))
    judges = [_stack_policy(policy, given, waived) for policy in POLICIES]
    PolicyPack(NAME, [_collector(given), *judges, _waiver_policy(given, waived)])


def _collector(given: _Inputs) -> ResourceValidationPolicy:
    def collect(args: ResourceValidationArgs, _: ReportViolation) -> None:
        given[args.urn] = _plain(args.props)

    return ResourceValidationPolicy("inputs", "What resources are given is known to the policies below.", collect)


def _stack_policy(policy: Policy, given: _Inputs, waived: Sequence[Waiver]) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for one in _judged([policy], args, given, waived):
            for violation in one.violations:
                report(violation.sentence, violation.node.urn)

    description = f"{policy.sentence}. {policy.reason}"
    return StackValidationPolicy(policy.name, description, validate, EnforcementLevel.MANDATORY)


def _waiver_policy(given: _Inputs, waived: Sequence[Waiver]) -> StackValidationPolicy:
    asked = [policy for policy in POLICIES if policy.name in {waiver.policy for waiver in waived}]

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for one in _judged(asked, args, given, waived):
            for violation, waiver in one.waived:
                report(f"{waiver.resource} need not keep {waiver.policy}: {waiver.reason}", violation.node.urn)

    description = "What is left out of the policies is seen by everybody, with its reason."
    return StackValidationPolicy("waivers", description, validate, EnforcementLevel.ADVISORY)


def _judged(
    policies: Sequence[Policy], args: StackValidationArgs, given: _Inputs, waived: Sequence[Waiver]
) -> tuple[Judged, ...]:
    resources = [_registered(one, given) for one in args.resources]
    stack = _stack(args.resources[0].urn) if resources else ""
    return judged(policies, lambda policy: certain(policy, resources), waived, stack)


def _registered(resource: PolicyResource, given: _Inputs) -> Registered:
    outputs: dict[str, Any] = _plain(resource.props)
    return Registered(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        inputs=given.get(resource.urn, outputs),
        outputs=outputs,
        protect=resource.opts.protect,
        ignore_changes=frozenset(resource.opts.ignore_changes),
        needs={key: frozenset(one.urn for one in needed) for key, needed in resource.property_dependencies.items()},
    )


def _stack(urn: str) -> str:
    """Return the name of the stack: `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.split("::")[0].rpartition(":")[2]


def _plain(value: Any) -> Any:
    """Return what the engine tells as it is, with UNKNOWN where reading a value raises that nobody knows it yet."""
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
