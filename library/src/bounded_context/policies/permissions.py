"""Who may do what: named actions on named resources, one role a function."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..graph import Graph, Node
from ._policy import Policy, Violation, policies

_WITHOUT_RESOURCES = re.compile(
    r"xray:\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)"
    r"|cloudwatch:DescribeAlarms|lambda:ListEventSourceMappings"
    r"|codedeploy:(ListDeploymentTargets|BatchGetDeploymentTargets|PutLifecycleEventHookExecutionStatus)"
)
"""These APIs know no resources: X-Ray's, those by which a service sets up its own log delivery, and a hook's."""

_HOLDERS = {"lambda/function": "role", "sfn/stateMachine": "roleArn", "transfer/user": "role"}

_WRITTEN = ("iam/rolePolicy", "iam/policy", "iam/userPolicy", "iam/groupPolicy")
"""The kinds whose documents permit something to whoever has them."""

_AWS_WRITES = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/.+")

_DOORS = (
    *("s3/bucketPolicy", "sqs/queuePolicy", "sns/topicPolicy", "secretsmanager/secretPolicy"),
    *("s3/bucket", "sqs/queue", "sns/topic", "secretsmanager/secret", "kms/key"),
)
"""The kinds that hold the policy of a resource: who may come from outside."""

_QUOTA = 10_240
"""Characters of inline policy that IAM takes for a role, white space not counted (IAM quotas)."""


def no_permission_is_a_wildcard(graph: Graph) -> Iterator[Violation]:
    """A permission names what it permits: no action has a wildcard.

    A wildcard also permits what AWS adds to the service tomorrow, and whoever takes over the function may do all of it.
    """
    for node, statement in _statements(graph):
        for action in _texts(statement.get("Action", [])):
            if "*" in action:
                yield Violation(node, f"The policy {node.name} permits {action}: name the actions.")


def permissions_name_resources(graph: Graph) -> Iterator[Violation]:
    """A permission names what it is for: no resource is a wildcard where the API knows one.

    With a wildcard a mistake in one context reads or deletes what belongs to another in the same account.
    """
    for node, statement in _statements(graph):
        actions = _texts(statement.get("Action", []))
        for resource in _texts(statement.get("Resource", [])):
            named = re.match(r"arn:aws[a-z-]*:[a-z0-9-]+:[^*]{3,}", resource)
            free = resource == "*" and all(_WITHOUT_RESOURCES.fullmatch(action) for action in actions)
            if not named and not free:
                said = f"permits {', '.join(actions)} on {resource}: name the resource."
                yield Violation(node, f"The policy {node.name} {said}")


def permissions_are_written_here(graph: Graph) -> Iterator[Violation]:
    """A permission is written in the program: no role takes a policy that AWS writes.

    Those permit with wildcards, on whatever there is, and more tomorrow than today.
    """
    attached = [(node, node.inputs["policyArn"]) for node in graph.of("iam/rolePolicyAttachment")]
    attached += [(node, arn) for node in graph.of("iam/role") for arn in node.inputs.get("managedPolicyArns") or []]
    for node, arn in attached:
        if _AWS_WRITES.fullmatch(str(arn)):
            yield Violation(node, f"{node.kind} {node.name} takes {arn}: write a policy that names what it needs.")


def routes_ask_who_calls(graph: Graph) -> Iterator[Violation]:
    """Nobody calls without a name: every route of an API and every URL of a function asks who it is.

    Strangers find an address on the internet within hours, and each of their calls is paid for.
    """
    for node in (node for kind in ("apigatewayv2/route", "lambda/functionUrl") for node in graph.of(kind)):
        if node.inputs.get("authorizationType", "NONE") == "NONE":
            yield Violation(node, f"{node.kind} {node.name} lets everybody call: set authorization_type.")


def nobody_at_large_comes_in(graph: Graph) -> Iterator[Violation]:
    """Nobody at large comes in: what a resource's own policy permits to everybody has a condition.

    Everybody is every account of AWS: without a condition strangers read the queue or use the key.
    """
    for node in (node for kind in _DOORS for node in graph.of(kind) if "policy" in node.inputs):
        if any(map(_lets_anybody_in, node.statements())):
            yield Violation(node, f"{node.kind} {node.name} lets everybody in: name a principal, or add a Condition.")


def roles_are_not_shared(graph: Graph) -> Iterator[Violation]:
    """One role a function: none is shared.

    Of two functions with one role each may do what the other needs, and nobody can tell in the trail which one did it.
    """
    holders = [(node.inputs[key], node) for kind, key in _HOLDERS.items() for node in graph.of(kind)]
    for role, count in Counter(role for role, _ in holders).items():
        if count > 1:
            sharing = sorted((node for held, node in holders if held == role), key=lambda node: node.name)
            names = ", ".join(node.name for node in sharing)
            yield Violation(sharing[0], f"{names} share the role {role}: give each its own.")


def roles_are_assumed_by_services(graph: Graph) -> Iterator[Violation]:
    """A role is assumed by one AWS service, never by a principal at large.

    Whoever may assume a function's role does in its name whatever it may, outside of its code.
    """
    for node, statement in graph.statements("iam/role", "assumeRolePolicy"):
        principal = statement["Principal"]
        services = _texts(principal.get("Service", [])) if isinstance(principal, dict) else []
        if len(services) != 1 or not services[0].endswith(".amazonaws.com") or set(principal) != {"Service"}:
            yield Violation(node, f"The role {node.name} trusts {principal}: let it trust one service.")


def policies_fit(graph: Graph) -> Iterator[Violation]:
    """The policies of a role fit IAM's quota of 10,240 characters.

    IAM refuses the one that is too much in the middle of a deployment.
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


def _lets_anybody_in(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    anybody = principal == "*" or (isinstance(principal, dict) and "*" in _texts(principal.get("AWS", [])))
    return anybody and statement["Effect"] == "Allow" and not statement.get("Condition")


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
