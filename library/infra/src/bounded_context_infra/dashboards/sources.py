"""Metrics of the context, and metrics of AWS's services with their documented dimensions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bounded_context.declaration.measures import Measure

from .names import Names
from .widgets import Metric, metric

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
    found = (
        "{AWS/Lambda,FunctionName,Resource,ExecutedVersion} "
        f'MetricName="{name}" Resource="{function_name}:{names.alias}"'
    )
    label = f"{names.part(function_name)} ${{PROP('Dim.ExecutedVersion')}}"
    return [{"expression": f"SEARCH('{found}', '{stat}', {period})", "label": label}]
