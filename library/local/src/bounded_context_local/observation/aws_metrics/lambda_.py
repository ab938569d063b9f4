"""AWS/Lambda, by function, by alias, and by version of the alias.

Measured: Invocations, Errors and Duration, from the functions' logs (the emulator counts direct calls only);
Throttles, by the emulator; IteratorAge, where a function writes a metric of its events' age.
Assumed: IteratorAge of other functions that read a stream. All calls are attributed to the alias.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from bounded_context.declaration.measures import EVENT_AGE

from ...emulator.aws import Aws
from ..logs import METRICS, Call
from ..samples import Sample, own_metrics
from . import zeros

NAMESPACE = "AWS/Lambda"
NAMES = ("Invocations", "Errors", "Duration", "Throttles", "IteratorAge")
PERIOD_SECONDS = 86_400


def samples(calls: Iterable[Call], aliases: Mapping[str, str]) -> Iterator[Sample]:
    """Yield the samples of calls; `aliases` are the aliases' ARNs by function."""
    for call in calls:
        if call.function in aliases:
            for dimensions in _of_call(aliases[call.function], call.version):
                yield Sample(NAMESPACE, "Invocations", dimensions, "Count", call.began, 1)
                yield Sample(NAMESPACE, "Errors", dimensions, "Count", call.ended, int(call.failed))
                yield Sample(NAMESPACE, "Duration", dimensions, "Milliseconds", call.ended, call.milliseconds)
                for age in _ages(call):
                    yield Sample(NAMESPACE, "IteratorAge", dimensions, "Milliseconds", call.began, age)


def _of_call(alias: str, version: str) -> Iterator[dict[str, str]]:
    by_name, by_alias = dimensions(alias)
    yield by_name
    yield by_alias
    yield by_alias | {"ExecutedVersion": version}


def dimensions(alias: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the dimensions of a function and of its alias."""
    name, qualifier = alias.split(":")[-2:]
    return {"FunctionName": name}, {"FunctionName": name, "Resource": f"{name}:{qualifier}"}


def _ages(call: Call) -> Iterator[float]:
    own = own_metrics(line for line in call.lines if line.level == METRICS)
    yield from (1000 * sample.value for sample in own if sample.metric == EVENT_AGE.name)


def throttles(aws: Aws, aliases: Mapping[str, str], time: float) -> Iterator[Sample]:
    """Yield the number of throttled calls so far, by function."""
    for by_name, by_alias in map(dimensions, aliases.values()):
        throttled = _throttled(aws, by_name)
        yield Sample(NAMESPACE, "Throttles", by_name, "Count", time, throttled)
        yield Sample(NAMESPACE, "Throttles", by_alias, "Count", time, throttled)


def _throttled(aws: Aws, dimensions: Mapping[str, str]) -> float:
    now = datetime.now(UTC)
    found = aws.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=NAMESPACE,
        MetricName="Throttles",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(seconds=PERIOD_SECONDS),
        EndTime=now + timedelta(seconds=1),
        Period=PERIOD_SECONDS,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def unknown_ages(aws: Aws, aliases: Mapping[str, str], known: Iterable[Sample], time: float) -> Iterator[Sample]:
    """Yield an assumed age for each function that reads a stream and does not measure the age itself."""
    measured = {sample.dimensions["FunctionName"] for sample in known if sample.metric == "IteratorAge"}
    mappings = aws.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    readers = [entry["FunctionArn"].split(":") for entry in mappings if ":dynamodb:" in entry["EventSourceArn"]]
    for by_name, by_alias in map(dimensions, aliases.values()):
        name = by_name["FunctionName"]
        if name not in measured and any(name in reader for reader in readers):
            yield from zeros(NAMESPACE, by_name, ["IteratorAge"], time, "Milliseconds")
            yield from zeros(NAMESPACE, by_alias, ["IteratorAge"], time, "Milliseconds")
