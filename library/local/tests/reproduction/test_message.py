"""Dead letters as calls: what is called, what is masked, what the stack is asked for."""

import json
from contextlib import suppress
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_local.reproduction.call import call_of_dead_letter
from bounded_context_operations.repair.redrive.messages import HIDDEN_SECONDS
from bounded_context_platform.permissions.grants import ROLES
from tests.erase.conftest import NAME, OTHER, PERSON, Stack, event
from tests.permissions.watched import Watched

from .conftest import Functions, production

INDEX = next(iter(PAYMENT.indexes))


def test_a_given_up_batch_calls_its_reader_without_personal_data(stack: Stack, batch: str):
    """The records and the other fields stay. The message is visible again."""
    call = call_of_dead_letter(production(stack), batch)
    images = [record["dynamodb"]["NewImage"] for record in call.event["Records"]]
    assert (call.function, [image["payment_id"]["S"] for image in images]) == ("relay_events", [PERSON, OTHER])
    assert {image["payer"]["S"] for image in images} == {"erased"}
    assert NAME not in json.dumps(call.event)
    assert stack.sqs.hidden(stack.queues["changes"]) == 0


def test_a_message_of_another_context_keeps_its_form_without_personal_data(stack: Stack):
    """Its body is text, and its attributes have Lambda's names."""
    inbound = stack.queues["dead"] + "-inbound"
    reason = {"reason": {"DataType": "String", "StringValue": "no-subject"}}
    number = stack.sqs.put(inbound, event(3), attributes=reason)
    outputs = stack._outputs()
    outputs["dead_letter_queues"]["inbound"] = inbound
    stack._outputs = lambda: outputs
    call = call_of_dead_letter(production(stack), number)
    [record] = call.event["Records"]
    assert (call.queue, record["messageId"], json.loads(record["body"])["data"]["payer"]) == (
        "inbound",
        number,
        "erased",
    )
    assert record["messageAttributes"] == {"reason": {"dataType": "String", "stringValue": "no-subject"}}
    assert call_of_dead_letter(production(stack), "event-3").queue == "inbound"


def test_a_message_of_a_subscriber_and_an_unknown_id_are_refused(stack: Stack):
    """The function of the first is another context's."""
    subscribers = next(iter(stack.sqs[stack.queues["dead"]].messages))
    for wanted in (subscribers, "unknown"):
        with pytest.raises(Refusal):
            call_of_dead_letter(production(stack), wanted)
    assert stack.sqs.hidden(stack.queues["dead"]) == 0


def test_messages_that_another_reader_hides_are_reported(stack: Stack, batch: str):
    """A search that finds nothing is then no proof."""
    parameters: Any = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], "WaitTimeSeconds": 1}
    url = stack.queues["changes"]
    stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600, **parameters)
    with pytest.raises(Refusal, match="hides about 1 messages"):
        call_of_dead_letter(production(stack), batch)


class Killed(BaseException):
    """The process ended: no handler runs, and no message is released."""


class Queues:
    """SQS until the call with this number, at which the process ends."""

    def __init__(self, queues: Any, call: int) -> None:
        self._queues = queues
        self._left = call

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left <= 0:
            raise Killed
        return getattr(self._queues, name)


def test_a_search_that_is_killed_at_any_call_leaves_every_message(stack: Stack, batch: str):
    """Each message is visible again after its visibility timeout, and the next search finds it."""
    queues = stack.queues.values()
    before, kills = {url: stack.sqs.bodies(url) for url in queues}, 0
    while _is_killed_at(stack, kills + 1):
        kills += 1
        assert {url: stack.sqs.bodies(url) for url in queues} == before
        stack.clock.sleep(HIDDEN_SECONDS)
        assert not any(stack.sqs.hidden(url) for url in queues)
    assert kills > 3
    assert call_of_dead_letter(production(stack), batch).function == "relay_events"


def _is_killed_at(stack: Stack, call: int) -> bool:
    clients = stack.services() | {"lambda": Functions(), "sqs": Queues(stack.sqs, call)}
    with suppress(Refusal):
        try:
            call_of_dead_letter(production(stack, clients), "unknown")
        except Killed:
            return True
    return False


def test_a_batch_whose_object_is_gone_is_refused(stack: Stack, batch: str):
    """It was delivered before."""
    place = json.loads(stack.sqs.bodies(stack.queues["changes"])[0])["detail"]
    stack.s3.delete_object(Bucket=place["bucket"]["name"], Key=place["object"]["key"])
    with pytest.raises(Refusal, match="is gone"):
        call_of_dead_letter(production(stack), batch)


def test_items_of_the_stack_have_no_personal_data(stack: Stack):
    """Also the stored answer of a command, which is JSON in an attribute."""
    origin = production(stack)
    keys = [place.removeprefix("table ") for place in stack.known() if place.startswith("table ")]
    assert len(keys) == 2
    assert NAME not in json.dumps([origin.item(key) for key in keys])
    assert origin.item("PAYMENT#unknown") is None


def test_the_command_needs_all_actions_of_its_policy_and_no_other(stack: Stack, batch: str):
    """A person with this role can change nothing."""
    actions: set[str] = set()
    clients = stack.services() | {"lambda": Functions()}
    origin = production(stack, {name: Watched(client, name, actions, None) for name, client in clients.items()})
    call_of_dead_letter(origin, batch)
    with pytest.raises(Refusal):
        call_of_dead_letter(origin, "unknown")
    origin.item("PAYMENT#unknown")
    _ = [*origin.keys(index_query())]
    origin.variables("relay_events")
    _ = [*origin.traced("0")]
    [key, *_] = origin.objects("staging")
    origin.object(key)
    file = next(version for version in stack.s3.list_object_versions(Bucket=origin.stack.inbox)["Versions"])
    origin.object(file["Key"], file["VersionId"])
    granted = {action for grant in ROLES["reproduce"] for action in (*grant.read, *grant.write)}
    called = {"s3:ListBucket" if action == "s3:ListObjectsV2" else action for action in actions}
    assert called | {"kms:Decrypt", "s3:GetObjectVersion"} == granted
    assert not any(grant.write for grant in ROLES["reproduce"])


def index_query() -> dict[str, Any]:
    partition = PAYMENT.indexes[INDEX]
    condition = {"KeyConditionExpression": "#shard = :shard", "ExpressionAttributeNames": {"#shard": partition}}
    return {"IndexName": INDEX, "ExpressionAttributeValues": {":shard": {"S": "0"}}, **condition}
