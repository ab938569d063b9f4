"""Policies for alarms, their recipients, and traces."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..programs.graph import Graph, Node
from .policy import Violation, policy
from .releases import HOOKS

_MOST = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""


@policy
def alarms_name_runbooks(graph: Graph) -> Iterator[Violation]:
    """Every alarm with a recipient names a runbook.

    A person who is woken at night needs instructions, not only the name of a metric.
    """
    for node in graph.of("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        text = str(node.inputs.get("alarmDescription", ""))
        if node.inputs.get("alarmActions") and ("Runbook: " not in text or len(text) > _MOST):
            yield Violation(node, f"names no runbook: end its description, of {_MOST:,} characters, with `Runbook: `.")


@policy
def alarms_have_recipients(graph: Graph) -> Iterator[Violation]:
    """Every alarm notifies a topic, or belongs to a composite alarm or a release.

    An alarm without a recipient is billed, but noticed only after customers have called.
    """
    rules = " ".join(str(node.inputs["alarmRule"]) for node in graph.of("cloudwatch/compositeAlarm"))
    releases = {name for node in graph.of("codedeploy/deploymentGroup") for name in _stops(node)}
    for node in graph.of("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        name = str(node.inputs.get("name", node.inputs.get("alarmName", node.name)))
        if not node.inputs.get("alarmActions") and name not in rules and name not in releases:
            yield Violation(node, "has no recipient: name a topic in alarm_actions.")


@policy
def functions_are_traced(graph: Graph) -> Iterator[Violation]:
    """Every function is traced, and logs in JSON.

    An event's trace ends at the first function without tracing, and logs in plain text cannot be searched by field.
    """
    for node in graph.of("lambda/function"):
        traced = node.inputs.get("tracingConfig", {}).get("mode") == "Active"
        if not traced or node.inputs.get("loggingConfig", {}).get("logFormat") != "JSON":
            yield Violation(node, "is not traced, or does not log in JSON: set tracing_config Active, and JSON logs.")


@policy
def functions_have_error_alarms(graph: Graph) -> Iterator[Violation]:
    """Every function has an alarm on its errors, except for the hooks of releases.

    Asynchronous callers stop after some retries, and no other alarm shows that failure.
    """
    found = [metric.get("dimensions", {}) for metric in metrics(graph) if metric.get("metricName") == "Errors"]
    # An alarm on the newest version only protects a release. It may get no data after the release.
    watched = {str(dimensions.get("FunctionName", "")) for dimensions in found if "ExecutedVersion" not in dimensions}
    for node in graph.of("lambda/function"):
        if node.name not in HOOKS and node.called not in watched:
            yield Violation(node, "has no alarm on its errors: pass it to Functions, and Functions to Canary.")


def metrics(graph: Graph) -> Iterator[Mapping[str, Any]]:
    """Yield the metrics of all alarms."""
    for alarm in graph.of("cloudwatch/metricAlarm"):
        yield alarm.inputs
        yield from (query.get("metric", {}) for query in alarm.inputs.get("metricQueries", []))


def _stops(group: Node) -> list[str]:
    return list(group.inputs.get("alarmConfiguration", {}).get("alarms", []))
