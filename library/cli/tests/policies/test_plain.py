"""Resources that a team writes in another way than the platform does: judged, and never a stumbling block."""

import json
from typing import Any

import pytest

from bounded_context_cli.policies import POLICIES
from bounded_context_cli.programs import Graph, Node

BY_NAME = {policy.name: policy for policy in POLICIES}
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:kept"
NO_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def node(kind: str, name: str = "own", /, **inputs: Any) -> Node:
    """A resource that says as little as Pulumi lets it."""
    service, _, resource = kind.partition("/")
    outputs = {"name": f"{name}-0a1b2c3", "arn": f"arn:aws:{service}:eu-central-1:111122223333:{name}", **inputs}
    token = f"aws:{kind}:{resource[0].upper()}{resource[1:]}"
    return Node(
        token, name, f"urn:pulumi:prod::p::{token}::{name}", inputs, outputs, False, False, frozenset(), frozenset()
    )


def broken(name: str, *nodes: Node) -> list[str]:
    """What breaks a policy, by the resources' names."""
    return [violation.resource for violation in BY_NAME[name].violations(Graph(list(nodes)))]


BARE = (
    node("lambda/function", role="arn:aws:iam::111122223333:role/own"),
    node("lambda/eventSourceMapping", functionName="own", selfManagedEventSource={}),
    node("sqs/queue"),
    node("sns/topic"),
    node("s3/bucket"),
    node("kms/key"),
    node("dynamodb/table"),
    node("cloudwatch/logGroup"),
    node("cloudwatch/metricAlarm"),
    node("secretsmanager/secret"),
    node("scheduler/schedule", target={"arn": "arn:aws:sqs:eu-central-1:111122223333:own"}),
)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_policy_reads_resources_with_default_values(name: str) -> None:
    """Whatever the program leaves to defaults."""
    assert set(broken(name, *BARE)) <= {"own"}


@pytest.mark.parametrize(
    "keeps",
    [
        node("sqs/queue", "source", redrivePolicy=json.dumps({"deadLetterTargetArn": QUEUE})),
        node("cloudwatch/eventTarget", rule="r", arn="arn:aws:events:::bus", deadLetterConfig={"arn": QUEUE}),
        node("lambda/function", role="r", deadLetterConfig={"targetArn": QUEUE}),
        node("scheduler/schedule", target={"arn": "arn:aws:sqs:::own", "deadLetterConfig": {"arn": QUEUE}}),
        node("lambda/functionEventInvokeConfig", destinationConfig={"onFailure": {"destinationArn": QUEUE}}),
    ],
    ids=lambda node: node.kind,
)
def test_a_dead_letter_queue_needs_no_dead_letter_queue(keeps: Node) -> None:
    """Whoever puts them there; one that nobody names is a queue like others."""
    assert broken("queues-have-dead-letters", keeps, node("sqs/queue", "kept")) == []
    assert broken("queues-have-dead-letters", node("sqs/queue", "kept")) == ["kept"]


@pytest.mark.parametrize("statement", [NO_HTTP, [NO_HTTP]], ids=["alone", "in a list"])
def test_a_queue_may_hold_its_policy_itself(statement: Any) -> None:
    """As an input, of one statement or a list of them."""
    assert broken("transport-is-encrypted", node("sqs/queue", policy=json.dumps({"Statement": statement}))) == []
    assert broken("transport-is-encrypted", node("sqs/queue", policy=json.dumps({"Statement": []}))) == ["own"]


@pytest.mark.parametrize("named", ["own-0a1b2c3", "arn:aws:lambda:eu-central-1:111122223333:function:own-0a1b2c3"])
def test_an_alias_may_name_its_function_by_name_or_arn(named: str) -> None:
    """Pulumi takes both."""
    function = node("lambda/function", role="r", publish=True)
    alias = node("lambda/alias", "own-live", name="live", functionName=named)
    assert broken("functions-have-an-alias", function, alias) == []
    assert broken("functions-have-an-alias", function) == ["own"]


def test_a_target_without_data_needs_no_dead_letters_if_a_schedule_calls_it_too() -> None:
    """The next call of the schedule does the same; a target that gets the event misses its data."""
    function = "arn:aws:lambda:eu-central-1:111122223333:function:own:live"
    rule = node("cloudwatch/eventRule", "rule", eventPattern="{}")
    called = node("scheduler/schedule", "every-quarter", target={"arn": function})

    def target(**inputs: Any) -> Node:
        return node("cloudwatch/eventTarget", rule=rule.outputs["name"], arn=function, **inputs)

    policy = "rules-have-dead-letters"
    assert broken(policy, rule, called, target(input="{}")) == []
    assert broken(policy, rule, called, target()) == ["own"]
    assert broken(policy, rule, target(input="{}")) == ["own"]
