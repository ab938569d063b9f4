"""Policies for permissions: named actions on named resources, one role for each function."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..programs import Graph, Node
from .policy import Violation, policy

_WITHOUT_RESOURCES = re.compile(
    r"backup:CopyFromBackupVault|xray:\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)"
    r"|cloudwatch:DescribeAlarms|lambda:ListEventSourceMappings"
    r"|codedeploy:(ListDeploymentTargets|BatchGetDeploymentTargets|PutLifecycleEventHookExecutionStatus)"
)
"""Actions without resource-level permissions: of AWS Backup, X-Ray, log delivery, hooks and watch_lists.

The managed policy AWSBackupServiceRolePolicyForBackup allows backup:CopyFromBackupVault on all resources too.
"""

_HOLDERS = {
    "lambda/function": "role",
    "sfn/stateMachine": "roleArn",
    "transfer/connector": "accessRole",
    "transfer/user": "role",
}

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


@policy
def permissions_name_actions(graph: Graph) -> Iterator[Violation]:
    """Permissions name their actions, without wildcards.

    A wildcard also permits actions that AWS adds later, and an attacker who takes over the function may use them all.
    """
    for node, statement in _statements(graph):
        for action in _texts(statement.get("Action", [])):
            if "*" in action:
                yield Violation(node, f"permits {action}: name the actions.")


@policy
def permissions_name_resources(graph: Graph) -> Iterator[Violation]:
    """Permissions name their resources, without wildcards, if the API supports resource-level permissions.

    With a wildcard, a mistake in one context can read or delete data of another context in the same account.
    """
    for node, statement in _statements(graph):
        actions = _texts(statement.get("Action", []))
        for resource in _texts(statement.get("Resource", [])):
            match = re.match(r"arn:aws[a-z-]*:[a-z0-9-]+:[^*]{3,}", resource)
            free = resource == "*" and all(_WITHOUT_RESOURCES.fullmatch(action) for action in actions)
            if not match and not free:
                yield Violation(node, f"permits {', '.join(actions)} on {resource}: name the resource.")


@policy
def roles_have_no_aws_managed_policies(graph: Graph) -> Iterator[Violation]:
    """The program contains all permissions: no role has an AWS managed policy.

    AWS managed policies have wildcards for actions and resources, and AWS adds permissions to them over time.
    """
    attached = [(node, node.inputs["policyArn"]) for node in graph.of("iam/rolePolicyAttachment")]
    attached += [(node, arn) for node in graph.of("iam/role") for arn in node.inputs.get("managedPolicyArns") or []]
    for node, arn in attached:
        if _AWS_MANAGED.fullmatch(str(arn)):
            yield Violation(node, f"has the AWS managed policy {arn}: write a policy with the needed actions.")


@policy
def routes_authenticate_callers(graph: Graph) -> Iterator[Violation]:
    """Every route of an API and every function URL authenticates its callers.

    Strangers find an address on the internet within hours, and each of their calls is billed.
    """
    for node in graph.of("apigatewayv2/route", "lambda/functionUrl"):
        if node.inputs.get("authorizationType", "NONE") == "NONE":
            yield Violation(node, "does not authenticate callers: set authorization_type.")


@policy
def resource_policies_are_not_public(graph: Graph) -> Iterator[Violation]:
    """Resource-based policies that allow the principal `*` have a condition.

    The principal `*` includes every AWS account. Without a condition, strangers can read the queue or use the key.
    """
    for node in graph.of(*_RESOURCE_POLICIES):
        if "policy" in node.inputs and any(map(_allows_every_principal, node.statements())):
            yield Violation(node, "allows the principal `*`: name one, or add a Condition.")


@policy
def roles_are_not_shared(graph: Graph) -> Iterator[Violation]:
    """Every function, state machine and SFTP user has its own role.

    With a shared role, each function has the permissions of the other, and the trail does not show which of them acted.
    """
    holders = [(node.inputs[key], node) for kind, key in _HOLDERS.items() for node in graph.of(kind)]
    for role, count in Counter(role for role, _ in holders).items():
        if count > 1:
            first, *others = sorted((node for other, node in holders if other == role), key=lambda node: node.name)
            names = ", ".join(node.name for node in others)
            yield Violation(first, f"shares the role {role} with {names}: give each its own.")


@policy
def roles_are_assumed_by_services(graph: Graph) -> Iterator[Violation]:
    """Every role trusts exactly one AWS service.

    A principal that may assume a function's role has all its permissions, without the limits of the function's code.
    """
    for node, statement in graph.statements("iam/role", "assumeRolePolicy"):
        principal = statement["Principal"]
        services = _texts(principal.get("Service", [])) if isinstance(principal, dict) else []
        if len(services) != 1 or not services[0].endswith(".amazonaws.com") or set(principal) != {"Service"}:
            yield Violation(node, f"trusts {principal}: let it trust one service.")


@policy
def role_policies_fit_the_quota(graph: Graph) -> Iterator[Violation]:
    """The policies of a role fit IAM's quota of 10,240 characters.

    IAM rejects the policy that exceeds the quota in the middle of a deployment.
    """
    nodes_by_role: dict[str, list[Node]] = {}
    for node in graph.of("iam/rolePolicy"):
        nodes_by_role.setdefault(node.inputs["role"], []).append(node)
    for role, nodes in nodes_by_role.items():
        size = sum(len(re.sub(r"\s", "", node.inputs["policy"])) for node in nodes)
        if size > _QUOTA:
            yield Violation(nodes[-1], f"and others of {role} have {size} characters: IAM accepts {_QUOTA}.")


def _statements(graph: Graph) -> Iterator[tuple[Node, dict[str, Any]]]:
    return ((node, statement) for node in graph.of(*_WRITTEN) for statement in node.statements())


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _allows_every_principal(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    every = principal == "*" or (isinstance(principal, dict) and "*" in _texts(principal.get("AWS", [])))
    return every and statement["Effect"] == "Allow" and not statement.get("Condition")
