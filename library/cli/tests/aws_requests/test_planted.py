"""What AWS would refuse is found, and the sentence says where it is and what AWS takes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph, Node, run
from bounded_context_cli.testing.requests import KINDS, call, findings
from tests.pipeline import program

Planted = tuple[str, dict[str, Any], str]
NOT_GIVEN: Any = None
UNSET = ("colour", "rotationPeriodInDays", "bucket", "inlinePolicies", "managedPolicyArns")
"""Inputs that no resource of the graph has."""

MODELS: tuple[Planted, ...] = (
    ("lambda/function", {"runtime": "python3.99"}, "runtime: CreateFunction's Runtime takes one of "),
    ("lambda/function", {"name": "x" * 141}, "name: CreateFunction's FunctionName takes at most 140 characters, not"),
    ("lambda/function", {"memorySize": 127.0}, "memorySize: CreateFunction's MemorySize takes at least 128, not 127"),
    ("lambda/function", {"timeout": 0.0}, "timeout: CreateFunction's Timeout takes at least 1, not 0"),
    ("lambda/function", {"timeout": "soon"}, "Timeout takes a whole number, not 'soon'"),
    ("lambda/function", {"timeout": 1.5}, "Timeout takes a whole number, not 1.5"),
    ("lambda/function", {"publish": "perhaps"}, "Publish takes true or false, not 'perhaps'"),
    ("lambda/function", {"tags": ["context"]}, "Tags takes a map, not ['context']"),
    ("lambda/function", {"tracingConfig": "Active"}, "TracingConfig takes a structure of Mode, not 'Active'"),
    ("lambda/function", {"tracingConfig": {"mode": "On"}}, "TracingConfig.Mode takes one of 2 values"),
    ("lambda/function", {"role": "payment"}, "role: CreateFunction's Role takes what matches arn:"),
    ("lambda/function", {"role": NOT_GIVEN}, ": CreateFunction needs Role, which no input gives."),
    ("lambda/function", {"colour": "red"}, ", colour: CreateFunction has no place for it"),
    ("lambda/function", {"tracingConfig": {"modus": "x"}}, ", tracingConfig: CreateFunction has no place for it"),
    ("iam/role", {"name": "a role"}, r"RoleName takes what matches [\w+=,.@-]+, not 'a role'"),
    ("iam/role", {"name": "é"}, "RoleName takes what matches"),
    ("iam/role", {"tags": {"owner": "tax\tteam"}}, "Tags[0].Value takes what matches"),
    ("cloudwatch/eventRule", {"name": "x" * 65}, "Name takes at most 64 characters"),
    (
        "cloudwatch/metricAlarm",
        {"alarmActions": [f"arn:{n}" for n in range(6)]},
        "AlarmActions takes at most 5 entries",
    ),
    ("cloudwatch/metricAlarm", {"comparisonOperator": "Above"}, "ComparisonOperator takes one of"),
    ("cloudwatch/compositeAlarm", {"alarmRule": NOT_GIVEN}, ": PutCompositeAlarm needs AlarmRule"),
    ("apigatewayv2/integration", {"timeoutMilliseconds": 30_001.0}, "TimeoutInMillis takes at most 30000, not 30001"),
    ("apigatewayv2/api", {"name": "x" * 129}, "Name takes at most 128 characters"),
    ("dynamodb/table", {"billingMode": "FREE"}, "BillingMode takes one of"),
    (
        "s3/bucketVersioning",
        {"versioningConfiguration": {"status": "On"}},
        "VersioningConfiguration.Status takes one of",
    ),
    ("kms/key", {"rotationPeriodInDays": 30.0}, "EnableKeyRotation's RotationPeriodInDays takes at least 90"),
    ("transfer/server", {"protocols": ["SCP"]}, "Protocols[0] takes one of"),
    ("sfn/alias", {"name": "1"}, "name: CreateStateMachineAlias's name takes what matches"),
)
"""What stands in AWS's models."""

DOCUMENTED: tuple[Planted, ...] = (
    ("sqs/queue", {"messageRetentionSeconds": 59.0}, "MessageRetentionPeriod takes a whole number from 60 to 1209600"),
    ("sqs/queue", {"visibilityTimeoutSeconds": 43_201.0}, "VisibilityTimeout takes a whole number from 0 to 43200"),
    ("sqs/queue", {"name": "x" * 81}, "QueueName takes up to 80 letters, digits, - and _"),
    ("sqs/queue", {"redrivePolicy": '{"maxReceiveCount": 5}'}, "RedrivePolicy takes a deadLetterTargetArn"),
    ("sqs/redriveAllowPolicy", {"redriveAllowPolicy": '{"redrivePermission": "some"}'}, "takes a permission"),
    ("lambda/function", {"name": "x" * 65}, "FunctionName takes up to 64 characters"),
    ("lambda/function", {"timeout": 901.0}, "Timeout takes a whole number from 1 to 900, not 901"),
    ("lambda/function", {"environment": {"variables": {"NAME": "x" * 4093}}}, "Variables takes at most 4096 bytes"),
    ("lambda/function", {"layers": ["arn:aws:lambda:eu-west-1:111122223333:layer:x:1"] * 6}, "Layers takes at most 5"),
    ("cloudwatch/metricAlarm", {"treatMissingData": "good"}, "TreatMissingData takes one of breaching, notBreaching"),
    ("cloudwatch/metricAlarm", {"evaluationPeriods": 100_000.0}, "EvaluationPeriods takes periods of"),
    ("cloudwatch/metricAlarm", {"metricQueries": "errors"}, "Metrics[0] takes a structure of Id"),
    ("cloudwatch/metricAlarm", {"evaluationPeriods": "many"}, "EvaluationPeriods takes a whole number, not 'many'"),
    ("cloudwatch/metricAlarm", {"datapointsToAlarm": 99.0}, "DatapointsToAlarm takes at most the"),
    ("cloudwatch/logGroup", {"retentionInDays": 15.0}, "PutRetentionPolicy's retentionInDays takes one of 1, 3, 5"),
    ("codedeploy/deploymentGroup", {"alarmConfiguration": {"alarms": list("abcdefghijk")}}, "at most 10 alarms"),
    ("s3/bucket", {"bucket": "Inbox_1"}, "Bucket takes 3 to 63 lower-case letters"),
    ("sns/topic", {"name": "a topic"}, "Name takes up to 256 letters, digits, _ and -"),
    ("kms/key", {"deletionWindowInDays": 6.0}, "PendingWindowInDays takes a whole number from 7 to 30"),
    ("cloudwatch/eventRule", {"eventPattern": json.dumps({"source": ["x" * 2048]})}, "EventPattern takes at most 2048"),
    (
        "sfn/stateMachine",
        {"loggingConfiguration": {"logDestination": "arn:aws:logs:eu-west-1:111122223333:log-group:x"}},
        "logGroupArn takes the ARN of a log group with :* at its end",
    ),
)
"""What stands in AWS's documentation alone."""


def statement(**members: Any) -> str:
    """A policy of one statement, which lets read from S3 but for these members."""
    said = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::inbox/*"} | members
    return json.dumps({"Version": "2012-10-17", "Statement": [said]})


DOCUMENTS: tuple[Planted, ...] = (
    ("iam/rolePolicy", {"policy": "{"}, "policy: PutRolePolicy's PolicyDocument takes JSON"),
    ("iam/rolePolicy", {"policy": "[]"}, "PolicyDocument, the document, takes an object"),
    ("iam/rolePolicy", {"policy": statement(Action=["GetObject"])}, "Action, takes actions such as s3:GetObject, not"),
    (
        "iam/rolePolicy",
        {"policy": statement(Effect="Permit")},
        "Statement[0].Effect, takes Allow or Deny, not 'Permit'",
    ),
    ("iam/rolePolicy", {"policy": statement(Resource="inbox")}, "Resource, takes ARNs, or *, not 'inbox'"),
    ("iam/rolePolicy", {"policy": statement(Actions=[])}, "Statement[0].Actions, takes any of Action"),
    ("iam/rolePolicy", {"policy": statement(Principal="*")}, "Principal, takes none: it is the role's"),
    ("iam/rolePolicy", {"policy": '{"Version": "2026-01-01"}'}, "Version, takes one of 2012-10-17"),
    (
        "iam/role",
        {"inlinePolicies": [{"name": "read", "policy": statement(Effect="Permit")}]},
        "policy: PutRolePolicy's PolicyDocument, Statement[0].Effect, takes Allow or Deny",
    ),
    ("iam/role", {"managedPolicyArns": ["x"]}, "managedPolicyArns: AttachRolePolicy's PolicyArn takes at least 20"),
    ("iam/role", {"assumeRolePolicy": statement()}, "Principal, takes a principal"),
    ("sqs/queuePolicy", {"policy": statement()}, "Attributes.Policy, Statement[0].Principal, takes a principal"),
    ("cloudwatch/eventRule", {"eventPattern": '{"source": "aws.s3"}'}, "EventPattern, source, takes an object"),
    (
        "cloudwatch/eventRule",
        {"eventPattern": '{"source": []}'},
        "EventPattern, source, takes a list that is not empty",
    ),
    ("cloudwatch/eventRule", {"eventPattern": '{"a": [{"prefx": "x"}]}'}, "a, takes one of anything-but, cidr"),
    ("cloudwatch/eventRule", {"eventPattern": '{"a": [{"exists": "no"}]}'}, "a.exists, takes true or false, not 'no'"),
    ("sns/topicSubscription", {"filterPolicy": '{"type": "Registered"}'}, "Attributes.FilterPolicy, type, takes"),
    (
        "lambda/eventSourceMapping",
        {"filterCriteria": {"filters": [{"pattern": '{"dynamodb": [{"start": "x"}]}'}]}},
        "Filters[0].Pattern, dynamodb, takes one of",
    ),
)
"""What stands in documents, which AWS's models do not look into. The workflow's have promises of their own."""

PIPELINE: tuple[Planted, ...] = (
    ("codebuild/project", {"buildTimeout": 4.0}, "buildTimeout: CreateProject's timeoutInMinutes takes at least 5"),
    ("codebuild/project", {"environment": {"type": "BSD"}}, "environment.type takes one of"),
    ("codebuild/project", {"environment": {"type": "LINUX_CONTAINER"}}, "CreateProject needs environment.image"),
    ("codepipeline/pipeline", {"executionMode": "LAST"}, "pipeline.executionMode takes one of"),
    ("codepipeline/pipeline", {"stages": []}, "pipeline.stages takes 2 to 50 stages"),
    (
        "codepipeline/pipeline",
        {"variables": [{"name": "N", "description": "x" * 201}]},
        "variables[0].description takes at most 200 characters",
    ),
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The default context with all that it can have: an API, partners, a rule with a pattern."""
    return run("local")


def having(node: Node, inputs: dict[str, Any]) -> Node:
    """The resource with these inputs instead of its own; what is None is not given."""
    return replace(node, inputs={**node.inputs, **inputs}, outputs={**node.outputs, **inputs})


@pytest.mark.parametrize(("kind", "inputs", "sentence"), (*MODELS, *DOCUMENTED, *DOCUMENTS))
def test_a_refused_value_is_a_finding(kind: str, inputs: dict[str, Any], sentence: str, graph: Graph) -> None:
    """The resource is named, and so is what AWS takes."""
    node = next(node for node in graph.of(kind) if inputs.keys() <= {*node.inputs, *UNSET})
    faults = findings(having(node, inputs))
    assert faults
    assert all(fault.startswith(f"{kind} {node.name}") for fault in faults)
    assert any(sentence in fault for fault in faults), faults


@pytest.mark.parametrize(("kind", "inputs", "sentence"), PIPELINE)
def test_a_refused_value_of_the_pipeline_is_a_finding(kind: str, inputs: dict[str, Any], sentence: str) -> None:
    """Its program is another one, and its resources too."""
    node = program.run(program.LEAST).of(kind)[0]
    faults = findings(having(node, inputs))
    assert any(sentence in fault for fault in faults), faults


def test_an_unknown_type_is_a_finding(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """And whoever has it says what it is."""
    inputs = {"name": "letters", "tags": {"owner": "team"}}
    node = replace(graph.nodes[0], type="aws:appconfig/application:Application", name="own", inputs=inputs)
    (fault,) = findings(node)
    assert fault.startswith("appconfig/application own: ")
    assert "KINDS" in fault
    monkeypatch.setitem(KINDS, "appconfig/application", (call("appconfig CreateApplication", name="Name"),))
    assert findings(node) == []
    assert findings(having(node, {"name": "x" * 65})) != []


NOTHING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("s3/bucketNotification", {"eventbridge": False}),
    ("lambda/function", {"reservedConcurrentExecutions": -1.0}),
    ("cloudwatch/logGroup", {"retentionInDays": 0.0}),
    ("kms/key", {"enableKeyRotation": False}),
    (
        "cloudwatch/compositeAlarm",
        {"actionsSuppressor": {"alarm": "quiet", "extensionPeriod": 60.0, "waitPeriod": 60.0}},
    ),
    ("dynamodb/table", {"hashKey": "pk", "rangeKey": "sk"}),
)


@pytest.mark.parametrize(("kind", "inputs"), NOTHING)
def test_a_value_that_the_provider_converts_is_no_finding(kind: str, inputs: dict[str, Any]) -> None:
    """Values that mean nothing, and blocks that are several members."""
    assert findings(having(run("dev").of(kind)[0], inputs)) == []


def test_letters_of_all_languages_are_letters(graph: Graph) -> None:
    """AWS's classes of Unicode are no ASCII: an owner may be called as people are."""
    role = graph.of("iam/role")[0]
    assert findings(having(role, {"tags": {"owner": "Müller 税務 ٣"}})) == []
