"""Dead letters on the embedded AWS: the real command, and what becomes from what it sends on its way again.

Each test speaks of its own messages: queues deliver at least once, so another test's message may come twice, and late.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bounded_context_local.actors.subscriber import Neighbour, Subscriber, cloud_event
from bounded_context_local.running.context import RunningContext
from bounded_context_local.testing.running import Finished

from .dead_letters import Redrive, put_dead_letter
from .facts import CREATED
from .lists import Sample, import_list
from .neighbours import standing

pytestmark = pytest.mark.e2e
SECONDS = 15.0


def test_message_of_a_subscriber_goes_back_to_its_queue(deployed: RunningContext, redrive: Redrive):
    """The subscriber reads it there; a look beforehand changes nothing."""
    if not deployed.subscribers:
        pytest.skip("this context has no subscribers")
    subscriber = deployed.subscribers[0]
    event = {"id": str(uuid.uuid4()), "type": CREATED, "subject": "somebody", "data": {"list_id": "dead"}}
    kind = {"type": {"DataType": "String", "StringValue": CREATED}}
    put_dead_letter(deployed, subscriber.name, event, MessageAttributes=kind)
    assert _listed(redrive(), subscriber.name)["messages"] >= 1
    own = (subscriber.name, "--where", f"id={event['id']}")
    looked = redrive(*own)
    assert (looked["would_redrive"], looked["groups"][0]["type"]) == (1, CREATED)
    assert subscriber.of_list("dead") == []
    assert redrive(*own, "--go")["redriven"] == 1
    _until(lambda: subscriber.of_list("dead") == [event])
    assert redrive(*own)["would_redrive"] == 0


def test_an_event_of_another_context_is_redriven_and_applied(
    deployed: RunningContext, neighbour: Neighbour, redrive: Redrive
):
    """It was put aside as poison by a version that knew no better: a look says why."""
    event = cloud_event(neighbour.name, neighbour.consumes.created_by[0], f"redriven-{uuid.uuid4().hex[:8]}", 1)
    reason = {"reason": {"DataType": "String", "StringValue": "no-subject"}}
    put_dead_letter(deployed, "inbound", event, MessageAttributes=reason)
    assert _listed(redrive(), "inbound")["messages"] >= 1
    own = ("inbound", "--where", f"id={event['id']}")
    looked = redrive(*own)
    assert [(group["reason"], group["messages"]) for group in looked["groups"]] == [("no-subject", 1)]
    assert standing(deployed, event["subject"]) == ""
    assert redrive(*own, "--go")["redriven"] == 1
    _until(lambda: standing(deployed, event["subject"]) == "KNOWN")
    assert redrive(*own)["would_redrive"] == 0


def test_changes_that_could_not_be_published_are_read_from_the_stream_and_published(
    deployed: RunningContext, sample: Callable[[int], Sample], redrive: Redrive
):
    """Subscribers hear of them again, with the same ids: here they had been published before."""
    result = import_list(deployed, sample(3), expected=4)
    put_dead_letter(deployed, "relay_events", _batch(deployed, result.list_id))
    assert redrive("relay_events", "--go")["redriven"] == 1
    for subscriber in deployed.subscribers:
        _until_repeated(subscriber, result)


def test_changes_that_lambda_kept_whole_are_published_without_the_stream(
    deployed: RunningContext, sample: Callable[[int], Sample], redrive: Redrive
):
    """The emulator's Lambda knows no bucket as a destination, so its part is played; all after it is the emulator's."""
    result = import_list(deployed, sample(3), expected=4)
    place, key = _batch(deployed, result.list_id), _give_up(deployed, result.list_id)
    own = ("relay_events", "--where", f"id={place['DDBStreamBatchInfo']['startSequenceNumber']}")
    _until(lambda: redrive(*own)["would_redrive"] == 1)
    assert redrive(*own, "--go")["redriven"] == 1
    for subscriber in deployed.subscribers:
        _until_repeated(subscriber, result)
    assert key not in _given_up(deployed)
    assert redrive(*own)["would_redrive"] == 0


def _give_up(deployed: RunningContext, list_id: str) -> str:
    """Keep a list's changes as Lambda does when the relay could not take them; returns the object's key."""
    bucket, mapping = _destination(deployed)
    records = [_as_given(deployed, change) for change in _own(deployed, list_id)]
    body = {**_batch(deployed, list_id), "payload": json.dumps({"Records": records}, default=float)}
    key = f"aws/lambda/{mapping}/shardId-1/{time.strftime('%Y/%m/%d/%Y-%m-%dT%H.%M.%S')}-{uuid.uuid4()}"
    deployed.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=json.dumps(body).encode())
    return key


def _given_up(deployed: RunningContext) -> list[str]:
    bucket, _ = _destination(deployed)
    return [entry["Key"] for entry in deployed.aws.call("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]


def _destination(deployed: RunningContext) -> tuple[str, str]:
    """The bucket to which the relay's mapping gives up, and the mapping's id."""
    alias = deployed.outputs["functions"]["relay_events"]
    [mapping] = deployed.aws.call("lambda", "list_event_source_mappings", FunctionName=alias)["EventSourceMappings"]
    return mapping["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2], mapping["UUID"]


def _as_given(deployed: RunningContext, record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"] | {
        "ApproximateCreationDateTime": record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    }
    return {**record, "dynamodb": change, "eventSourceARN": _stream(deployed)}


def _until_repeated(subscriber: Subscriber, result: Finished) -> None:
    """Wait until the subscriber has each event about a created row twice."""
    wanted = sorted(2 * _created(result.events[subscriber.name]))
    _until(lambda: sorted(_created(subscriber.of_list(result.list_id))) == wanted)


def _created(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events if event["type"] == CREATED]


def _batch(deployed: RunningContext, list_id: str) -> dict[str, Any]:
    """What Lambda writes of a batch that the relay could not take: the rows that an import put into the table."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in _own(deployed, list_id)]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    info = {
        "shardId": _shard(deployed),
        "startSequenceNumber": numbers[0],
        "endSequenceNumber": numbers[-1],
        "approximateArrivalOfFirstRecord": now,
        "approximateArrivalOfLastRecord": now,
        "batchSize": len(numbers),
        "streamArn": _stream(deployed),
    }
    return {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": info}


def _stream(deployed: RunningContext) -> str:
    return deployed.aws.call("dynamodb", "describe_table", TableName=deployed.outputs["table_name"])["Table"][
        "LatestStreamArn"
    ]


def _shard(deployed: RunningContext) -> str:
    described = deployed.aws.call("dynamodbstreams", "describe_stream", StreamArn=_stream(deployed))
    return described["StreamDescription"]["Shards"][0]["ShardId"]


def _own(deployed: RunningContext, list_id: str) -> list[dict[str, Any]]:
    """The records of the stream that a list's rows made."""
    images = ((record, record["dynamodb"].get("NewImage", {})) for record in _records(deployed))
    return [record for record, image in images if image.get("list_id") == {"S": list_id}]


def _records(deployed: RunningContext) -> Iterator[dict[str, Any]]:
    parameters = {"StreamArn": _stream(deployed), "ShardId": _shard(deployed), "ShardIteratorType": "TRIM_HORIZON"}
    iterator = deployed.aws.call("dynamodbstreams", "get_shard_iterator", **parameters)["ShardIterator"]
    while (page := deployed.aws.call("dynamodbstreams", "get_records", ShardIterator=iterator))["Records"]:
        yield from page["Records"]
        iterator = page["NextShardIterator"]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _listed(survey: dict[str, Any], queue: str) -> dict[str, Any]:
    return next(entry for entry in survey["queues"] if entry["queue"] == queue)
