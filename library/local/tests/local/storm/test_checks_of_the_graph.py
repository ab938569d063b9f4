"""The checks before the storm: planted faults of a recorded graph, each of which must be a finding."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from bounded_context_cli.programs import Graph, Node
from bounded_context_cli.programs.recording import run
from bounded_context_lab.storm import graph_checks
from bounded_context_lab.storm.faults import Resources, derive
from tests.infra.contexts import DEFAULT, EXPORTS, SHAPES
from tests.infra.graph import DELIVERED, run_context, run_shape

PREFIX: Final = "payment-prod-"
WARNINGS: Final = f"arn:aws:sns:eu-central-1:111122223333:{PREFIX}warnings"

Inputs = Mapping[str, Any]
Edit = Callable[[Inputs], Inputs | None]
"""Returns the changed inputs of a resource, or None to remove the resource."""


def edited(graph: Graph, kind: str, name: str, edit: Edit) -> Graph:
    """Return a copy of a graph with one changed resource."""
    nodes = list[Node]()
    for node in graph.nodes:
        inputs = edit(node.inputs) if (node.kind, node.name) == (kind, name) else node.inputs
        nodes += [] if inputs is None else [replace(node, inputs=inputs)]
    assert [node.inputs for node in nodes] != [node.inputs for node in graph.nodes], "the plant changes nothing"
    return replace(graph, nodes=nodes)


def findings(graph: Graph, context: Any = DEFAULT, wanted: str = "all") -> list[str]:
    faults = derive(graph, context)
    return [
        *graph_checks.alarm_findings(graph, faults, wanted),
        *graph_checks.failure_findings(Resources(graph, context)),
    ]


def put(**changed: Any) -> Edit:
    return lambda inputs: {**inputs, **changed}


def without(*names: str) -> Edit:
    return lambda inputs: {name: value for name, value in inputs.items() if name not in names}


def query(number: int, **changed: Any) -> Edit:
    """Change the metric of a query of an alarm."""

    def change(inputs: Inputs) -> Inputs:
        queries = [dict(query) for query in inputs["metricQueries"]]
        queries[number]["metric"] = {**queries[number]["metric"], **changed}
        return {**inputs, "metricQueries": queries}

    return change


def expression(text: str) -> Edit:
    """Change the last expression of an alarm."""
    return lambda inputs: {
        **inputs,
        "metricQueries": [*inputs["metricQueries"][:-1], {**inputs["metricQueries"][-1], "expression": text}],
    }


def without_retries(state: str) -> Edit:
    """Remove the retries of a state."""

    def change(inputs: Inputs) -> Inputs:
        definition = json.loads(inputs["definition"])
        del definition["States"][state]["Retry"]
        return {**inputs, "definition": json.dumps(definition)}

    return change


def removed(_: Inputs) -> None:
    return None


ALARM: Final = "cloudwatch/metricAlarm"

PLANTS: Final[dict[str, tuple[str, str, Edit]]] = {
    "the dimension of another function": (
        ALARM,
        "relay-events-stream-age",
        put(dimensions={"FunctionName": f"{PREFIX}relay"}),
    ),
    "the dimension of a version instead of the alias": (
        ALARM,
        "callers-errors",
        query(0, dimensions={"FunctionName": f"{PREFIX}register-payment", "Resource": f"{PREFIX}register-payment:1"}),
    ),
    "a dimension that AWS does not write": (
        ALARM,
        "table-throttles",
        query(0, dimensions={"TableName": f"{PREFIX}table", "Operation": "GetItem"}),
    ),
    "an index without alarm": (ALARM, "table-throttles", query(2, dimensions={"TableName": f"{PREFIX}table"})),
    "another namespace": (ALARM, "inbound-age", query(0, namespace="AWS/SNS")),
    "another metric": (ALARM, "dead-letters-critical", query(0, metricName="NumberOfMessagesReceived")),
    "the namespace of another stack": (ALARM, "lists-uploads-unseen", put(namespace="payment-dev")),
    "another statistic": (ALARM, "measure-lists-stream-age", put(statistic="Average")),
    "the minimum of a queue's age": (ALARM, "events-age", query(0, stat="Minimum")),
    "the opposite comparison": (ALARM, "list-import-failed", put(comparisonOperator="LessThanThreshold")),
    "a comparison that is always true": (
        ALARM,
        "callers-errors",
        put(comparisonOperator="GreaterThanOrEqualToThreshold"),
    ),
    "a threshold beyond the stream's retention": (ALARM, "relay-events-stream-age", put(threshold=90_000_000)),
    "a threshold in seconds for milliseconds": (ALARM, "relay-events-stream-age", put(threshold=900)),
    "a threshold of a thousand errors": (ALARM, "background-errors", put(threshold=1000)),
    "a period of an hour": (ALARM, "on-event-new-version-errors", put(period=86400)),
    "more periods than a fault lasts": (ALARM, "api-errors", put(evaluationPeriods=60, datapointsToAlarm=60)),
    "no topic": (ALARM, "mappings-failing", put(alarmActions=[])),
    "the topic of warnings for a critical alarm": (ALARM, "dead-letters-critical", put(alarmActions=[WARNINGS])),
    "no warning about missing data": (ALARM, "lists-unfinished", put(treatMissingData="notBreaching")),
    "no topic for missing data": (ALARM, "lists-uploads-unseen", put(insufficientDataActions=[])),
    "a metric that the expression omits": (ALARM, "dead-letters-warning", expression("SUM([letters2, letters3])")),
    "a missing alarm": (ALARM, "inbound-age", removed),
    "a missing alarm on a schedule's function": (ALARM, "lists-unfinished", removed),
    "a queue without dead letters": ("sqs/queue", "inbound", without("redrivePolicy")),
    "a removed dead-letter queue": ("sqs/queue", "events-bi", put(redrivePolicy="{}")),
    "a subscription without dead letters": ("sns/topicSubscription", "events-bi", without("redrivePolicy")),
    "a rule's target without dead letters": ("cloudwatch/eventTarget", "upload-completed", without("deadLetterConfig")),
    "abandoned batches without a bucket": (
        "lambda/eventSourceMapping",
        "relay-events-stream",
        without("destinationConfig"),
    ),
    "abandoned batches without a report": ("cloudwatch/eventTarget", "relay-events-lost", removed),
    "ignored partial failures": (
        "lambda/eventSourceMapping",
        "inbound-queue",
        without("functionResponseTypes"),
    ),
    "a state without retries": ("sfn/stateMachine", "list-import", without_retries("ValidateList")),
}
"""The plants: type and name of the changed resource, and the change."""


@pytest.mark.parametrize("stack", ["prod", "local"])
def test_a_stack_has_all_expected_alarms(stack: str):
    assert findings(run(stack)) == []


@pytest.mark.parametrize("name", SHAPES)
def test_contexts_of_other_shapes_have_all_expected_alarms(name: str):
    assert findings(run_shape(name, "prod"), SHAPES[name]) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_detected_before_the_run(plant: str):
    kind, name, edit = PLANTS[plant]
    assert len(findings(edited(run("prod"), kind, name, edit))) >= 1


def test_a_finding_names_the_alarm_and_the_metric():
    graph = edited(run("prod"), ALARM, "inbound-age", removed)
    metric = f"AWS/SQS ApproximateAgeOfOldestMessage (Maximum) of QueueName={PREFIX}inbound"
    assert findings(graph) == [f"The alarm inbound-age is missing: it must watch {metric}."]


def test_a_stack_without_warnings_needs_its_critical_alarms_alone():
    graph = run("local", alarms="critical")
    assert findings(graph, wanted="critical") == []
    assert findings(edited(graph, ALARM, "callers-errors", removed), wanted="critical")


def test_the_rules_of_exports_need_no_queue_of_uploads() -> None:
    """A download has a queue of its own, and the end of a transfer needs none."""
    graph = run_context(EXPORTS, "prod", partners=DELIVERED)
    assert findings(graph, EXPORTS) == []
