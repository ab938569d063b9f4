"""The accounts of an attack: principals, resources and their domains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from .evaluation import Caller, Policy, Target, Value, like

ADMINISTRATOR: Final = Policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@dataclass(frozen=True)
class Principal:
    """A principal that an attacker may control.

    Attributes:
        name: its name in findings, such as "dev deploy".
        domain: the environment that it belongs to.
        caller: its policies.
        preview: whether it only may read.
        runtime: whether it is a role of a stack's own resources.
        tags: the tags of the domain's resources, which the principal may put into requests.
    """

    name: str
    domain: str
    caller: Caller
    preview: bool = False
    runtime: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN of the role."""
        return self.caller.arn


@dataclass(frozen=True)
class Resource:
    """A resource that an attacker may reach.

    Attributes:
        kind: the kind, to which escalations refer.
        domain: the environment that it belongs to.
        target: its ARN, account and resource policy.
        tags: its tags.
        key: the ARN of the key that encrypts it.
        runs: the ARNs of the roles with which AWS, or a step, executes its content.
    """

    kind: str
    domain: str
    target: Target
    tags: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    runs: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return self.target.arn

    @cached_property
    def tagged(self) -> Target:
        """The target with the condition keys of its tags."""
        return self.with_tags(self.tags)

    def with_tags(self, tags: Mapping[str, str]) -> Target:
        """Return the target as it is with other tags."""
        keys: dict[str, Value] = {f"aws:resourcetag/{name.lower()}": value for name, value in tags.items()}
        return replace(self.target, context={**keys, **self.target.context})


@dataclass(frozen=True)
class Handover:
    """A step that decides which files later steps execute: its role, their roles, and the artefact."""

    producer: str
    consumers: tuple[str, ...]
    artefact: str


@dataclass(frozen=True)
class World:
    """All principals and resources of a layout.

    Attributes:
        boundaries: the permissions boundaries that a new role may have, by ARN.
        handovers: the steps that decide which files later steps execute.
        intrusions: the changes of an artefact that the next step does not detect.
        unlocked: the names of steps that may install a package without its hash.
        administrators: the ARN of each account's administrator.
        designed: what roles do by design: the ARNs of a role and of a resource, and `read` or `write`.
        reviewed: the ARNs of principals that execute reviewed code alone, unless an attacker writes what they execute.
    """

    principals: tuple[Principal, ...]
    resources: tuple[Resource, ...]
    boundaries: Mapping[str, Policy] = field(default_factory=dict)
    handovers: tuple[Handover, ...] = ()
    intrusions: frozenset[str] = frozenset()
    unlocked: frozenset[str] = frozenset()
    administrators: Mapping[str, str] = field(default_factory=dict)
    designed: frozenset[tuple[str, str, str]] = frozenset()
    reviewed: frozenset[str] = frozenset()
    _opening: dict[tuple[str, str, str], Sequence[Resource]] = field(default_factory=dict, init=False, compare=False)
    _matching: dict[str, frozenset[str]] = field(default_factory=dict, init=False, compare=False)
    _covered: dict[tuple[Policy, str], frozenset[str]] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def by_arn(self) -> Mapping[str, Principal]:
        """The principals by ARN."""
        return {principal.arn: principal for principal in self.principals}

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Resource, ...]]:
        """The resources by kind."""
        kinds = {resource.kind for resource in self.resources}
        return {kind: tuple(resource for resource in self.resources if resource.kind == kind) for kind in kinds}

    def opening(self, kind: str, action: str, element: str) -> Sequence[Resource]:
        """Return the resources of a kind whose own policies allow an action to principals of an element.

        A policy that leaves the decision to its account opens nothing.
        """
        if (kind, action, element) not in self._opening:
            pairs = [(resource, resource.target.policy_on(action)) for resource in self.by_kind.get(kind, ())]
            self._opening[kind, action, element] = [
                resource
                for resource, policy in pairs
                if policy and policy.opens(action, element, resource.target.account)
            ]
        return self._opening[kind, action, element]

    @cached_property
    def by_service(self) -> Mapping[str, Sequence[Resource]]:
        """The resources by the service in their ARNs."""
        services: dict[str, list[Resource]] = {}
        for resource in self.resources:
            services.setdefault(resource.arn.split(":")[2] if resource.arn.startswith("arn:") else "", []).append(
                resource
            )
        return services

    def matching(self, pattern: str) -> frozenset[str]:
        """Return the ARNs of resources that match a pattern. Each pattern is evaluated once."""
        if pattern not in self._matching:
            service = pattern.split(":")[2] if pattern.startswith("arn:aws:") else "*"
            resources = self.by_service.get(service, ()) if "*" not in service else self.resources
            self._matching[pattern] = frozenset(resource.arn for resource in resources if like(pattern, resource.arn))
        return self._matching[pattern]

    def covered(self, policy: Policy, action: str) -> frozenset[str]:
        """Return the ARNs of resources on which a statement of the policy may allow an action."""
        if (policy, action) not in self._covered:
            statements = [statement for statement in policy.about(action) if statement.allows]
            arns = (self.matching(pattern) for statement in statements for pattern in statement.patterns)
            self._covered[policy, action] = frozenset().union(*arns)
        return self._covered[policy, action]

    @cached_property
    def keys(self) -> Mapping[str, Resource]:
        """The KMS keys by ARN."""
        return {key.arn: key for key in self.by_kind.get("key", ())}

    @cached_property
    def boundary_of(self) -> Mapping[str, str]:
        """The ARN of each role's boundary, by the role's ARN."""
        arns = {id(policy): arn for arn, policy in self.boundaries.items()}
        limited = (
            (principal.arn, principal.caller.boundary) for principal in self.principals if principal.caller.boundary
        )
        return {arn: arns.get(id(policy), "") for arn, policy in limited}

    def made(self, principal: Principal, role: Resource, boundary: str) -> Principal:
        """Return the role that a principal makes: with every permission that the boundary allows."""
        arn = f"{role.arn}-of-{principal.domain}-within-{boundary.rpartition('/')[2]}"
        limit = self.boundaries[boundary]
        caller = replace(
            principal.caller, arn=arn, account=role.target.account, policies=(ADMINISTRATOR,), boundary=limit
        )
        return Principal(f"role made by {principal.domain}", principal.domain, caller, tags=principal.tags)

    def changed(self, principal: Principal, **changes: Any) -> "World":
        """Return the world with another version of a principal."""
        changed = replace(principal, **changes)
        return replace(self, principals=tuple(changed if other is principal else other for other in self.principals))
