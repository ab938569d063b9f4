"""The policies of the pipeline's roles and of the roles for repairs, for a stack."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.recording import Graph
from bounded_context_infra.configuration import collisions
from bounded_context_infra.configuration.account_settings import PERSONS
from bounded_context_infra.configuration.collisions import require_context, require_stack
from bounded_context_infra.configuration.consumes import Consumed
from bounded_context_infra.configuration.labels import XRAY_LIMIT, Labels

from .grants import Grant, Place, document, on
from .kinds import KINDS
from .kinds import ROLES as BY_ROLE

PIPELINE = ("preview", "deploy", "shift")
"""The roles, in the order in which the pipeline assumes them. The smoke check uses the role `shift` too."""

BY_KINDS = ("preview", "deploy")
"""The roles whose permissions follow from the program's resources."""

ROLES = (*PIPELINE, *PERSONS)
"""The pipeline's roles, and those of persons."""


_ROLES = "iam::{account}:role/{prefix}-*"


def place(context: Context[Any], stack: str, region: str, account: str, boundary: str | None = None) -> Place:
    """Return the place of a stack of a context. Raises LabelError if its prefix covers resources of others."""
    require_context(context.name)
    require_stack(stack)
    return _place(Labels(context.name, stack, context.owner), region, account, boundary)


def of_pipeline(context: Context[Any], region: str, account: str) -> Place:
    """Return the place of the pipeline's own resources. Raises LabelError if its prefix covers resources of others."""
    require_context(context.name)
    return _place(Labels(context.name, collisions.PIPELINE, context.owner), region, account, None)


def _place(labels: Labels, region: str, account: str, boundary: str | None) -> Place:
    return Place(labels.context, labels.stack, labels.prefix, labels.short, region, account, boundary)


def of_kind(context: Context[Any], kind: str, region: str, account: str, boundary: str | None = None) -> Place:
    """Return the place of all temporary stacks of a kind: their names begin with the kind. Raises LabelError."""
    require_context(context.name)
    stacks, prefix = f"{kind}-*", f"{kebab(context.name)}-{kind}-*"
    # The short name for X-Ray is a truncated prefix with a digest.
    short = f"{prefix[: XRAY_LIMIT - 9].rstrip('*')}*"
    return Place(context.name, stacks, prefix, short, region, account, boundary)


def policy(role: str, where: Place, graph: Graph, consumes: Mapping[str, Consumed]) -> dict[str, Any]:
    """Return the policy document of a role.

    Args:
        role: a member of ROLES.
        where: the stack's place.
        graph: the graph of the stack's program; types that `unknown` returns are left out.
        consumes: the contexts whose events the stack consumes, from topics of other stacks.
    """
    own = BY_ROLE.get(role, ())
    if role not in BY_KINDS:
        return document(where, own, change=True)
    kinds = {node.kind for node in graph.nodes}
    grants = [grant for kind in sorted(kinds & KINDS.keys()) for grant in KINDS[kind]]
    grants += [*own, *_subscriptions(consumes.values()), *_boundary(where), *_shared_servers(graph), *_network(graph)]
    found = document(where, grants, change=role == "deploy")
    if role == "deploy":
        signing = _signing(graph)
        found["Statement"] += [_no_removal(where)] if where.boundary else []
        found["Statement"] += _signed(where, signing) if signing else []
        found["Statement"] += [_named(where, record.inputs) for record in graph.of("route53/record")]
    return found


def unknown(graph: Graph) -> list[str]:
    """Return the resource types of a program that are missing in KINDS, sorted."""
    return sorted({node.type for node in graph.nodes if node.kind not in KINDS})


def _boundary(where: Place) -> Iterator[Grant]:
    """Yield the permission to set the own boundary on roles that were made without it."""
    if where.boundary:
        yield on(_ROLES, "iam", write="PutRolePermissionsBoundary", when="bounded")


def _no_removal(where: Place) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": ["iam:DeleteRolePermissionsBoundary"], "Resource": [where.arn(_ROLES)]}


def _subscriptions(consumes: Iterable[Consumed]) -> Iterator[Grant]:
    """Yield the permissions for subscriptions to the topics of other contexts."""
    for source in consumes:
        if source.topic.startswith("/"):
            yield on(f"ssm:{{place}}:parameter{source.topic}", "ssm", read="GetParameter")
        yield on(_topic(source.topic), "sns", write="Subscribe")


def _signing(graph: Graph) -> str | None:
    """Return the ARN of the functions' code signing configuration, if any."""
    arns = {node.inputs.get("codeSigningConfigArn") for node in graph.nodes if node.kind == "lambda/function"}
    return next(iter(arns - {None}), None)


def _signed(where: Place, signing: str) -> list[dict[str, Any]]:
    """Return the statements for signed code: the role cannot create a function without it, or replace or remove it.

    Both actions have the condition key, and `CreateFunction` without a configuration is denied too (Lambda developer
    guide, "Configuring IAM policies for Lambda code signing configurations"; service authorization reference, Lambda).
    """
    attach = "lambda:PutFunctionCodeSigningConfig"
    other = {"StringNotEquals": {"lambda:CodeSigningConfigArn": signing}}
    functions = where.arn("lambda:{place}:function:{prefix}-*")
    return [
        {"Effect": "Allow", "Action": [attach], "Resource": [signing, functions]},
        {"Effect": "Deny", "Action": ["lambda:CreateFunction", attach], "Resource": ["*"], "Condition": other},
    ]


def _shared_servers(graph: Graph) -> Iterator[Grant]:
    """Yield the permission for new users on the SFTP server of another stack, which has the tags of that stack."""
    own = {node.outputs["id"] for node in graph.of("transfer/server")}
    for server in sorted({node.inputs["serverId"] for node in graph.of("transfer/user")} - own):
        yield on(f"transfer:{{place}}:server/{server}", "transfer", write="CreateUser")


def _network(graph: Graph) -> Iterator[Grant]:
    """Yield the permissions on the VPC, the subnets and the zone of an SFTP server, which others own."""
    for server in graph.of("transfer/server"):
        network = server.inputs.get("endpointDetails", {})
        if vpc := network.get("vpcId"):
            yield on(f"ec2:{{place}}:vpc/{vpc}", "ec2", write="CreateSecurityGroup CreateVpcEndpoint")
        for subnet in network.get("subnetIds", ()):
            yield on(f"ec2:{{place}}:subnet/{subnet}", "ec2", write="CreateVpcEndpoint ModifyVpcEndpoint")
    for record in graph.of("route53/record"):
        zone = f"route53:::hostedzone/{record.inputs['zoneId']}"
        yield on(zone, "route53", read="GetHostedZone ListResourceRecordSets")


def _named(where: Place, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement for a record of a zone (Route 53 developer guide, "Using IAM policy conditions")."""
    key = "route53:ChangeResourceRecordSets"
    only = {f"{key}NormalizedRecordNames": [record["name"]], f"{key}RecordTypes": [record["type"]]}
    zone = where.arn(f"route53:::hostedzone/{record['zoneId']}")
    return {"Effect": "Allow", "Action": [key], "Resource": [zone], "Condition": {"ForAllValues:StringEquals": only}}


def _topic(named: str) -> str:
    """Return the ARN pattern of a topic that is given by its ARN, or by another context's SSM parameter."""
    if not named.startswith("/"):
        return named.split(":", 2)[2]
    # /<context>/<stack>/topic-arn holds the ARN of the topic <context>-<stack>-events.
    return f"sns:{{place}}:{'-'.join(named.strip('/').split('/')[:-1])}-events"
