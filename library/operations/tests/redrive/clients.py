"""Queues and functions in memory, whose calls can fail; botocore's own shapes check what is sent to them."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.rollout.clients import Client, FakeClock
from tests.simulation.services.plain_gate import PlainGate
from tests.simulation.services.sqs import Chances, Queue, SimSqs

Answer = dict[str, Any] | Exception | None


class _Clocked(PlainGate):
    """A gate whose time is a test's clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class _Account(dict[str, Queue]):
    """Queues by URL, which exist from their first use on."""

    def __init__(self, gate: PlainGate) -> None:
        super().__init__()
        self._gate = gate

    def __missing__(self, url: str) -> Queue:
        self[url] = Queue(url, self._gate, retention=604_800, chances=Chances(undeleted=0, refused=1))
        return self[url]


class Queues(Client):
    """SQS: the simulation's model with a test's clock. `gate.chances` has the changes of visibility that fail."""

    service = "sqs"

    def __init__(self, clock: FakeClock) -> None:
        self.gate = _Clocked(clock)
        self._model = SimSqs((), self.gate)
        self._model.queues = self._queues = _Account(self.gate)
        super().__init__()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._model, name[1:]) if name.startswith("_") else super().__getattr__(name)

    def __getitem__(self, url: str) -> Queue:
        return self._queues[url]

    def put(
        self, url: str, body: object, age: timedelta = timedelta(hours=1), attributes: Any = None, **more: Any
    ) -> str:
        """Put a message that was sent `age` ago; returns its id."""
        message = self[url].add(body if isinstance(body, str) else json.dumps(body), attributes or {}, **more)
        message.sent -= age.total_seconds()
        return message.id

    def bodies(self, url: str) -> list[str]:
        return [message.body for message in self[url].messages.values()]

    def hidden(self, url: str) -> int:
        return len(self[url].hidden())


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


class Archives(Client):
    """The stream of an archive."""

    service = "firehose"

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[str, Any]] = []
        self.accepts = 100

    def _put_record(self, DeliveryStreamName: str, Record: Any) -> dict[str, Any]:  # noqa: N803
        if not self.accepts:
            raise ClientError({"Error": {"Code": "ServiceUnavailableException"}}, "PutRecord")
        self.accepts -= 1
        self.records.append((DeliveryStreamName, json.loads(Record["Data"])))
        return {"RecordId": "1"}


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
