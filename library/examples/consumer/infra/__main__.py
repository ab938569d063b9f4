"""Deploys the consumer: its function behind the queue, the table it keeps things in, and a role that may do just that.

The queue and its dead letters are the context's own; so is the key that encrypts them.
"""

import json

import pulumi
from pulumi_aws import cloudwatch, dynamodb, iam, lambda_

TIMEOUT = 30
"""Seconds: the queue hides a message for 180, six times as long, so that none is handed out while it is worked on."""

BATCH = 10
RUNTIME = "python3.13"

config = pulumi.Config()
queue_arn, key_arn = config.require("queue_arn"), config.require("key_arn")
name = f"events-consumer-{pulumi.get_stack()}"

table = dynamodb.Table(
    "table",
    name=name,
    billing_mode="PAY_PER_REQUEST",
    hash_key="pk",
    attributes=[{"name": "pk", "type": "S"}],
    point_in_time_recovery={"enabled": True},
)
log_group = cloudwatch.LogGroup("log", name=f"/aws/lambda/{name}", retention_in_days=30)

role = iam.Role(
    "role",
    name=name,
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
            ],
        }
    ),
)


def _allow(actions: list[str], resource: pulumi.Input[str]) -> dict[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


policy = iam.RolePolicy(
    "policy",
    name="consume",
    role=role.name,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                _allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue_arn),
                _allow(["kms:Decrypt"], key_arn),
                _allow(["dynamodb:UpdateItem"], table.arn),
                _allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    pulumi.Output.concat(log_group.arn, ":*"),
                ),
            ],
        }
    ),
)

function = lambda_.Function(
    "function",
    name=name,
    role=role.arn,
    runtime=RUNTIME,
    architectures=["arm64"],
    handler="consumer.handler.lambda_handler",
    code=pulumi.FileArchive(config.get("code") or "../../build/consumer.zip"),
    layers=[config.require("layer_arn")],
    timeout=TIMEOUT,
    memory_size=256,
    environment={"variables": {"TABLE_NAME": table.name}},
    logging_config={"log_format": "JSON", "log_group": log_group.name},
    opts=pulumi.ResourceOptions(depends_on=[policy]),
)

lambda_.EventSourceMapping(
    "queue",
    event_source_arn=queue_arn,
    function_name=function.arn,
    batch_size=BATCH,
    function_response_types=["ReportBatchItemFailures"],
    # A longer backlog must not take all of the account's concurrency; 2 is the least that Lambda takes here.
    scaling_config={"maximum_concurrency": 5},
    opts=pulumi.ResourceOptions(depends_on=[policy]),
)

pulumi.export("table_name", table.name)
pulumi.export("function_arn", function.arn)
