"""Who may do what: named actions on named resources, one role a function."""

import re
from collections import Counter
from collections.abc import Iterator

from ._promise import Check, Repository

_WITHOUT_RESOURCES = re.compile(
    r"xray:\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)"
    r"|cloudwatch:DescribeAlarms"
    r"|codedeploy:(ListDeploymentTargets|BatchGetDeploymentTargets|PutLifecycleEventHookExecutionStatus)"
)
"""These APIs know no resources: X-Ray's, those by which a service sets up its own log delivery, and a hook's."""

_HOLDERS = {"lambda/function": "role", "sfn/stateMachine": "roleArn", "transfer/user": "role"}

_QUOTA = 10_240
"""Characters of inline policy that IAM takes for a role, white space not counted (IAM quotas)."""


def no_permission_is_a_wildcard(where: Repository) -> Iterator[str]:
    """A permission names what it permits: no action has a wildcard."""
    for node, statement in where.graph.statements("iam/rolePolicy"):
        for action in _texts(statement.get("Action", [])):
            if "*" in action:
                yield f"The policy {node.name} permits {action}: name the actions."


def permissions_name_resources(where: Repository) -> Iterator[str]:
    """A permission names what it is for: no resource is a wildcard where the API knows one."""
    for node, statement in where.graph.statements("iam/rolePolicy"):
        actions = _texts(statement.get("Action", []))
        for resource in _texts(statement.get("Resource", [])):
            named = re.match(r"arn:aws[a-z-]*:[a-z0-9-]+:[^*]{3,}", resource)
            free = resource == "*" and all(_WITHOUT_RESOURCES.fullmatch(action) for action in actions)
            if not named and not free:
                yield f"The policy {node.name} permits {', '.join(actions)} on {resource}: name the resource."


def roles_are_not_shared(where: Repository) -> Iterator[str]:
    """One role a function: none is shared."""
    holders = [(node.inputs[key], node.name) for kind, key in _HOLDERS.items() for node in where.graph.of(kind)]
    for role, count in Counter(role for role, _ in holders).items():
        if count > 1:
            names = ", ".join(sorted(name for held, name in holders if held == role))
            yield f"{names} share the role {role}: give each its own."


def roles_are_assumed_by_services(where: Repository) -> Iterator[str]:
    """A role is assumed by one AWS service, never by a principal at large."""
    for node, statement in where.graph.statements("iam/role", "assumeRolePolicy"):
        principal = statement["Principal"]
        services = _texts(principal.get("Service", [])) if isinstance(principal, dict) else []
        if len(services) != 1 or not services[0].endswith(".amazonaws.com") or set(principal) != {"Service"}:
            yield f"The role {node.name} trusts {principal}: let it trust one service."


def policies_fit(where: Repository) -> Iterator[str]:
    """The policies of a role fit IAM's quota of 10,240 characters."""
    sizes: Counter[str] = Counter()
    for node in where.graph.of("iam/rolePolicy"):
        sizes[node.inputs["role"]] += len(re.sub(r"\s", "", node.inputs["policy"]))
    for role, size in sizes.items():
        if size > _QUOTA:
            yield f"The policies of {role} have {size} characters: IAM takes {_QUOTA}."


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


CHECKS: tuple[Check, ...] = (
    no_permission_is_a_wildcard,
    permissions_name_resources,
    roles_are_not_shared,
    roles_are_assumed_by_services,
    policies_fit,
)
