"""Permissions beyond the own environment: every pattern of each statement, and the reasons for those in use."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from .admissions import labels
from .attack import keys_of
from .entries import Strict, entries
from .evaluation import FREE, Context, Statement
from .reach import Finding
from .world import ADMINISTRATOR, Principal, Resource, World

FILE: Final = Path(__file__).parent / "reasons.toml"

_READ: Final = ("get", "list", "describe", "batchget", "decrypt")
_CALLED: Final[Mapping[str, str]] = {"sts": "iam"}
"""The service in the ARNs of an action's resources, if it has another name."""

_CHOSEN: Final[Context] = {"iam:permissionsboundary": FREE, "iam:passedtoservice": FREE}
"""Condition keys that limit the request, and not the resource."""

Use = tuple[str, str, str]
"""An action, the pattern of principals, and the pattern of targets, of a reason."""


class Reason(Strict):
    """The reason for findings. The file describes the members."""

    actions: tuple[str, ...]
    principals: tuple[str, ...]
    targets: tuple[str, ...] = ("*",)
    reason: str

    @property
    def members(self) -> Iterator[Use]:
        """The uses that the entry explains."""
        every = ((a, p, t) for a in self.actions for p in self.principals for t in self.targets)
        return ((action.lower(), principal, target) for action, principal, target in every)


@functools.cache
def reasons() -> tuple[Reason, ...]:
    """Return the reasons of the file."""
    return entries(FILE, "reason", Reason)


@functools.cache
def _by_action() -> Mapping[str, Sequence[Use]]:
    uses: dict[str, list[Use]] = {}
    for use in (use for reason in reasons() for use in reason.members):
        uses.setdefault(use[0], []).append(use)
    return uses


def explained(finding: Finding) -> list[Use]:
    """Return the members of the reasons that explain a finding. The target `*` is the pattern `*`, not every target."""
    return [
        use
        for use in _by_action().get(finding.escalation, ())
        if fnmatchcase(finding.source, use[1])
        and (use[2] == finding.target if use[2] == "*" else fnmatchcase(finding.target, use[2]))
    ]


def unexplained(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings without a reason."""
    return (finding for finding in findings if not explained(finding))


def grants(world: World) -> Iterator[Finding]:
    """Yield the action, the principal and the pattern of each permission that is not limited to the environment."""
    own = {
        domain: frozenset(resource.arn for resource in world.resources if resource.domain == domain)
        for domain in {principal.domain for principal in world.principals}
    }
    for principal in world.principals:
        for policy in principal.caller.policies if ADMINISTRATOR not in principal.caller.policies else ():
            for statement in policy.statements:
                if statement.allows:
                    yield from _beyond(world, principal, own[principal.domain], statement)


def _beyond(world: World, principal: Principal, own: frozenset[str], statement: Statement) -> Iterator[Finding]:
    """Yield the actions of a statement for each pattern that covers no own resource, or a resource of others."""
    keys = {**principal.caller.context, **keys_of(principal), **_CHOSEN}
    services: dict[str, list[str]] = {}
    for action in labels(statement):
        services.setdefault(_service(action), []).append(action)
    for pattern in statement.patterns:
        named = pattern.split(":")[2] if pattern.startswith("arn:aws:") else "*"
        for service, actions in services.items():
            if service == named or "*" in (service, named):
                reached = [*_reached(world, pattern, service, statement, keys)]
                unlimited = (action for action in actions if not _limited(world, principal, action, reached, own))
                yield from (Finding(action, principal.name, pattern) for action in unlimited)


def _service(action: str) -> str:
    """Return the service in the ARNs of an action's resources, or `*` for actions of several services."""
    name = action.partition(":")[0]
    return "*" if action.startswith(("not ", "*")) else _CALLED.get(name, name)


def _reached(world: World, pattern: str, service: str, statement: Statement, keys: Context) -> Iterator[Resource]:
    matching = world.matching(pattern)
    for resource in world.resources if service == "*" else world.by_service.get(service, ()):
        if resource.arn in matching and (
            not statement.conditions
            or all(each.holds({**keys, **resource.tagged.context}, allows=True) for each in statement.conditions)
        ):
            yield resource


def _limited(world: World, principal: Principal, action: str, reached: Sequence[Resource], own: frozenset[str]) -> bool:
    """Return whether an own resource is among those that a permission reaches, and no existing one of others."""
    mode = "read" if action.partition(":")[2].startswith(_READ) else "write"
    arns = {resource.arn for resource in reached}
    designed = {arn for arn in arns if (principal.arn, arn, mode) in world.designed}
    others = {resource.arn for resource in reached if not resource.kind.startswith("new ")} - own - designed
    changes = principal.preview and mode == "write" and not principal.name.endswith("step")
    return bool(arns & own or designed) and not others and not (changes and arns & own)
