"""Commands on one aggregate, invoked as their callers do: as Lambda functions, by alias."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.running.context import RunningContext

from .facts import CHANGES, CONTEXT, CREATE, CREATED, DELETE, DELETED, ID, SAMPLES
from .lists import Sample

pytestmark = pytest.mark.e2e
SECONDS = 15.0


def test_life_of_an_aggregate(deployed: RunningContext, sample: Callable[[int], Sample]):
    """It is created, changed and deleted, each once, and subscribers hear of each in that order."""
    details = _details(sample)
    identity = {ID: details[ID]}
    answers = [_send(deployed, CREATE, details)]
    answers += [_send(deployed, change, identity) for change in CHANGES]
    answers += [_send(deployed, DELETE, identity)]
    assert [answer["ok"] for answer in answers] == [True] * len(answers)
    types = [CONTEXT.event_by_status[_aggregate(answer)["status"]] for answer in answers[:-1]] + [DELETED]
    for received in _events_of(deployed, details[ID], len(types)):
        assert [event["type"] for event in received] == types
    assert _send(deployed, DELETE, identity)["error"]["code"] == "not-found"


def test_command_sent_twice_has_one_effect(deployed: RunningContext, sample: Callable[[int], Sample]):
    """The same idempotency key gives the same answer and one event; another key meets what exists."""
    details = _details(sample)
    first, again = (_send(deployed, CREATE, details, key=f"twice-{details[ID]}") for _ in range(2))
    assert first["ok"]
    assert again == first
    assert _send(deployed, CREATE, details, key=f"other-{details[ID]}")["error"]["code"] == "already-exists"
    for received in _events_of(deployed, details[ID], 1):
        assert [event["type"] for event in received] == [CREATED]


def test_change_of_an_older_version_is_refused(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Whoever has read an older version than the stored one is told to read again."""
    details = _details(sample)
    assert _send(deployed, CREATE, details)["ok"]
    refused = _send(deployed, DELETE, {ID: details[ID], "expected_version": 7})
    assert refused["error"]["code"] == "version-conflict"


@pytest.mark.parametrize("change", CHANGES)
def test_a_command_that_does_not_start_from_there_is_refused(
    change: str, deployed: RunningContext, sample: Callable[[int], Sample]
):
    """It is done once on the way; after that it does not start any more, and nobody hears of it."""
    details = _details(sample)
    assert _send(deployed, CREATE, details)["ok"]
    for before in CHANGES[: CHANGES.index(change) + 1]:
        assert _send(deployed, before, {ID: details[ID]})["ok"]
    refused = _send(deployed, change, {ID: details[ID]})["error"]
    assert refused["code"] == "illegal-move"
    count = 2 + CHANGES.index(change)
    for received in _events_of(deployed, details[ID], count):
        assert len(received) == count


def test_an_invalid_message_is_refused(deployed: RunningContext):
    """A wrong message gets an answer that says what is wrong, and no exception."""
    assert deployed.invoke(CREATE, {"hello": "world"})["error"]["code"] == "invalid"


def test_published_events_carry_their_type_as_an_attribute(deployed: RunningContext, sample: Callable[[int], Sample]):
    """Subscribers filter on the message attribute `type` (the local filters cannot, see what is adapted)."""
    queue = _subscribed_queue(deployed, "attributes")
    assert _send(deployed, CREATE, _details(sample))["ok"]
    received = deployed.aws.call(
        "sqs", "receive_message", QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=10
    )["Messages"]
    assert received[0]["MessageAttributes"]["type"]["StringValue"] == CREATED


def test_function_without_a_permission_is_refused(deployed: RunningContext, sample: Callable[[int], Sample]):
    """What a role is not granted its function cannot do: least privilege is enforced in this run."""
    arn = deployed.outputs["functions"][CREATE]
    role = deployed.aws.call("lambda", "get_function_configuration", FunctionName=arn)["Role"].rpartition("/")[2]
    policy = deployed.aws.call("iam", "get_role_policy", RoleName=role, PolicyName="table")["PolicyDocument"]
    deployed.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName="table")
    try:
        with pytest.raises(LocalRunError, match=r"perform: dynamodb:"):
            _send(deployed, CREATE, _details(sample))
    finally:
        document = json.dumps(policy)
        deployed.aws.call("iam", "put_role_policy", RoleName=role, PolicyName="table", PolicyDocument=document)
    assert _send(deployed, CREATE, _details(sample))["ok"]


def _subscribed_queue(deployed: RunningContext, name: str) -> str:
    """Return the URL of a new queue that gets all of the topic's messages as they are."""
    arn, topic = f"arn:aws:sqs:{deployed.aws.region}:{deployed.aws.account}:{name}", deployed.outputs["topic_arn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = deployed.aws.call("sqs", "create_queue", QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    raw = {"RawMessageDelivery": "true"}
    deployed.aws.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return url


def _details(sample: Callable[[int], Sample]) -> dict[str, str]:
    return dict(zip(SAMPLES.columns, sample(1).rows[0], strict=True))


def _send(deployed: RunningContext, command: str, payload: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return deployed.invoke(command, {"idempotency_key": key or str(uuid.uuid4()), "payload": payload})


def _aggregate(answer: dict[str, Any]) -> dict[str, Any]:
    return answer[CONTEXT.name]


def _events_of(deployed: RunningContext, identity: str, expected: int) -> list[list[Any]]:
    """Return each subscriber's events of one aggregate, once there are so many."""
    deadline = time.monotonic() + SECONDS
    while True:
        events = [
            [event for event in subscriber.events if event["subject"] == identity]
            for subscriber in deployed.subscribers
        ]
        if min(map(len, events)) >= expected or time.monotonic() > deadline:
            return events
        time.sleep(0.05)
