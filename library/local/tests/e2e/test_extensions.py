"""The extensions of the emulator: CodeDeploy at its port, and the patches of its tables, actions and alarms."""

import io
import json
import zipfile
from collections.abc import Iterator
from sysconfig import get_path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context_local.emulator.aws import Aws
from bounded_context_local.emulator.clock import until
from bounded_context_local.emulator.process import emulator_python, running_emulator
from bounded_context_local.stack_state import changes

from .facts import PROJECT

pytestmark = pytest.mark.e2e

TABLE = "a-table"
KEYS = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
COLUMNS = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """The root user of an emulator with a table."""
    with running_emulator(emulator_python(PROJECT.build), "eu-west-1") as emulator:
        root = Aws(emulator)
        table = {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST"} | KEYS | COLUMNS | STREAM
        root.call("dynamodb", "create_table", **table)
        yield root


def _allowed(aws: Aws, name: str, *actions: str) -> Aws:
    """Return the calls of a new user who may do some actions."""
    aws.call("iam", "create_user", UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.call("iam", "put_user_policy", UserName=name, PolicyName="own", PolicyDocument=document)
    key = aws.call("iam", "create_access_key", UserName=name)["AccessKey"]
    credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return Aws(aws.emulator, credentials)


def _insert(aws: Aws, key: str) -> Any:
    statement = {"Statement": f"INSERT INTO \"{TABLE}\" VALUE {{'pk': ?}}", "Parameters": [{"S": key}]}
    return aws.call("dynamodb", "batch_execute_statement", Statements=[statement])["Responses"]


def test_an_insert_is_in_the_stream_and_an_existing_key_is_refused(aws: Aws) -> None:
    assert _insert(aws, "a") == [{"TableName": TABLE}]
    assert _insert(aws, "a")[0]["Error"]["Code"] == "DuplicateItem"
    assert [change["dynamodb"]["Keys"] for change in changes(aws, TABLE)] == [{"pk": {"S": "a"}}]


def test_an_insert_needs_the_action_of_its_statement(aws: Aws) -> None:
    _insert(_allowed(aws, "inserts", "dynamodb:PartiQLInsert"), "b")
    with pytest.raises(ClientError, match=r"AccessDenied.*dynamodb:PartiQLInsert"):
        _insert(_allowed(aws, "puts", "dynamodb:PutItem", "dynamodb:BatchExecuteStatement"), "c")


def test_codedeploy_answers_callers_who_may_call_it(aws: Aws) -> None:
    aws.call("codedeploy", "create_application", applicationName="application", computePlatform="Lambda")
    hook = _allowed(aws, "hook", "codedeploy:ListDeploymentTargets")
    with pytest.raises(ClientError, match="DeploymentDoesNotExistException"):
        hook.call("codedeploy", "list_deployment_targets", deploymentId="d-1")
    with pytest.raises(ClientError, match=r"AccessDenied.*codedeploy:GetDeployment"):
        hook.call("codedeploy", "get_deployment", deploymentId="d-1")


RETURNING = """
import os
import boto3

def handler(event, context):
    [record] = event["Records"]
    left = int(record["body"])
    if left:
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(left - 1))
    else:
        boto3.client("sqs").send_message(QueueUrl=os.environ["ENDED"], MessageBody="ended")
"""


@pytest.mark.parametrize(("calls", "recursive", "ends"), [(16, None, True), (17, None, False), (17, "Allow", True)])
def test_a_message_that_leads_to_its_function_is_stopped_after_16_calls(
    aws: Aws, calls: int, recursive: str | None, *, ends: bool
) -> None:
    """It then becomes a dead letter of its queue, unless the function's configuration allows loops."""
    name = f"loop-{calls}-{recursive}"
    queues = {kind: aws.call("sqs", "create_queue", QueueName=f"{name}-{kind}")["QueueUrl"] for kind in ("dead", "end")}
    redrive = {"deadLetterTargetArn": _arn(aws, queues["dead"]), "maxReceiveCount": "1"}
    settings = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)}
    queue = aws.call("sqs", "create_queue", QueueName=name, Attributes=settings)["QueueUrl"]
    _deploy(aws, name, QUEUE=queue, ENDED=queues["end"])
    if recursive:
        aws.call("lambda", "put_function_recursion_config", FunctionName=name, RecursiveLoop=recursive)
    mapping = {"FunctionName": name, "EventSourceArn": _arn(aws, queue), "BatchSize": 1}
    aws.call("lambda", "create_event_source_mapping", **mapping)
    aws.call("sqs", "send_message", QueueUrl=queue, MessageBody=str(calls - 1))
    last = queues["end" if ends else "dead"]
    [message] = until(lambda: aws.call("sqs", "receive_message", QueueUrl=last).get("Messages", []), 60)
    assert message["Body"] == ("ended" if ends else "0")


def _arn(aws: Aws, url: str) -> str:
    return aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _deploy(aws: Aws, name: str, **variables: str) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("own.py", RETURNING)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.call("iam", "put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=policy)
    aws.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Role=role,
        Runtime="python3.14",
        Handler="own.handler",
        Code={"ZipFile": code.getvalue()},
        # The emulator's own environment has no boto3.
        Environment={"Variables": {"PYTHONPATH": get_path("purelib"), **variables}},
    )
