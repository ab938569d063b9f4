"""AWS's own metrics of invocations: AWS/Lambda, AWS/ApiGateway, AWS/DynamoDB and AWS/States.

The emulator records few of them. Assumed samples are zero.

Measured: Invocations, Errors and Duration, from the functions' logs (the emulator counts direct calls only);
Throttles, by the emulator; IteratorAge, where a function writes a metric of its events' age.
Assumed: IteratorAge of other functions that read a stream. All calls are attributed to the alias.

Measured: Count, 4xx, 5xx and Latency, by this run's callers; requests of other clients are missing. Assumed:
IntegrationLatency, which equals Latency, and zero requests and errors without calls.

Measured: SuccessfulRequestLatency by operation, from trace documents. Assumed: throttling, errors, and the consumed
capacity, which the emulator does not calculate.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bounded_context.declaration.measures import EVENT_AGE

from ..actors.caller import Answered
from ..emulator.aws import Aws
from ..emulator.process import Emulator
from .logs import LoggedCall, Sample, own_metrics


def zeros(
    namespace: str, dimensions: Mapping[str, str], metrics: Iterable[str], time: float, unit: str = "Count"
) -> Iterator[Sample]:
    """Yield an assumed zero for each metric."""
    for metric in metrics:
        yield Sample(namespace, metric, dimensions, unit, time, 0.0, assumed=True)


LAMBDA_NAMESPACE = "AWS/Lambda"
LAMBDA_NAMES = ("Invocations", "Errors", "Duration", "Throttles", "IteratorAge")
PERIOD_SECONDS = 86_400


def lambda_samples(calls: Iterable[LoggedCall], aliases: Mapping[str, str]) -> Iterator[Sample]:
    """Yield the samples of calls; `aliases` are the aliases' ARNs by function."""
    for call in calls:
        if call.function in aliases:
            by_name, by_alias = dimensions(aliases[call.function])
            for labels in (by_name, by_alias, by_alias | {"ExecutedVersion": call.version}):
                yield Sample(LAMBDA_NAMESPACE, "Invocations", labels, "Count", call.began, 1)
                yield Sample(LAMBDA_NAMESPACE, "Errors", labels, "Count", call.ended, int(call.failed))
                yield Sample(LAMBDA_NAMESPACE, "Duration", labels, "Milliseconds", call.ended, call.milliseconds)
                for age in (sample for sample in own_metrics(call.lines) if sample.metric == EVENT_AGE.name):
                    yield Sample(LAMBDA_NAMESPACE, "IteratorAge", labels, "Milliseconds", call.began, 1000 * age.value)


def dimensions(alias: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the dimensions of a function and of its alias."""
    name, qualifier = alias.split(":")[-2:]
    return {"FunctionName": name}, {"FunctionName": name, "Resource": f"{name}:{qualifier}"}


def throttles(aws: Aws, aliases: Mapping[str, str], time: float) -> Iterator[Sample]:
    """Yield the number of throttled calls so far, by function."""
    for by_name, by_alias in map(dimensions, aliases.values()):
        throttled = _throttle_count(aws, by_name)
        yield Sample(LAMBDA_NAMESPACE, "Throttles", by_name, "Count", time, throttled)
        yield Sample(LAMBDA_NAMESPACE, "Throttles", by_alias, "Count", time, throttled)


def _throttle_count(aws: Aws, dimensions: Mapping[str, str]) -> float:
    now = datetime.now(UTC)
    statistics = aws.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=LAMBDA_NAMESPACE,
        MetricName="Throttles",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(seconds=PERIOD_SECONDS),
        EndTime=now + timedelta(seconds=1),
        Period=PERIOD_SECONDS,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in statistics["Datapoints"])


def unknown_ages(aws: Aws, aliases: Mapping[str, str], samples: Iterable[Sample], time: float) -> Iterator[Sample]:
    """Yield an assumed age for each function that reads a stream and does not measure the age itself."""
    measured = {sample.dimensions["FunctionName"] for sample in samples if sample.metric == "IteratorAge"}
    mappings = aws.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    readers = [entry["FunctionArn"].split(":") for entry in mappings if ":dynamodb:" in entry["EventSourceArn"]]
    for by_name, by_alias in map(dimensions, aliases.values()):
        name = by_name["FunctionName"]
        if name not in measured and any(name in reader for reader in readers):
            yield from zeros(LAMBDA_NAMESPACE, by_name, ["IteratorAge"], time, "Milliseconds")
            yield from zeros(LAMBDA_NAMESPACE, by_alias, ["IteratorAge"], time, "Milliseconds")


APIGATEWAY_NAMESPACE = "AWS/ApiGateway"
STAGE = "$default"
COUNTED = ("Count", "4xx", "5xx")
TIMED = ("Latency", "IntegrationLatency")
APIGATEWAY_NAMES = (*COUNTED, *TIMED)


def apigateway_samples(
    api: str, routes: Mapping[str, str], answered: Iterable[Answered], now: float
) -> Iterator[Sample]:
    """Yield the samples of an API.

    Args:
        api: the API's id.
        routes: the routes' keys, such as `GET /things/{id}`, by function.
        answered: the requests of this run.
        now: the time of assumed samples, in seconds since 1970.
    """
    stage = {"ApiId": api, "Stage": STAGE}
    for key in (None, *routes.values()):
        yield from zeros(APIGATEWAY_NAMESPACE, stage | _of_route(key), COUNTED, now)
    for request in answered:
        for key in (None, *(key for key in routes.values() if _matches(key, request))):
            yield from _of_request(request, stage | _of_route(key))


def _of_request(request: Answered, dimensions: Mapping[str, str]) -> Iterator[Sample]:
    counts = {"Count": 1, "4xx": int(400 <= request.status < 500), "5xx": int(request.status >= 500)}
    for metric in COUNTED:
        yield Sample(APIGATEWAY_NAMESPACE, metric, dimensions, "Count", request.sent, counts[metric])
    for metric in TIMED:
        yield Sample(APIGATEWAY_NAMESPACE, metric, dimensions, "Milliseconds", request.sent, request.milliseconds)


def _of_route(key: str | None) -> dict[str, str]:
    """Return the additional dimensions of a route."""
    return {} if key is None else dict(zip(("Method", "Resource"), key.split(" "), strict=True))


def _matches(key: str, request: Answered) -> bool:
    method, path = key.split(" ")
    form = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return method == request.method and re.fullmatch(form, request.path.partition("?")[0]) is not None


DYNAMODB_NAMESPACE = "AWS/DynamoDB"
OF_TABLE = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents")
OPERATIONS = (
    "GetItem",
    "BatchGetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
    "BatchExecuteStatement",
    "Query",
    "Scan",
    "GetRecords",
)
LATENCY = "SuccessfulRequestLatency"
DYNAMODB_NAMES = (*OF_TABLE, "SystemErrors", LATENCY)


def dynamodb_samples(table: str, documents: Iterable[Mapping[str, Any]], now: float) -> Iterator[Sample]:
    """Yield the table's samples; `now` is the time of assumed samples, in seconds since 1970."""
    yield from zeros(DYNAMODB_NAMESPACE, {"TableName": table}, OF_TABLE, now)
    for operation in OPERATIONS:
        yield from zeros(DYNAMODB_NAMESPACE, {"TableName": table, "Operation": operation}, ["SystemErrors"], now)
    for document in documents:
        for call in _calls(document):
            yield from _latency(table, call)


def _calls(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the calls to DynamoDB in a document and its nested subsegments."""
    if document.get("namespace") == "aws" and str(document.get("name", "")).lower() == "dynamodb":
        yield document
    for inner in document.get("subsegments", []):
        yield from _calls(inner)


def _latency(table: str, call: Mapping[str, Any]) -> Iterator[Sample]:
    details = call.get("aws", {})
    if details.get("table_name") in (None, table) and "operation" in details and "end_time" in call:
        took = (call["end_time"] - call["start_time"]) * 1000
        dimensions = {"TableName": table, "Operation": details["operation"]}
        if not (call.get("error") or call.get("fault") or call.get("throttle")):
            yield Sample(DYNAMODB_NAMESPACE, LATENCY, dimensions, "Milliseconds", call["end_time"], took)


STATES_NAMESPACE = "AWS/States"
ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
STATES_NAMES = ("ExecutionsStarted", *ENDS.values(), "ExecutionTime")


def executions(aws: Aws, machine: str) -> list[dict[str, Any]]:
    """Return a state machine's executions, without child executions of distributed maps."""
    pages = aws.client("stepfunctions").get_paginator("list_executions")
    return [execution for page in pages.paginate(stateMachineArn=machine) for execution in page["executions"]]


def states_samples(machine: str, runs: list[dict[str, Any]]) -> Iterator[Sample]:
    """Yield the samples of executions; each completion has zeros for the other final statuses."""
    dimensions = {"StateMachineArn": machine}
    for execution in runs:
        start = execution["startDate"].timestamp()
        yield Sample(STATES_NAMESPACE, "ExecutionsStarted", dimensions, "Count", start, 1)
        if execution["status"] in ENDS:
            end = execution["stopDate"].timestamp()
            for status, metric in ENDS.items():
                yield Sample(STATES_NAMESPACE, metric, dimensions, "Count", end, int(execution["status"] == status))
            yield Sample(STATES_NAMESPACE, "ExecutionTime", dimensions, "Milliseconds", end, (end - start) * 1000)


class ApiRequests:
    """The requests that this run sent to the API. Methods return nothing if the stack has no API."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        """Begin without requests. `routes` contains the route key of each function."""
        self._routes = routes
        self.answered: list[Answered] = []

    def samples(self, outputs: Mapping[str, Any], now: float) -> Iterator[Sample]:
        """Return the metric samples that API Gateway would have written by `now`, in seconds since 1970."""
        if not outputs.get("api"):
            return iter(())
        return apigateway_samples(outputs["api"]["id"], self._routes, list(self.answered), now)

    def to_call(self, emulator: Emulator, outputs: Mapping[str, Any]) -> list[str]:
        """Return a `curl` command for the API, and its routes."""
        if not outputs.get("api"):
            return []
        service = f"aws:amz:{emulator.region}:execute-api"
        signed = f'--aws-sigv4 "{service}" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        routes = [f"# route of {function}: {key}" for function, key in self._routes.items()]
        return [f"curl -i {signed} {outputs['api']['url']}/...", *routes]
