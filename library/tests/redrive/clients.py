"""Queues and functions in memory, whose calls can fail; botocore's own shapes check what is sent to them."""

import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.rollout.clients import Client, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any] | Exception | None


@dataclass
class Message:
    """A message as the queue keeps it."""

    id: str
    body: str
    sent: datetime
    visible_from: datetime
    attributes: dict[str, Any] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)
    receives: int = 0
    receipt: str = ""


class Queues(Client):
    """SQS: queues by URL, messages by id. A standard queue: it gives what is visible, in any order."""

    service = "sqs"

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.messages: dict[str, dict[str, Message]] = {}
        self.refuses_to_show: set[str] = set()
        self._numbers = count(1)

    def put(self, url: str, body: object, age: timedelta = timedelta(hours=1), **more: Any) -> str:
        """Put a message that was sent `age` ago; returns its id."""
        number, now = f"m-{next(self._numbers)}", self.clock.now()
        text = body if isinstance(body, str) else json.dumps(body)
        self.messages.setdefault(url, {})[number] = Message(number, text, now - age, now, **more)
        return number

    def bodies(self, url: str) -> list[str]:
        return [message.body for message in self.messages.get(url, {}).values()]

    def hidden(self, url: str) -> int:
        return sum(message.visible_from > self.clock.now() for message in self.messages.get(url, {}).values())

    def _get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        hidden = self.hidden(QueueUrl)
        visible = len(self.messages.get(QueueUrl, {})) - hidden
        numbers = {"ApproximateNumberOfMessages": visible, "ApproximateNumberOfMessagesNotVisible": hidden}
        attributes = {**numbers, "MessageRetentionPeriod": 604_800}
        return {"Attributes": {name: str(number) for name, number in attributes.items()}}

    def _receive_message(
        self,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        WaitTimeSeconds: int,  # noqa: N803
        MessageSystemAttributeNames: list[str],  # noqa: N803
        MessageAttributeNames: list[str],  # noqa: N803
    ) -> dict[str, Any]:
        assert MessageSystemAttributeNames == MessageAttributeNames == ["All"]
        assert WaitTimeSeconds <= 20
        now = self.clock.now()
        visible = [message for message in self.messages.get(QueueUrl, {}).values() if message.visible_from <= now]
        for message in visible[:MaxNumberOfMessages]:
            message.visible_from = now + timedelta(seconds=VisibilityTimeout)
            message.receives += 1
            message.receipt = f"{message.id}/{message.receives}"
        return {"Messages": [_given(message) for message in visible[:MaxNumberOfMessages]]}

    def _send_message(
        self,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        MessageAttributes: dict[str, Any],  # noqa: N803
        MessageSystemAttributes: dict[str, Any],  # noqa: N803
    ) -> dict[str, Any]:
        system = {name: value["StringValue"] for name, value in MessageSystemAttributes.items()}
        number = self.put(QueueUrl, MessageBody, timedelta(), attributes=MessageAttributes, system=system)
        return {"MessageId": number}

    def _delete_message(self, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:  # noqa: N803
        number = ReceiptHandle.partition("/")[0]
        if (message := self.messages[QueueUrl].get(number)) and message.receipt == ReceiptHandle:
            del self.messages[QueueUrl][number]
        return {}

    def _change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        failed: list[Any] = []
        for entry in Entries:
            message = self.messages[QueueUrl].get(entry["ReceiptHandle"].partition("/")[0])
            if message is None or message.id in self.refuses_to_show:
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": "Refused"})
            else:
                message.visible_from = self.clock.now() + timedelta(seconds=entry["VisibilityTimeout"])
        return {"Failed": failed}


def _given(message: Message) -> dict[str, Any]:
    system = {
        "SentTimestamp": str(int(message.sent.timestamp() * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        **message.system,
    }
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": system,
        "MessageAttributes": message.attributes,
    }


class Functions(Client):
    """One function behind an alias. `answers` are what it answers, one after the other, then that it took all."""

    service = "lambda"

    def __init__(self, alias_arn: str) -> None:
        super().__init__()
        self.given: list[list[dict[str, Any]]] = []
        self.answers: list[Callable[[list[dict[str, Any]]], Answer]] = []
        self.patterns: list[Any] = [{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ITEM#"}]}}}}]
        self.batch_size = 100
        self._alias_arn = alias_arn

    def _list_event_source_mappings(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == self._alias_arn
        filters = [{"Pattern": json.dumps(pattern)} for pattern in self.patterns]
        return {"EventSourceMappings": [{"BatchSize": self.batch_size, "FilterCriteria": {"Filters": filters}}]}

    def _invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == self._alias_arn
        records = json.loads(Payload)["Records"]
        self.given.append(records)
        answer = self.answers.pop(0)(records) if self.answers else {"batchItemFailures": []}
        if isinstance(answer, Exception):
            failure = {"errorType": type(answer).__name__, "errorMessage": str(answer)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class Machines(Client):
    """A state machine that only remembers what it was started with."""

    service = "stepfunctions"

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[Any] = []

    def _start_execution(self, stateMachineArn: str, input: str) -> dict[str, Any]:  # noqa: A002, N803
        self.inputs.append((stateMachineArn, json.loads(input)))
        return {"executionArn": "arn:execution"}


class Metrics(Client):
    """CloudWatch: the age of the oldest message in seconds, by the queue's name."""

    service = "cloudwatch"

    def __init__(self) -> None:
        super().__init__()
        self.ages: dict[str, list[float]] = {}

    def _get_metric_data(self, MetricDataQueries: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        results: list[Any] = []
        for query in MetricDataQueries:
            [dimension] = query["MetricStat"]["Metric"]["Dimensions"]
            results.append({"Id": query["Id"], "Values": self.ages.get(dimension["Value"], [])})
        return {"MetricDataResults": results}
