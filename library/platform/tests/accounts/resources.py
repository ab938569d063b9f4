"""The resources of an attack, from the nodes of recorded graphs."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .documents import ENVIRONMENTS, REGION, Node
from .evaluation import Document, Policy, Target, Value
from .world import Resource

PIPELINE: Final = "pipeline"
"""The domain of the pipeline's own resources."""


@dataclass(frozen=True)
class Stack:
    """The nodes of a program in a domain and an account, with the key of its data."""

    domain: str
    account: str
    nodes: Sequence[Node]

    @property
    def key(self) -> str:
        """The ARN of the stack's key."""
        return next(node.arn for node in self.nodes if node.kind == "kms/key")

    def of(self, kind: str) -> list[Node]:
        """Return the nodes of a kind."""
        return [node for node in self.nodes if node.kind == kind]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of the stack's account and region."""
        return f"arn:aws:{service}:{REGION}:{self.account}:{resource}"

    def policies(self, kind: str, name: str) -> Mapping[str, Document]:
        """Return the resource policies of a kind, by the value of their input `name`."""
        return {node.inputs[name]: json.loads(node.inputs["policy"]) for node in self.of(kind)}

    def resource(self, kind: str, arn: str, node: Node, **more: Any) -> Resource:
        """Return a resource with the tags of a node and the key of the stack."""
        policy, context = more.pop("policy", None), more.pop("context", {})
        decisive = kind in ("key", "role")
        scope = "sts:" if kind == "role" else ""
        target = Target(arn, self.account, Policy(policy) if policy else None, decisive, context, scope)
        return Resource(kind, self.domain_of(node), target, node.inputs.get("tags") or {}, self.key, **more)

    def domain_of(self, node: Node) -> str:
        """Return the domain of a node: that of its environment, for the steps of the pipeline."""
        if self.domain != PIPELINE:
            return self.domain
        return next((name for name in ENVIRONMENTS if node.name.startswith(f"{name}-")), PIPELINE)


_PARAMETER: Final = re.compile(r"\{[^}]*\}")

_FOLDERS: Final = ("incoming/acme", "reports/acme", "incoming/globex", "reports/globex", "staging", "aws/lambda")

Make = Callable[[Stack, Node], Iterator[Resource]]


def _key(stack: Stack, node: Node) -> Iterator[Resource]:
    aliases: Value = [alias.inputs["name"] for alias in stack.of("kms/alias")]
    yield stack.resource("key", node.arn, node, policy=node.document(), context={"kms:resourcealiases": aliases})


def _alias(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("key alias", stack.arn("kms", node.inputs["name"]), node)


def _role(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("role", node.arn, node, policy=node.document("assumeRolePolicy"), runs=(node.arn,))


def _function(stack: Stack, node: Node) -> Iterator[Resource]:
    runs = (node.inputs["role"],)
    yield stack.resource("function", node.arn, node, runs=runs, context={"lambda:functionarn": node.arn})
    opened = [grant for grant in stack.of("lambda/permission") if grant.inputs["function"] == node.inputs["name"]]
    statements = [_permission(grant, f"{node.arn}:live") for grant in opened]
    policy = {"Version": "2012-10-17", "Statement": statements} if statements else None
    yield stack.resource("function alias", f"{node.arn}:live", node, policy=policy)


def _permission(node: Node, arn: str) -> Document:
    """Return the statement that Lambda adds for a permission (Lambda API reference, "AddPermission")."""
    who: str = node.inputs["principal"]
    principal = who if who == "*" else {"Service" if who.endswith(".amazonaws.com") else "AWS": who}
    statement = {"Effect": "Allow", "Principal": principal, "Action": node.inputs["action"], "Resource": arn}
    source = node.inputs.get("sourceArn")
    return {**statement, "Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else statement


def _layer(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("layer", node.arn.rpartition(":")[0], node)
    yield stack.resource("layer version", node.arn, node)


def _mapping(stack: Stack, node: Node) -> Iterator[Resource]:
    function = str(node.inputs["functionName"]).removesuffix(":live")
    arn = stack.arn("lambda", f"event-source-mapping:{stack.domain}-{node.name}")
    yield stack.resource("mapping", arn, node, context={"lambda:functionarn": function})


def _table(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("table", node.arn, node)
    for index in node.inputs.get("globalSecondaryIndexes", ()):
        yield stack.resource("table index", f"{node.arn}/index/{index['name']}", node)
    # A restore in another form of the name, as the page of restores writes it.
    yield stack.resource("restored table", f"{node.arn}-at-20260101", node)
    yield stack.resource("table stream", f"{node.arn}/stream/2026-01-01T00:00:00.000", node)


def _bucket(stack: Stack, node: Node) -> Iterator[Resource]:
    policy = stack.policies("s3/bucketPolicy", "bucket").get(node.outputs["bucket"])
    yield stack.resource("bucket", node.arn, node, policy=policy)
    for folder in () if stack.domain == PIPELINE else _FOLDERS:
        yield stack.resource("object", f"{node.arn}/{folder}/a1b2", node, policy=policy)


def _queue(stack: Stack, node: Node) -> Iterator[Resource]:
    policy = stack.policies("sqs/queuePolicy", "queueUrl").get(node.outputs["url"])
    yield stack.resource("queue", node.arn, node, policy=policy)


def _topic(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("topic", node.arn, node, policy=stack.policies("sns/topicPolicy", "arn").get(node.arn))


def _machine(stack: Stack, node: Node) -> Iterator[Resource]:
    qualifier: Value = ["live"]
    context = {"states:statemachinequalifier": qualifier}
    yield stack.resource("machine", node.arn, node, runs=(node.inputs["roleArn"],), context=context)
    execution = node.arn.replace(":stateMachine:", ":execution:")
    yield stack.resource("execution", f"{execution}:a1b2", node)
    yield stack.resource("map run", f"{execution}/c3d4:a1b2", node)


def _api(stack: Stack, node: Node) -> Iterator[Resource]:
    arn = f"arn:aws:apigateway:{REGION}::/apis/{node.outputs['id']}"
    yield stack.resource("api", arn, node)
    yield stack.resource("api route", f"{arn}/routes/a1b2", node)
    for route in stack.of("apigatewayv2/route"):
        method, _, path = str(route.inputs["routeKey"]).partition(" ")
        call = stack.arn("execute-api", f"{node.outputs['id']}/$default/{method}{_PARAMETER.sub('a1b2', path)}")
        yield stack.resource("api call", call, route)
    # The tags of an API are a resource of their own, named by the API's ARN.
    encoded = arn.replace(":", "%3A").replace("/", "%2F")
    yield stack.resource("api tags", f"arn:aws:apigateway:{REGION}::/tags/{encoded}", node)


def _server(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("server", stack.arn("transfer", f"server/{node.outputs['id']}"), node)


def _user(stack: Stack, node: Node) -> Iterator[Resource]:
    arn = stack.arn("transfer", f"user/{node.inputs['serverId']}/{node.inputs['userName']}")
    yield stack.resource("user", arn, node, runs=(node.inputs["role"],))


def _parameter(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("parameter", stack.arn("ssm", f"parameter{node.inputs['name']}"), node)


def _log_group(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("log group", f"{node.arn}:*", node)


def _alarm(stack: Stack, node: Node) -> Iterator[Resource]:
    name = node.inputs.get("name") or node.inputs["alarmName"]
    yield stack.resource("alarm", stack.arn("cloudwatch", f"alarm:{name}"), node)


def _group(stack: Stack, node: Node) -> Iterator[Resource]:
    name = f"{node.inputs['appName']}/{node.inputs['deploymentGroupName']}"
    yield stack.resource("deployment group", stack.arn("codedeploy", f"deploymentgroup:{name}"), node)


def _project(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("project", node.arn, node, runs=(node.inputs["serviceRole"],))


def _pipeline(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("pipeline", node.arn, node, runs=(node.inputs["roleArn"],))


def _application(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("application", stack.arn("codedeploy", f"application:{node.inputs['name']}"), node)


def _dashboard(stack: Stack, node: Node) -> Iterator[Resource]:
    arn = f"arn:aws:cloudwatch::{stack.account}:dashboard/{node.inputs['dashboardName']}"
    yield stack.resource("dashboard", arn, node)


def _report_group(stack: Stack, node: Node) -> Iterator[Resource]:
    yield stack.resource("report group", stack.arn("codebuild", f"report-group/{node.inputs['name']}"), node)


def _plain(kind: str) -> Make:
    def make(stack: Stack, node: Node) -> Iterator[Resource]:
        yield stack.resource(kind, node.arn, node)

    return make


MAKERS: Final[Mapping[str, Make]] = {
    "apigatewayv2/api": _api,
    "cloudwatch/compositeAlarm": _alarm,
    "cloudwatch/dashboard": _dashboard,
    "cloudwatch/eventRule": _plain("rule"),
    "cloudwatch/logGroup": _log_group,
    "cloudwatch/metricAlarm": _alarm,
    "codebuild/project": _project,
    "codebuild/reportGroup": _report_group,
    "codedeploy/application": _application,
    "codedeploy/deploymentGroup": _group,
    "codepipeline/pipeline": _pipeline,
    "dynamodb/table": _table,
    "iam/role": _role,
    "kms/alias": _alias,
    "kms/key": _key,
    "lambda/eventSourceMapping": _mapping,
    "lambda/function": _function,
    "lambda/layerVersion": _layer,
    "s3/bucket": _bucket,
    "scheduler/scheduleGroup": _plain("schedule group"),
    "secretsmanager/secret": _plain("secret"),
    "sfn/stateMachine": _machine,
    "sns/topic": _topic,
    "sqs/queue": _queue,
    "ssm/parameter": _parameter,
    "transfer/server": _server,
    "transfer/user": _user,
}
"""The resources of each kind of node. Nodes of other kinds are parts of these, or have no ARN."""


PARTS: Final = frozenset(
    (
        *("apigatewayv2/integration", "apigatewayv2/route", "apigatewayv2/stage", "cloudwatch/eventTarget"),
        *("cloudwatch/queryDefinition", "iam/openIdConnectProvider", "iam/policy", "iam/rolePolicy"),
        *("iam/rolePolicyAttachment", "kms/keyPolicy", "lambda/alias", "lambda/functionEventInvokeConfig"),
        "lambda/functionRecursionConfig",
        *(
            "lambda/permission",
            "s3/bucketLifecycleConfiguration",
            "s3/bucketNotification",
            "s3/bucketOwnershipControls",
        ),
        *("s3/bucketPolicy", "s3/bucketPublicAccessBlock", "s3/bucketServerSideEncryptionConfiguration"),
        *("s3/bucketVersioning", "scheduler/schedule", "sfn/alias", "sns/topicPolicy", "sns/topicSubscription"),
        *("sqs/queuePolicy", "sqs/redriveAllowPolicy", "transfer/sshKey"),
    )
)
"""The kinds of nodes that are parts of resources, or that nobody reaches by IAM."""

_READ: Final = frozenset(("assumeRolePolicy", "policy", "policyArn"))
_HARMLESS: Final = frozenset(
    ("blockPublicPolicy", "redriveAllowPolicy", "redrivePolicy", "retryPolicy", "securityPolicyName")
)
_WITH_POLICY: Final = frozenset(
    ("iam/policy", "iam/role", "iam/rolePolicy", "iam/rolePolicyAttachment", "kms/key", "kms/keyPolicy")
)


def unread(nodes: Iterable[Node], attaching: bool) -> Iterator[str]:
    """Yield the kinds of nodes, and the inputs with a policy, that the attack does not read.

    Only the program of the account attaches policies to roles, and `attaching` is whether the nodes are its nodes.
    """
    for node in nodes:
        known = node.kind in PARTS or node.kind in MAKERS
        if not known or (node.kind == "iam/rolePolicyAttachment" and not attaching):
            yield node.kind
        for name in node.inputs:
            is_policy = "polic" in name.lower() and name not in _HARMLESS
            if is_policy and not (name in _READ and (node.kind in _WITH_POLICY or node.kind.endswith("Policy"))):
                yield f"{node.kind} {name}"


def resources(stack: Stack) -> Iterator[Resource]:
    """Yield the resources of a stack."""
    for node in stack.nodes:
        if make := MAKERS.get(node.kind):
            yield from make(stack, node)


def of_account(account: str) -> Iterator[Resource]:
    """Yield resources that belong to the account, and to no stack."""
    place = f"{REGION}:{account}"
    for kind, form in {
        "event bus": f"events:{place}:event-bus/default",
        "vault": f"backup:{place}:backup-vault:Default",
        "recovery point": f"backup:{place}:recovery-point:a1b2",
        "trail": f"cloudtrail:{place}:trail/management",
        "connection": f"codeconnections:{place}:connection/a1b2",
        "older connection": f"codestar-connections:{place}:connection/a1b2",
        "automation": f"ssm:{place}:automation-definition/a1b2:1",
        "apis": f"apigateway:{REGION}::/apis",
        "provider": f"iam::{account}:oidc-provider/a1b2",
    }.items():
        yield Resource(kind, f"account of {account}", Target(f"arn:aws:{form}", account))
