"""Small adapters through boto3: topic, queue, versions and mappings of functions, deployments, executions."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ..application.ports import Throttled
from ..domain.events import group_of, label_of
from ..domain.spelling import kebab
from .conditional import is_throttling, patiently

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishBatchRequestEntryTypeDef
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef as SqsAttribute
    from mypy_boto3_stepfunctions import SFNClient


# AWS limits of PublishBatch.
BATCH = 10
_BYTES = 256 * 1024


class Topic:
    """The publisher of CloudEvents, with two of their members as message attributes.

    Subscribers filter by ``type``, which also distinguishes major versions from 2 on. Tracing libraries read
    ``traceparent``. SNS forwards each event's group to the subscribers' queues.
    """

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, events: Sequence[dict[str, Any]]) -> set[int]:
        """Publish at most 10 events; return the indexes of the events that are not published.

        Large events need several requests. After a request with a refused event, the later requests are not sent.
        SNS throttles whole requests (AWS General Reference, "Amazon SNS endpoints and quotas"). The events of a request
        that is throttled in all tries are not published.

        Raises:
            Exception: the first request failed for another reason.
        """
        entries = [_entry(index, event) for index, event in enumerate(events)]
        for part in _requests(entries):
            try:
                failed = self._refused(entries[part])
            except Exception as error:
                if part.start == 0 and not isinstance(error, Throttled):
                    raise
                return set(range(part.start, len(entries)))
            if failed:
                return failed | set(range(part.stop, len(entries)))
        return set()

    def _refused(self, entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> set[int]:
        send = partial(self._client.publish_batch, TopicArn=self._arn, PublishBatchRequestEntries=entries)
        return {int(failed["Id"]) for failed in patiently(send, is_throttling).get("Failed", [])}


def text_and_attributes(event: dict[str, Any]) -> tuple[str, "dict[str, MessageAttributeValueTypeDef]"]:
    """Return the text of an event's message, and the attributes of the message: SQS and SNS accept the same form."""
    attributes = {"type": label_of(event), "traceparent": event["traceparent"]}
    message_attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    return json.dumps(event, separators=(",", ":")), message_attributes


def _requests(entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> Iterator[slice]:
    """Yield the entries of each request: as many as the size of a request allows."""
    start = size = 0
    for index, entry in enumerate(entries):
        added = _size(entry)
        if size + added > _BYTES and index > start:
            yield slice(start, index)
            start, size = index, 0
        size += added
    yield slice(start, len(entries))


def _size(entry: "PublishBatchRequestEntryTypeDef") -> int:
    # JSON is written in ASCII: a character is a byte.
    attributes = entry.get("MessageAttributes", {}).items()
    return len(entry["Message"]) + sum(
        len(name) + len(value["DataType"]) + len(value.get("StringValue", "")) for name, value in attributes
    )


def _entry(index: int, event: dict[str, Any]) -> "PublishBatchRequestEntryTypeDef":
    text, attributes = text_and_attributes(event)
    return {"Id": str(index), "Message": text, "MessageAttributes": attributes, "MessageGroupId": group_of(event)}


REASON: Final = "reason"
"""The message attribute with the reason why the message was moved."""

SETTLED: Final = "settled"
"""The message attribute of an event whose reaction has waited for earlier registrations."""

_MOST_ATTRIBUTES: Final = 10
"""The maximum attributes of a message (AWS limit)."""


class DeadLetters:
    """The queue of unchanged messages with the reason of each."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def bury(self, body: str, attributes: Mapping[str, Mapping[str, Any]], reason: str) -> None:
        """Send a message: its body, its attributes as Lambda received them, and the reason as a further attribute."""
        marked = _with(attributes, REASON, reason)
        self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=marked)


class InboundQueue:
    """The queue of other contexts' events, to which a message returns whose reaction is not done."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def again(self, body: str, attributes: Mapping[str, Mapping[str, Any]], seconds: int) -> None:
        """Send a copy of a message, with its attributes and the number of its returns, to be delivered after seconds.

        The function leads to itself, so its configuration has to allow loops (Lambda API reference,
        PutFunctionRecursionConfig).
        """
        marked = _with(attributes, SETTLED, str(returns_of(attributes) + 1))
        self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=marked, DelaySeconds=seconds)


def returns_of(attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return how often a message has returned, by its attributes as Lambda received them; "true" is from before 0.5."""
    value = attributes.get(SETTLED, {}).get("stringValue", "0")
    return int(value) if value.isdecimal() else 1


def _with(attributes: Mapping[str, Mapping[str, Any]], name: str, value: str) -> "dict[str, SqsAttribute]":
    """Return attributes as Lambda received them, with a further attribute, if need be in place of the last."""
    original = [(key, _attribute(attribute)) for key, attribute in attributes.items() if key != name]
    return {**dict(original[: _MOST_ATTRIBUTES - 1]), name: {"DataType": "String", "StringValue": value}}


def _attribute(attribute: Mapping[str, Any]) -> "SqsAttribute":
    """Return an attribute of a Lambda event in the form of SQS's API: other capitals, and binary values as bytes."""
    kind = attribute["dataType"]
    if kind.startswith("Binary"):
        return {"DataType": kind, "BinaryValue": base64.b64decode(attribute["binaryValue"])}
    return {"DataType": kind, "StringValue": attribute["stringValue"]}


class FunctionFailed(Exception):
    """The function raised, ran out of time, or could not start: Lambda reported a function error."""


class Versions:
    """The invoker of single versions of functions, without their alias."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def ask(self, function_name: str, version: str, event: Mapping[str, Any]) -> Any:
        """Return the answer of a version to an event.

        Raises:
            FunctionFailed: the version answered with an error.
            json.JSONDecodeError: its answer is not JSON.
        """
        payload = json.dumps(event)
        # The version is a part of the name: the authorization of the call then depends on the version.
        reply = self._client.invoke(FunctionName=f"{function_name}:{version}", Payload=payload)
        answer = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            # Lambda's own errors, such as a timeout, may come without a type.
            members = (member for member in ("errorType", "errorMessage") if member in answer)
            raise FunctionFailed(": ".join(str(answer[member]) for member in members))
        return answer


ALIAS: Final = "live"
"""The alias that mappings call."""

_STOPPED: Final = ("Disabling", "Disabled", "Deleting")
"""The states in which a mapping reads no records (Lambda API reference, EventSourceMappingConfiguration)."""

_PROBLEM: Final = "PROBLEM"
"""The prefix of a failed attempt's result: Lambda writes `PROBLEM: Function call failed` and the like."""


@dataclass(frozen=True)
class Failing:
    """A function whose mapping fails, by its name in code. ``why`` is Lambda's state or result."""

    function: str
    why: str


class EventSources:
    """The mappings that read streams and queues for the aliases of functions."""

    def __init__(self, client: "LambdaClient", function_prefix: str) -> None:
        self._client = client
        self._prefix = function_prefix

    def failing(self, functions: Sequence[str]) -> list[Failing]:
        """Return the mappings of ``functions`` that are stopped, or failed at their last attempt, or are missing."""
        return [mapping for function in functions for mapping in self._failing(function)]

    def _failing(self, function: str) -> Iterator[Failing]:
        alias = f"{self._prefix}{kebab(function)}:{ALIAS}"
        pages = self._client.get_paginator("list_event_source_mappings").paginate(FunctionName=alias)
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        if not mappings:
            yield Failing(function, "Missing")
        yield from (Failing(function, why) for mapping in mappings if (why := _why(mapping)))


def _why(mapping: Mapping[str, Any]) -> str:
    """Return the reason why a mapping fails, or an empty text."""
    state, result = mapping["State"], mapping.get("LastProcessingResult") or ""
    if state in _STOPPED:
        return state
    return result if result.startswith(_PROBLEM) else ""


Status = Literal["Succeeded", "Failed"]
"""The two results that a hook may report (PutLifecycleEventHookExecutionStatus)."""


class Target(NamedTuple):
    """The version that a deployment moves a function's traffic to."""

    function_name: str
    version: str


class Deployments:
    """The deployments of CodeDeploy: their targets, and the results of their hooks."""

    def __init__(self, client: "CodeDeployClient") -> None:
        self._client = client

    def target(self, deployment: str) -> Target:
        """Return the target of a deployment. Raises LookupError if that is not a version of a function."""
        ids = self._client.list_deployment_targets(deploymentId=deployment).get("targetIds", [])
        if not ids:
            raise LookupError(f"deployment {deployment} has no target")
        answer: Any = self._client.batch_get_deployment_targets(deploymentId=deployment, targetIds=ids)
        # An AppSpec for Lambda names one function.
        info = answer["deploymentTargets"][0]["lambdaTarget"]["lambdaFunctionInfo"]
        return Target(info["functionName"], info["targetVersion"])

    def report(self, deployment: str, execution: str, status: Status) -> None:
        """Report the result of one execution of a hook to CodeDeploy."""
        self._client.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment, lifecycleEventHookExecutionId=execution, status=status
        )


class Executions:
    """The executions of one state machine, without the children of a map."""

    def __init__(self, client: "SFNClient", machine_arn: str) -> None:
        self._client = client
        self._machine = machine_arn

    def starts(self) -> dict[str, datetime]:
        """Return the start times of all running executions, by their ARNs."""
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine, statusFilter="RUNNING"
        )
        return {run["executionArn"]: run["startDate"] for page in pages for run in page["executions"]}
