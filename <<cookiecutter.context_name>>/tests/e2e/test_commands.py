"""Commands on one aggregate, invoked as their callers do: as Lambda functions, by alias."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from <<cookiecutter.__package>>.domain.events import DELETED, REACHED
from <<cookiecutter.__package>>.domain.model import ID

from ..commands import CHANGES, CREATE, DELETE
from .lists import CREATED, Sample
from local.context import RunningContext
from local.errors import LocalRunError
from local.samples import columns

pytestmark = pytest.mark.e2e
SECONDS = 15.0


def test_life_of_an_aggregate(context: RunningContext, sample: Callable[[int], Sample]):
    """It is created, changed and deleted, each once, and subscribers hear of each in that order."""
    details = _details(sample)
    identity = {ID: details[ID]}
    answers = [_send(context, CREATE, details)]
    answers += [_send(context, change, identity) for change in CHANGES]
    answers += [_send(context, DELETE, identity)]
    assert [answer["ok"] for answer in answers] == [True] * len(answers)
    types = [REACHED[_aggregate(answer)["status"]] for answer in answers[:-1]] + [DELETED]
    for received in _events_of(context, details[ID], len(types)):
        assert [event["type"] for event in received] == types
    assert _send(context, DELETE, identity)["error"]["code"] == "not-found"


def test_command_sent_twice_has_one_effect(context: RunningContext, sample: Callable[[int], Sample]):
    """The same idempotency key gives the same answer and one event; another key meets what exists."""
    details = _details(sample)
    first, again = (_send(context, CREATE, details, key=f"twice-{details[ID]}") for _ in range(2))
    assert first["ok"]
    assert again == first
    assert _send(context, CREATE, details, key=f"other-{details[ID]}")["error"]["code"] == "already-exists"
    for received in _events_of(context, details[ID], 1):
        assert [event["type"] for event in received] == [CREATED]


def test_change_of_an_older_version_is_refused(context: RunningContext, sample: Callable[[int], Sample]):
    """Whoever has read an older version than the stored one is told to read again."""
    details = _details(sample)
    assert _send(context, CREATE, details)["ok"]
    refused = _send(context, DELETE, {ID: details[ID], "expected_version": 7})
    assert refused["error"]["code"] == "version-conflict"


def test_message_that_is_no_command_is_refused(context: RunningContext):
    """A wrong message gets an answer that says what is wrong, and no exception."""
    assert context.invoke(_function(CREATE), {"hello": "world"})["error"]["code"] == "invalid"


def test_published_events_carry_their_type_as_an_attribute(context: RunningContext, sample: Callable[[int], Sample]):
    """Subscribers filter on the message attribute `type` (the local filters cannot, see what is adapted)."""
    queue = _subscribed_queue(context, "attributes")
    assert _send(context, CREATE, _details(sample))["ok"]
    received = context.aws.call(
        "sqs", "receive_message", QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=10
    )["Messages"]
    assert received[0]["MessageAttributes"]["type"]["StringValue"] == CREATED


def test_function_without_a_permission_is_refused(context: RunningContext, sample: Callable[[int], Sample]):
    """What a role is not granted its function cannot do: least privilege is enforced in this run."""
    arn = context.outputs["functions"][_function(CREATE)]
    role = context.aws.call("lambda", "get_function_configuration", FunctionName=arn)["Role"].rpartition("/")[2]
    policy = context.aws.call("iam", "get_role_policy", RoleName=role, PolicyName="table")["PolicyDocument"]
    context.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName="table")
    try:
        with pytest.raises(LocalRunError, match=r"not authorized to perform: dynamodb:"):
            _send(context, CREATE, _details(sample))
    finally:
        context.aws.call("iam", "put_role_policy", RoleName=role, PolicyName="table", PolicyDocument=json.dumps(policy))
    assert _send(context, CREATE, _details(sample))["ok"]


def _subscribed_queue(context: RunningContext, name: str) -> str:
    """Return the URL of a new queue that gets all of the topic's messages as they are."""
    arn, topic = f"arn:aws:sqs:{context.aws.region}:{context.aws.account}:{name}", context.outputs["topic_arn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = context.aws.call("sqs", "create_queue", QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    raw = {"RawMessageDelivery": "true"}
    context.aws.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return url


def _details(sample: Callable[[int], Sample]) -> dict[str, str]:
    return dict(zip(columns(), sample(1).rows[0], strict=True))


def _function(command: Any) -> str:
    return command[1].__name__


def _send(context: RunningContext, command: Any, payload: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return context.invoke(_function(command), {"idempotency_key": key or str(uuid.uuid4()), "payload": payload})


def _aggregate(answer: dict[str, Any]) -> dict[str, Any]:
    return next(value for name, value in answer.items() if name != "ok")


def _events_of(context: RunningContext, identity: str, expected: int) -> list[list[Any]]:
    """Return each subscriber's events of one aggregate, once there are so many."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = [[event for event in one.events if event["subject"] == identity] for one in context.subscribers]
        if min(map(len, found)) >= expected or time.monotonic() > deadline:
            return found
        time.sleep(0.05)
