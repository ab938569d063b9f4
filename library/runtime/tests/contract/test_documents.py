"""The state machine and every policy, checked by cfn-lint as parts of a CloudFormation template."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws_requests.graphs import GRAPHS
from tests.infra.graph import REGION, Graph, Node

pytestmark = pytest.mark.e2e

Properties = Callable[[Node], dict[str, Any]]

PARTS: dict[str, tuple[str, Properties]] = {
    "iam/role": ("AWS::IAM::Role", lambda n: {"AssumeRolePolicyDocument": n.document("assumeRolePolicy")}),
    "iam/rolePolicy": (
        "AWS::IAM::Policy",
        lambda n: {"PolicyName": n.inputs["name"], "Roles": [n.inputs["role"]], "PolicyDocument": n.document()},
    ),
    "kms/key": ("AWS::KMS::Key", lambda n: {"EnableKeyRotation": True, "KeyPolicy": n.document()}),
    "s3/bucketPolicy": (
        "AWS::S3::BucketPolicy",
        lambda n: {"Bucket": n.inputs["bucket"], "PolicyDocument": n.document()},
    ),
    "sns/topicPolicy": (
        "AWS::SNS::TopicPolicy",
        lambda n: {"Topics": [n.inputs["arn"]], "PolicyDocument": n.document()},
    ),
    "sqs/queuePolicy": (
        "AWS::SQS::QueuePolicy",
        lambda n: {"Queues": [n.inputs["queueUrl"]], "PolicyDocument": n.document()},
    ),
    "sfn/stateMachine": (
        "AWS::StepFunctions::StateMachine",
        lambda n: {"RoleArn": n.inputs["roleArn"], "DefinitionString": n.inputs["definition"]},
    ),
}


LINTED = [name for name in GRAPHS if " as " not in name or name == "other names as prod"]
"""It takes seconds for each graph: stacks of one shape have the same documents, with other names in them."""


def complaints(*resources: dict[str, Any]) -> list[str]:
    """What cfn-lint says of a template of these resources; it takes seconds to import, so only who needs it does."""
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {f"R{number}": resource for number, resource in enumerate(resources)},
    }
    matches = lint(json.dumps(template), config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id} {match.message}" for match in matches]


def resource(node: Node) -> dict[str, Any]:
    """A registered resource as CloudFormation writes it."""
    kind, properties = PARTS[node.kind]
    return {"Type": kind, "Properties": properties(node)}


def broken(node: Node) -> dict[str, Any]:
    """The same with an effect that no policy has."""
    definition = resource(node)
    document = next(value for value in definition["Properties"].values() if isinstance(value, dict))
    document["Statement"][0]["Effect"] = "Permit"
    return definition


def test_documents_are_valid(deployed: Graph) -> None:
    """cfn-lint finds nothing in any document of any kind."""
    nodes = [node for node in deployed.nodes if node.kind in PARTS]
    assert {node.kind for node in nodes} == set(PARTS)
    assert complaints(*map(resource, nodes)) == []


@pytest.mark.parametrize("name", LINTED)
def test_documents_of_other_shapes_and_of_the_pipeline_are_valid(name: str) -> None:
    """With all settings, the least, and the longest names."""
    assert complaints(*(resource(node) for node in GRAPHS[name]().nodes if node.kind in PARTS)) == []


def test_a_bad_policy_of_any_kind_is_reported(deployed: Graph) -> None:
    """The check of each kind of policy can fail."""
    policies = [broken(deployed.of(kind)[0]) for kind in PARTS if kind != "sfn/stateMachine"]
    errors = [complaint for complaint in complaints(*policies) if "'Permit' is not one of" in complaint]
    assert len(errors) == len(policies)


def test_a_bad_state_and_an_unknown_action_are_reported(deployed: Graph) -> None:
    """States are checked field by field, actions against the list of each service."""
    machine = resource(deployed.one("sfn/stateMachine"))
    definition = json.loads(machine["Properties"]["DefinitionString"])
    definition["States"][definition["StartAt"]]["Retri"] = []
    machine["Properties"]["DefinitionString"] = json.dumps(definition)
    policy = resource(deployed.of("iam/rolePolicy")[0])
    policy["Properties"]["PolicyDocument"]["Statement"][0]["Action"] = ["dynamodb:GetIten"]
    errors = complaints(machine, policy)
    assert [complaint.split()[0] for complaint in errors] == ["E3601", "W3037"]
