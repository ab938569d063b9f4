"""Each queried metric of AWS is in AWS's tables, with these dimensions."""

from pathlib import Path

import pytest

from bounded_context_cli.docs import FOLDER
from tests.aws_requests.graphs import GRAPHS

from .metrics import dashboard, documented, is_documented, of_graph, undocumented

PAGES = sorted(
    [
        *FOLDER.rglob("*.md"),
        *Path(__file__).parents[3].joinpath("docs").rglob("*.md"),
    ]
)


def test_alarms_and_dashboards_query_documented_metrics() -> None:
    names = ("with every setting", "with the least settings", "the default as local", "with an archive as prod")
    graphs = [GRAPHS[name]() for name in names]
    queries = {pair for graph in graphs for pair in of_graph(graph)}
    unqueried = {query.namespace for query in documented()} - {query.namespace for query, _ in queries}
    assert unqueried == {"AWS/Scheduler"}, "only a team's own schedule has this alarm"
    assert sorted(pair for pair in queries if not is_documented(*pair)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_on_pages_name_documented_metrics(page: Path) -> None:
    assert [*undocumented(page.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "line",
    [
        ["AWS/Lambda", "Error", "FunctionName", "f"],
        ["AWS/Lambda", "Errors", "FunctionName", "f", "ExecutedVersion", "1"],
        ["AWS/Backup", "NumberOfCopyJobsFailed", "VaultName", "v"],
        ["AWS/Lambdas", "Errors", "FunctionName", "f"],
        ["AWS/Lambda", "Errors", "FunctionName", "f", {"stat": "Average"}],
        [{"expression": "SUM(SEARCH('{AWS/SQS,Queue} MetricName=\"NumberOfMessagesSent\"', 'Sum'))"}],
    ],
)
def test_an_undocumented_metric_is_detected(line: list[object]) -> None:
    body = {"widgets": [{"type": "metric", "properties": {"metrics": [line], "stat": "Sum"}}]}
    assert [is_documented(*pair) for pair in dashboard(body)] == [False]


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("list-metrics --namespace AWS/ApiGateway --dimensions Name=Method", True),
        ("list-metrics --namespace AWS/ApiGateway --dimensions Name=Route", False),
        ("list-metrics --namespace AWS/Lambda --metric-name Error", False),
        (
            "get-metric-statistics --namespace AWS/SQS --metric-name NumberOfMessagesSent --dimensions Name=QueueName",
            True,
        ),
        ("get-metric-statistics --namespace AWS/SNS --metric-name NumberOfMessagesPublished", False),
    ],
)
def test_an_undocumented_command_is_detected(command: str, known: bool) -> None:
    assert [*undocumented(f"Try: `aws cloudwatch {command}`.")] == ([] if known else [f"aws cloudwatch {command}"])
