"""Metrics of the context and of AWS's services, with their dimensions, and the names of resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.declaration.measures import Measure, Measures

from .widgets import Metric, Section, metric


@dataclass(frozen=True)
class Names:
    """The names of a stack's resources, as the dimensions of their metrics contain them, and its targets.

    `alarms` maps a severity to ARNs, the most urgent first. `functions` maps a heading to functions. `queues` and
    `dead_letters` map a purpose to a queue, `rules` an event to a rule. `inbound` is the queue of other contexts'
    events. `machine_arn` is None without
    lists, `server` without SFTP. `endpoints` maps a dashboard to sections of endpoints, such as the HTTP API.
    """

    context: Context[Any]
    prefix: str
    alias: str
    region: str
    runbook: str
    target_seconds: int
    alarms: Mapping[str, Sequence[str]]
    functions: Mapping[str, Sequence[str]]
    log_groups: Sequence[str]
    machine_arn: str | None
    rules: Mapping[str, str]
    server: str | None
    table: str
    operations: Sequence[str]
    readers: Sequence[str]
    topic: str
    queues: Mapping[str, str]
    inbound: str
    dead_letters: Mapping[str, str]
    endpoints: Mapping[str, Sequence[Section]]

    @property
    def service(self) -> dict[str, str]:
        """The dimension of all metrics of the context."""
        return {"service": self.context.name}

    @property
    def measures(self) -> Measures:
        """The metrics of the context."""
        return self.context.measures

    def part(self, name: str) -> str:
        """Return a name without the stack's prefix, for a legend."""
        return name.removeprefix(f"{self.prefix}-")


_NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def own(names: Names, measure: Measure, more: Mapping[str, str] = _NOTHING_MORE, **drawn: Any) -> Metric:
    """Return a metric of the context, by `service` and at most one more dimension."""
    return metric(names.prefix, measure.name, {**names.service, **more}, **drawn)


def by_value(names: Names, measure: Measure) -> list[Metric]:
    """Return a metric of the context for each value of its dimension."""
    return [own(names, measure, {str(measure.dimension): value}, label=value) for value in measure.values]


def function(names: Names, name: str, function_name: str, **drawn: Any) -> Metric:
    """Return a metric of a function, all its versions together."""
    label = names.part(function_name)
    return metric("AWS/Lambda", name, {"FunctionName": function_name}, **{"label": label, **drawn})


def machine(arn: str, name: str, **drawn: Any) -> Metric:
    """Return a metric of a state machine."""
    return metric("AWS/States", name, {"StateMachineArn": arn}, **drawn)


def rule(name: str, rule_name: str, **drawn: Any) -> Metric:
    """Return a metric of a rule on the default event bus."""
    return metric("AWS/Events", name, {"RuleName": rule_name}, **drawn)


def server(server_id: str, name: str, **drawn: Any) -> Metric:
    """Return a metric of an SFTP server."""
    return metric("AWS/Transfer", name, {"ServerId": server_id}, **drawn)


def queue(name: str, queue_name: str, **drawn: Any) -> Metric:
    """Return a metric of a queue."""
    return metric("AWS/SQS", name, {"QueueName": queue_name}, **drawn)


def table(names: Names, name: str, **drawn: Any) -> Metric:
    """Return a metric of the table as a whole."""
    return metric("AWS/DynamoDB", name, {"TableName": names.table}, **drawn)


def operation(names: Names, name: str, what: str, **drawn: Any) -> Metric:
    """Return a metric of an operation on the table. DynamoDB has no sum over its operations."""
    return metric("AWS/DynamoDB", name, {"TableName": names.table, "Operation": what}, **drawn)


def topic(names: Names, name: str, **drawn: Any) -> Metric:
    """Return a metric of the topic."""
    return metric("AWS/SNS", name, {"TopicName": names.topic}, **drawn)


def versions(names: Names, name: str, function_name: str, stat: str, period: int) -> Metric:
    """Return a search for a metric of each version called by the alias, since their numbers are not known before."""
    search = (
        "{AWS/Lambda,FunctionName,Resource,ExecutedVersion} "
        f'MetricName="{name}" Resource="{function_name}:{names.alias}"'
    )
    label = f"{names.part(function_name)} ${{PROP('Dim.ExecutedVersion')}}"
    return [{"expression": f"SEARCH('{search}', '{stat}', {period})", "label": label}]
