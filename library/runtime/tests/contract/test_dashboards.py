"""What dashboards show is measured, and what is measured is shown."""

from collections.abc import Callable, Mapping

import pytest

from bounded_context.declaration.measures import OPTIONAL
from tests.infra.dashboards import Shown, bodies, metrics, searches
from tests.infra.graph import CONTEXT, PARTNERS, Graph, run

MEASURES = [measure for measure in CONTEXT.measures.all if measure not in OPTIONAL]
OPERATIONS = {
    *("PutItem", "DeleteItem", "UpdateItem", "GetItem", "BatchGetItem", "Scan", "Query", "BatchWriteItem"),
    *("TransactWriteItems", "TransactGetItems", "ExecuteTransaction", "BatchExecuteStatement", "ExecuteStatement"),
}
"""The values of DynamoDB's dimension Operation."""

WAYS_IN: Mapping[str, Callable[[], Graph]] = {
    "a server of its own": lambda: run("prod", sftp="dedicated", partners=PARTNERS),
    "a shared server": lambda: run("staging", sftp="shared", sftp_server_id="s-1111aaaa2222bbbb3", partners=PARTNERS),
    "no SFTP": lambda: run("dev"),
}


@pytest.fixture(params=WAYS_IN)
def stack(request: pytest.FixtureRequest) -> Graph:
    """A stack for each way in that lists may have."""
    return WAYS_IN[request.param]()


@pytest.fixture
def drawn_metrics(stack: Graph) -> list[Shown]:
    """Every metric on the stack's dashboards."""
    return [metric for body in bodies(stack).values() for metric in metrics(body)]


def _measured() -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Each metric of ours, by its name and the dimension that it has besides `service`."""
    plain = {(measure.name, frozenset()) for measure in MEASURES if measure.dimension is None}
    told_apart = {
        (measure.name, frozenset([(measure.dimension, value)]))
        for measure in MEASURES
        if measure.dimension
        for value in measure.values
    }
    return plain | told_apart


def test_own_metrics_on_dashboards_equal_the_measured_ones(stack: Graph, drawn_metrics: list[Shown]) -> None:
    """Each is shown, with each reason and currency, and nothing else is."""
    prefix = stack.one("cloudwatch/dashboard", "business").inputs["dashboardName"].removesuffix("-business")
    ours = [metric for metric in drawn_metrics if not metric.namespace.startswith("AWS/")]
    assert {metric.namespace for metric in ours} == {prefix}
    assert {metric.dimensions["service"] for metric in ours} == {CONTEXT.name}
    besides = {(metric.name, frozenset(metric.dimensions.items()) - {("service", CONTEXT.name)}) for metric in ours}
    assert besides == _measured()
    assert {name for name, _ in _measured()} == {measure.name for measure in MEASURES}


def _resources(stack: Graph) -> Mapping[str, set[str]]:
    names = {
        "FunctionName": "lambda/function",
        "RuleName": "cloudwatch/eventRule",
        "QueueName": "sqs/queue",
        "TopicName": "sns/topic",
        "TableName": "dynamodb/table",
    }
    sftp = stack.outputs["sftp"]
    return {
        **{dimension: {node.inputs["name"] for node in stack.of(kind)} for dimension, kind in names.items()},
        "StateMachineArn": {node.arn for node in stack.of("sfn/stateMachine")},
        "ServerId": {sftp["server_id"]} if sftp else set(),
        "ApiId": {node.outputs["id"] for node in stack.of("apigatewayv2/api")},
        "Stage": {node.inputs["name"] for node in stack.of("apigatewayv2/stage")},
        "Method": {node.inputs["routeKey"].split(" ")[0] for node in stack.of("apigatewayv2/route")},
        "Resource": {node.inputs["routeKey"].split(" ")[1] for node in stack.of("apigatewayv2/route")},
        "Operation": OPERATIONS,
    }


def test_the_dimensions_name_resources_of_the_stack(stack: Graph, drawn_metrics: list[Shown]) -> None:
    """A dashboard of another stack's resources looks as good as one's own."""
    resources = _resources(stack)
    for metric in drawn_metrics:
        if metric.namespace.startswith("AWS/"):
            assert all(value in resources[name] for name, value in metric.dimensions.items()), metric


def test_every_working_resource_is_on_a_dashboard(stack: Graph, drawn_metrics: list[Shown]) -> None:
    """Every function that is called, every queue, every reader of the stream."""
    seen = {(dimension, value) for metric in drawn_metrics for dimension, value in metric.dimensions.items()}
    called = {arn.split(":")[6] for arn in stack.outputs["functions"].values()}
    assert {value for dimension, value in seen if dimension == "FunctionName"} == called
    assert {value for dimension, value in seen if dimension == "QueueName"} == _resources(stack)["QueueName"]
    readers = {node.inputs["functionName"].split(":")[6] for node in stack.stream_readers()}
    assert {metric.dimensions["FunctionName"] for metric in drawn_metrics if metric.name == "IteratorAge"} == readers


def test_versions_are_searched_for_behind_each_alias(stack: Graph) -> None:
    """The calls and the errors of each function, by the version that took them."""
    aliases = {f"{node.inputs['functionName']}:{node.inputs['name']}" for node in stack.of("lambda/alias")}
    all_searches = {search for body in bodies(stack).values() for search in searches(body)}
    form = "SEARCH('{{AWS/Lambda,FunctionName,Resource,ExecutedVersion}} MetricName=\"{}\" Resource=\"{}\"', 'Sum', 60)"
    assert all_searches == {form.format(name, alias) for name in ("Invocations", "Errors") for alias in aliases}
