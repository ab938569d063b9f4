"""The policies of the pipeline's roles and of repairs, for one stack, and the trust policies of GitHub's roles."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.recording import Graph
from bounded_context_infra.configuration.config import AWS, Partition
from bounded_context_infra.configuration.labels import PIPELINE, XRAY_LIMIT, Labels, require_context, require_stack
from bounded_context_infra.configuration.pipeline_settings import PERSONS, REPOSITORY
from bounded_context_infra.configuration.project import ProjectError
from bounded_context_infra.configuration.settings import Consumed

from ..temporary_stacks.kinds import PULL_REQUEST, SANDBOX
from .grants import KINDS, Grant, Place, document, on
from .grants import ROLES as BY_ROLE

PIPELINE_ROLES = ("preview", "deploy", "shift")
"""The roles, in the order in which the pipeline assumes them. The smoke check uses the role `shift` too."""

BY_KINDS = ("preview", "deploy")
"""The roles whose permissions follow from the program's resources."""

ROLES = (*PIPELINE_ROLES, *PERSONS)
"""The pipeline's roles, and those of persons."""

_ROLES = "iam::{account}:role/{prefix}-*"
_STREAM = "kinesis/firehoseDeliveryStream"


def place(context: Context[Any], stack: str, region: str, account: str, boundary: str | None = None) -> Place:
    """Return the place of a stack of a context. Raises LabelError if its prefix covers resources of others."""
    require_context(context.name)
    require_stack(stack)
    return _place(Labels(context.name, stack, context.owner), region, account, boundary)


def of_pipeline(context: Context[Any], region: str, account: str) -> Place:
    """Return the place of the pipeline's own resources. Raises LabelError if its prefix covers resources of others."""
    require_context(context.name)
    return _place(Labels(context.name, PIPELINE, context.owner), region, account, None)


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
    own = [grant for grant in BY_ROLE.get(role, ()) if graph.of(_STREAM) or not grant.arn.startswith("firehose:")]
    if role not in BY_KINDS:
        return document(where, own, change=True)
    kinds = {node.kind for node in graph.nodes}
    grants = [grant for kind in sorted(kinds & KINDS.keys()) for grant in KINDS[kind]]
    grants += [*own, *_subscriptions(consumes.values()), *_boundary(where), *_shared_servers(graph), *_network(graph)]
    policy_document = document(where, grants, change=role == "deploy")
    if role == "deploy":
        signing = _signing(graph)
        policy_document["Statement"] += [_no_removal(where)] if where.boundary else []
        policy_document["Statement"] += _signed(where, signing) if signing else []
        policy_document["Statement"] += [
            _record_statement(where, record.inputs) for record in graph.of("route53/record")
        ]
    return policy_document


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
    unsigned = {"StringNotEquals": {"lambda:CodeSigningConfigArn": signing}}
    functions = where.arn("lambda:{place}:function:{prefix}-*")
    return [
        {"Effect": "Allow", "Action": [attach], "Resource": [signing, functions]},
        {"Effect": "Deny", "Action": ["lambda:CreateFunction", attach], "Resource": ["*"], "Condition": unsigned},
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


def _record_statement(where: Place, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement for a record of a zone (Route 53 developer guide, "Using IAM policy conditions")."""
    key = "route53:ChangeResourceRecordSets"
    only = {f"{key}NormalizedRecordNames": [record["name"]], f"{key}RecordTypes": [record["type"]]}
    zone = where.arn(f"route53:::hostedzone/{record['zoneId']}")
    return {"Effect": "Allow", "Action": [key], "Resource": [zone], "Condition": {"ForAllValues:StringEquals": only}}


def _topic(topic: str) -> str:
    """Return the ARN pattern of a topic that is given by its ARN, or by another context's SSM parameter."""
    if not topic.startswith("/"):
        return topic.split(":", 2)[2]
    # /<context>/<stack>/topic-arn holds the ARN of the topic <context>-<stack>-events.
    return f"sns:{{place}}:{'-'.join(topic.strip('/').split('/')[:-1])}-events"


PROVIDER: Final = "token.actions.githubusercontent.com"
ENVIRONMENT: Final = "preview-stacks"
"""GitHub's environment for the deployment of preview stacks, whose rules name the reviewers."""

SWEEP: Final = "sweep-"
"""The beginning of GitHub's environments for the sweeps. The rest is the kind of the stacks."""


class NoRepository(ProjectError):
    """The error for a missing or invalid repository; the message has the remedy."""


def trust(stack: str, account: str, repository: str | None, branch: str, partition: Partition = AWS) -> dict[str, Any]:
    """Return the trust policy of a role that previews `stack`, or changes stacks of a kind. Raises NoRepository."""
    if not REPOSITORY.matches(repository):
        raise NoRepository(
            f"GitHub's repository is {repository!r}: write `repository` into `infra/account`, or "
            "`--repository org/repo`, in the form of its subjects: org@1/repo@2 with both ids, or org/repo."
        )
    provider = partition.arn_of(f"iam::{account}:oidc-provider/{PROVIDER}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": _condition(f"repo:{repository}:{job}", branch, partition),
            }
            for job in _jobs(stack)
        ],
    }


def assumed_by(arns: Iterable[str], partition: Partition) -> dict[str, Any]:
    """Return the trust policy for roles or users, which need not exist yet.

    IAM refuses a principal that does not exist, and stores the id of one that does: after its replacement, the trust
    is lost. The principal is therefore the account, limited to the ARNs by `aws:PrincipalArn` (IAM user guide, "AWS
    JSON policy elements: Principal" and "AWS global condition context keys").
    """
    by_account: dict[str, list[str]] = {}
    for arn in arns:
        by_account.setdefault(arn.split(":")[4], []).append(arn)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": partition.root(account)},
                "Action": "sts:AssumeRole",
                "Condition": {"ArnEquals": {"aws:PrincipalArn": principals}},
            }
            for account, principals in by_account.items()
        ],
    }


def _jobs(stack: str) -> list[str]:
    """Return the ends of the subjects of the jobs that assume a role: pull requests, or environments."""
    swept = f"environment:{SWEEP}{stack}"
    by_kind = {PULL_REQUEST.prefix: [f"environment:{ENVIRONMENT}", swept], SANDBOX.prefix: [swept]}
    return by_kind.get(stack, ["pull_request"])


def _condition(subject: str, branch: str, partition: Partition) -> dict[str, dict[str, Any]]:
    """Return the condition for the tokens of a job. A sweep also needs the pipeline's branch.

    The rules of a sweep's environment on GitHub limit it to this branch too. The subject of an environment has no
    branch. STS validates GitHub's claim `ref` since January 2026 (AWS, "AWS STS now supports validation of select
    identity provider specific claims from Google, GitHub, CircleCI and OCI"), without a statement about the other
    partitions: there, the condition accepts a token without the key.
    """
    # The audience is one of the names of STS (aws-actions/configure-aws-credentials, "OIDC Audience").
    equal = {"StringEquals": {f"{PROVIDER}:aud": partition.names("sts"), f"{PROVIDER}:sub": [subject]}}
    if f":environment:{SWEEP}" not in subject:
        return equal
    return {**equal, "StringEqualsIfExists": {f"{PROVIDER}:ref": f"refs/heads/{branch}"}}
