"""The direct steps of an attack: which escalations a principal may use, and what each gives it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .escalations import Escalation, Gain, escalations
from .evaluation import FREE, Caller, Context, Target, Value, allowed
from .world import Principal, Resource, World

_CHOSEN: Final[Context] = {
    "s3:prefix": FREE,
    "dynamodb:leadingkeys": FREE,
    "kms:viaservice": FREE,
    "kms:granteeprincipal": FREE,
    "kms:granteeserviceprincipal": FREE,
    "kms:grantisforawsresource": FREE,
    "kms:grantoperations": FREE,
}
"""Condition keys whose values the caller chooses."""

_BOUNDARY: Final = "iam:permissionsboundary"

_EVERYTHING: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
"""A policy of AWS that limits nothing, also as a boundary."""


@dataclass(frozen=True)
class Step:
    """A use of an escalation: by a principal, on a resource, with the principals that it leads to.

    `unbounded` is whether it gives the caller a role that no boundary limits.
    """

    source: Principal
    escalation: str
    group: str
    gain: Gain
    resource: Resource
    leads: tuple[Principal, ...] = ()
    unbounded: bool = False

    def __str__(self) -> str:
        return f"{self.source.name} ({self.source.arn}) may {self.escalation}: {self.resource.arn}"


@dataclass(frozen=True)
class Attack:
    """The attack on a world."""

    world: World

    def steps(self, principal: Principal) -> Iterator[Step]:
        """Yield the direct steps of a principal."""
        for escalation in escalations():
            for resource in self._concerned(principal, escalation):
                yield from self._uses(principal, escalation, resource)
        yield from self._handovers(principal)

    def _concerned(self, principal: Principal, escalation: Escalation) -> Sequence[Resource]:
        """Return the resources that a policy of the principal or of the resource may open to it."""
        caller, world, kind = principal.caller, self.world, escalation.kind
        arns = [
            frozenset().union(*(world.covered(policy, action) for policy in caller.policies))
            for action in escalation.actions
        ]
        # Filters for speed: policies and boundary exclude most resources, and another account needs both policies.
        element = "Federated" if caller.federated else "AWS"
        within = frozenset.intersection(*arns)
        opened = {id(resource) for resource in world.opening(kind, escalation.actions[0], element)}
        if not within and not opened:
            return ()
        limit = world.covered(caller.boundary, escalation.actions[0]) if caller.boundary else None
        return [
            resource
            for resource in world.by_kind.get(kind, ())
            if (id(resource) in opened or (resource.arn in within and resource.target.account == caller.account))
            and (limit is None or resource.arn in limit)
        ]

    def _uses(self, principal: Principal, escalation: Escalation, resource: Resource) -> Iterator[Step]:
        """Yield the use of an escalation on a resource, for each boundary until one that limits nothing."""
        for boundary in self._boundaries(escalation, resource):
            if self._permitted(principal, escalation, resource, {_BOUNDARY: boundary} if boundary else {}):
                step = self._step(principal, escalation, resource, boundary)
                yield step
                if step.unbounded:
                    return

    def _boundaries(self, escalation: Escalation, resource: Resource) -> tuple[str, ...]:
        """Return the values of the boundary that the request may have; an empty text is no boundary."""
        match escalation.boundary:
            case "chosen":
                return ("", _EVERYTHING, *self.world.boundaries)
            case "replaced":
                return (_EVERYTHING,)
            case "held" | "removed":
                return (self.world.boundary_of.get(resource.arn, ""),)
            case "":
                return ("",)

    def _permitted(self, principal: Principal, escalation: Escalation, resource: Resource, more: Context) -> bool:
        passed: Context = {"iam:passedtoservice": escalation.service} if escalation.service else {}
        keys: Context = {**keys_of(principal), **escalation.context, **more, **passed}
        caller, target = principal.caller, resource.tagged
        if not all(allowed(caller, action, target, keys) for action in escalation.actions):
            return False
        after = resource.with_tags({**resource.tags, **principal.tags})
        return (
            all(allowed(caller, action, after, keys) for action in escalation.after)
            and self._may_use_key(caller, escalation, resource, keys)
            and self._may_pass(principal, escalation, resource)
        )

    def _may_use_key(self, caller: Caller, escalation: Escalation, resource: Resource, keys: Context) -> bool:
        if not escalation.key or resource.key not in self.world.keys:
            return True
        key = self.world.keys[resource.key].tagged
        return all(allowed(caller, action, key, {**keys, **resource.target.context}) for action in escalation.key)

    def _may_pass(self, principal: Principal, escalation: Escalation, role: Resource) -> bool:
        """Return whether a service assumes the role, and the caller may make the service use it."""
        if escalation.aid is None:
            return True
        aids = self.world.by_kind.get(escalation.aid.kind, ())
        return _trusts(role, escalation.service) and any(self._aids(principal, escalation, aid, role) for aid in aids)

    def _aids(self, principal: Principal, escalation: Escalation, aid: Resource, role: Resource) -> bool:
        actions = escalation.aid.actions if escalation.aid else ()
        keys = keys_of(principal)
        same = aid.target.account == role.target.account
        return same and all(allowed(principal.caller, action, aid.tagged, keys) for action in actions)

    def _step(self, principal: Principal, escalation: Escalation, resource: Resource, boundary: str) -> Step:
        leads: tuple[Principal, ...] = ()
        unbounded = escalation.gain == "made" and (
            boundary in ("", _EVERYTHING) or escalation.boundary in ("removed", "replaced")
        )
        if escalation.gain in ("become", "run"):
            leads = self._executing(resource)
        elif unbounded:
            leads = (self.world.by_arn[self.world.administrators[resource.target.account]],)
        elif escalation.gain == "made":
            leads = (self.world.made(principal, resource, boundary),)
        return Step(principal, escalation.name, escalation.group, escalation.gain, resource, leads, unbounded)

    def _executing(self, resource: Resource) -> tuple[Principal, ...]:
        """Return the roles that execute a resource; roles of other contexts have no known policies."""
        known = self.world.by_arn
        return tuple(known.get(arn) or Principal("foreign", resource.domain, Caller(arn, "")) for arn in resource.runs)

    def _handovers(self, principal: Principal) -> Iterator[Step]:
        """Yield the steps of the pipeline that execute the files which this principal's step lists."""
        for handover in self.world.handovers:
            if handover.producer == principal.arn:
                target = Target(f"handover/{handover.artefact}", principal.caller.account)
                resource = Resource(
                    "handover", self.world.by_arn[handover.consumers[0]].domain, target, runs=handover.consumers
                )
                leads = self._executing(resource)
                yield Step(principal, "write the list that a later step verifies", "artefacts", "run", resource, leads)


def keys_of(principal: Principal) -> Context:
    """Return the condition keys that a principal chooses. Its requests have the tags of its environment."""
    tags: dict[str, Value] = {f"aws:requesttag/{name}": value for name, value in principal.tags.items()}
    return {**_CHOSEN, **tags, **({"aws:tagkeys": list(principal.tags)} if tags else {})}


def _trusts(role: Resource, service: str) -> bool:
    account = role.target.account
    caller = Caller("service", account, service=service, context={"aws:sourceaccount": account, "aws:sourcearn": FREE})
    return allowed(caller, "sts:AssumeRole", role.target, {})
