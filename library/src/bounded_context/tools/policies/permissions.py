"""Policies for permissions: named actions on named resources, one role for each function."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..programs.graph import Graph, Node
from ._policy import Policy, Violation, policies

_WITHOUT_RESOURCES = re.compile(
    r"xray:\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)"
    r"|cloudwatch:DescribeAlarms|lambda:ListEventSourceMappings"
    r"|codedeploy:(ListDeploymentTargets|BatchGetDeploymentTargets|PutLifecycleEventHookExecutionStatus)"
)
"""Actions without resource-level permissions: X-Ray's, those of log delivery, and those of hooks and watch_lists."""

_HOLDERS = {"lambda/function": "role", "sfn/stateMachine": "roleArn", "transfer/user": "role"}

_WRITTEN = ("iam/rolePolicy", "iam/policy", "iam/userPolicy", "iam/groupPolicy")
"""The kinds with an identity-based policy document."""

_AWS_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/.+")

_RESOURCE_POLICIES = (
    *("s3/bucketPolicy", "sqs/queuePolicy", "sns/topicPolicy", "secretsmanager/secretPolicy"),
    *("s3/bucket", "sqs/queue", "sns/topic", "secretsmanager/secret", "kms/key"),
)
"""The kinds with a resource-based policy document."""

_QUOTA = 10_240
"""The maximum characters of a role's inline policies, without white space (IAM quotas)."""


def no_permission_is_a_wildcard(graph: Graph) -> Iterator[Violation]:
    """Permissions name their actions, without wildcards.

    A wildcard also permits actions that AWS adds later, and an attacker who takes over the function may use them all.
    """
    for node, statement in _statements(graph):
        for action in _texts(statement.get("Action", [])):
            if "*" in action:
                yield Violation(node, f"The policy {node.name} permits {action}: name the actions.")


def permissions_name_resources(graph: Graph) -> Iterator[Violation]:
    """Permissions name their resources, without wildcards, if the API supports resource-level permissions.

    With a wildcard, a mistake in one context can read or delete data of another context in the same account.
    """
    for node, statement in _statements(graph):
        actions = _texts(statement.get("Action", []))
        for resource in _texts(statement.get("Resource", [])):
            named = re.match(r"arn:aws[a-z-]*:[a-z0-9-]+:[^*]{3,}", resource)
            free = resource == "*" and all(_WITHOUT_RESOURCES.fullmatch(action) for action in actions)
            if not named and not free:
                fault = f"permits {', '.join(actions)} on {resource}: name the resource."
                yield Violation(node, f"The policy {node.name} {fault}")


def permissions_are_written_here(graph: Graph) -> Iterator[Violation]:
    """The program contains all permissions: no role has an AWS managed policy.

    AWS managed policies have wildcards for actions and resources, and AWS adds permissions to them over time.
    """
    attached = [(node, node.inputs["policyArn"]) for node in graph.of("iam/rolePolicyAttachment")]
    attached += [(node, arn) for node in graph.of("iam/role") for arn in node.inputs.get("managedPolicyArns") or []]
    for node, arn in attached:
        if _AWS_MANAGED.fullmatch(str(arn)):
            fault = f"has the AWS managed policy {arn}: write a policy with the actions and resources that it needs."
            yield Violation(node, f"{node.kind} {node.name} {fault}")


def routes_ask_who_calls(graph: Graph) -> Iterator[Violation]:
    """Every route of an API and every function URL authenticates its callers.

    Strangers find an address on the internet within hours, and each of their calls is billed.
    """
    for node in (node for kind in ("apigatewayv2/route", "lambda/functionUrl") for node in graph.of(kind)):
        if node.inputs.get("authorizationType", "NONE") == "NONE":
            yield Violation(node, f"{node.kind} {node.name} does not authenticate callers: set authorization_type.")


def nobody_at_large_comes_in(graph: Graph) -> Iterator[Violation]:
    """Resource-based policies that allow the principal `*` have a condition.

    The principal `*` includes every AWS account. Without a condition, strangers can read the queue or use the key.
    """
    for node in (node for kind in _RESOURCE_POLICIES for node in graph.of(kind) if "policy" in node.inputs):
        if any(map(_allows_every_principal, node.statements())):
            yield Violation(node, f"{node.kind} {node.name} allows the principal `*`: name one, or add a Condition.")


def roles_are_not_shared(graph: Graph) -> Iterator[Violation]:
    """Every function, state machine and SFTP user has its own role.

    With a shared role, each function has the permissions of the other, and the trail does not show which of them acted.
    """
    holders = [(node.inputs[key], node) for kind, key in _HOLDERS.items() for node in graph.of(kind)]
    for role, count in Counter(role for role, _ in holders).items():
        if count > 1:
            sharing = sorted((node for held, node in holders if held == role), key=lambda node: node.name)
            names = ", ".join(node.name for node in sharing)
            yield Violation(sharing[0], f"{names} share the role {role}: give each its own.")


def roles_are_assumed_by_services(graph: Graph) -> Iterator[Violation]:
    """Every role trusts exactly one AWS service.

    A principal that may assume a function's role has all its permissions, without the limits of the function's code.
    """
    for node, statement in graph.statements("iam/role", "assumeRolePolicy"):
        principal = statement["Principal"]
        services = _texts(principal.get("Service", [])) if isinstance(principal, dict) else []
        if len(services) != 1 or not services[0].endswith(".amazonaws.com") or set(principal) != {"Service"}:
            yield Violation(node, f"The role {node.name} trusts {principal}: let it trust one service.")


def policies_fit(graph: Graph) -> Iterator[Violation]:
    """The policies of a role fit IAM's quota of 10,240 characters.

    IAM rejects the policy that exceeds the quota in the middle of a deployment.
    """
    held: dict[str, list[Node]] = {}
    for node in graph.of("iam/rolePolicy"):
        held.setdefault(node.inputs["role"], []).append(node)
    for role, nodes in held.items():
        size = sum(len(re.sub(r"\s", "", node.inputs["policy"])) for node in nodes)
        if size > _QUOTA:
            yield Violation(nodes[-1], f"The policies of {role} have {size} characters: IAM takes {_QUOTA}.")


def _statements(graph: Graph) -> Iterator[tuple[Node, dict[str, Any]]]:
    for kind in _WRITTEN:
        yield from graph.statements(kind)


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _allows_every_principal(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    every = principal == "*" or (isinstance(principal, dict) and "*" in _texts(principal.get("AWS", [])))
    return every and statement["Effect"] == "Allow" and not statement.get("Condition")


POLICIES: tuple[Policy, ...] = policies(
    no_permission_is_a_wildcard,
    permissions_name_resources,
    permissions_are_written_here,
    routes_ask_who_calls,
    nobody_at_large_comes_in,
    roles_are_not_shared,
    roles_are_assumed_by_services,
    policies_fit,
)
