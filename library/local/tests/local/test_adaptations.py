"""Policies as the emulator can take them."""

import json
from pathlib import Path

import pytest

from bounded_context_local.provider.creation import STREAM_BATCH, Request
from bounded_context_local.provider.program import create

from .conftest import RecordingAws


@pytest.mark.parametrize(("service", "records"), [("dynamodb", STREAM_BATCH), ("sqs", 10)])
def test_a_batch_of_a_stream_has_more_records(service: str, records: int) -> None:
    """And no batch of a queue."""
    aws, source = RecordingAws(), f"arn:aws:{service}:eu-west-1:111122223333:name"
    inputs = {"eventSourceArn": source, "functionName": "relay", "batchSize": 10}
    create(aws, Request("aws:lambda/eventSourceMapping:EventSourceMapping", "relay", inputs, Path()))
    [created] = [sent for operation, sent in aws.calls if operation == "lambda:create_event_source_mapping"]
    assert created["BatchSize"] == records


def test_each_policy_of_a_role_is_a_call() -> None:
    aws = RecordingAws()
    inline = [{"name": name, "policy": json.dumps({"Statement": []})} for name in ("read", "write")]
    inputs = {"name": "audit", "assumeRolePolicy": "{}", "inlinePolicies": inline, "managedPolicyArns": ["arn:logs"]}
    create(aws, Request("aws:iam/role:Role", "audit", inputs, Path()))
    (_, read), (_, write), (_, attached) = [call for call in aws.calls if "role_policy" in call[0]]
    assert [(sent["RoleName"], sent["PolicyName"]) for sent in (read, write)] == [("audit", "read"), ("audit", "write")]
    assert attached == {"RoleName": "audit", "PolicyArn": "arn:logs"}


@pytest.mark.parametrize(("concurrency", "sent"), [(-1.0, []), (0.0, [0]), (5.0, [5])])
def test_only_an_absent_concurrency_is_no_call(concurrency: float, sent: list[int]) -> None:
    """Zero disables a function."""
    aws = RecordingAws()
    inputs = {"name": "audit", "reservedConcurrentExecutions": concurrency}
    create(aws, Request("aws:lambda/function:Function", "audit", inputs, Path()))
    calls = [parameters for name, parameters in aws.calls if name == "lambda:put_function_concurrency"]
    assert [call["ReservedConcurrentExecutions"] for call in calls] == sent
