"""What the deployer makes of dashboards, of alarms on alarms and of alarms that calculate."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.provider.creation import Request
from bounded_context_local.provider.program import create

from .conftest import RecordingAws

RULE = 'ALARM("one") OR ALARM("two")'
RATE = [
    {
        "id": "failed",
        "metric": {
            "namespace": "stack",
            "metricName": "Failed",
            "dimensions": {"service": "it"},
            "period": 300.0,
            "stat": "Sum",
        },
    },
    {"id": "rate", "expression": "100 * failed", "label": "Failed", "returnData": True},
]


def _make(aws: RecordingAws, kind: str, **inputs: Any) -> tuple[dict[str, Any], list[str]]:
    request = Request(f"aws:cloudwatch/{kind}", "name", inputs, Path())
    return create(aws, request)[1], request.adapted


def _sent(aws: RecordingAws, operation: str) -> dict[str, Any]:
    [parameters] = [arguments for name, arguments in aws.calls if name == f"cloudwatch:{operation}"]
    return {name: value for name, value in parameters.items() if value is not None}


def test_a_dashboard_keeps_its_body(aws_of_nothing: RecordingAws) -> None:
    body = json.dumps({"widgets": []})
    outputs, _ = _make(aws_of_nothing, "dashboard:Dashboard", dashboardName="lists", dashboardBody=body)
    assert _sent(aws_of_nothing, "put_dashboard") == {"DashboardName": "lists", "DashboardBody": body}
    assert outputs == {"dashboardArn": "arn:aws:cloudwatch::123456789012:dashboard/lists"}


def test_a_composite_alarm_keeps_its_rule_its_actions_and_its_tags(aws_of_nothing: RecordingAws) -> None:
    outputs, adapted = _make(
        aws_of_nothing,
        "compositeAlarm:CompositeAlarm",
        alarmName="all",
        alarmDescription="Something is wrong.",
        alarmRule=RULE,
        alarmActions=["arn:topic"],
        okActions=["arn:topic"],
        tags={"owner": "us"},
    )
    assert _sent(aws_of_nothing, "put_composite_alarm") == {
        "AlarmName": "all",
        "AlarmDescription": "Something is wrong.",
        "AlarmRule": RULE,
        "AlarmActions": ["arn:topic"],
        "OKActions": ["arn:topic"],
        "Tags": [{"Key": "owner", "Value": "us"}],
    }
    assert outputs["arn"].endswith(":123456789012:alarm:all")
    assert adapted == []


def test_a_suppressor_has_the_parameters_of_the_api_and_is_listed(aws_of_nothing: RecordingAws) -> None:
    block = {"alarm": "maintenance", "extensionPeriod": 60.0, "waitPeriod": 120.0}
    _, adapted = _make(
        aws_of_nothing, "compositeAlarm:CompositeAlarm", alarmName="all", alarmRule=RULE, actionsSuppressor=block
    )
    sent = _sent(aws_of_nothing, "put_composite_alarm")
    assert (sent["ActionsSuppressor"], sent["ActionsSuppressorWaitPeriod"]) == ("maintenance", 120)
    assert sent["ActionsSuppressorExtensionPeriod"] == 60
    assert "ignores" in adapted[0]


def test_an_alarm_that_calculates_exists_is_ok_and_is_listed(aws_of_nothing: RecordingAws) -> None:
    """The emulator would leave it without a state for ever."""
    _, adapted = _make(
        aws_of_nothing,
        "metricAlarm:MetricAlarm",
        name="rate",
        metricQueries=RATE,
        comparisonOperator="GreaterThanThreshold",
        threshold=5.0,
        evaluationPeriods=1.0,
    )
    first, second = _sent(aws_of_nothing, "put_metric_alarm")["Metrics"]
    assert first["MetricStat"] == {
        "Metric": {
            "Namespace": "stack",
            "MetricName": "Failed",
            "Dimensions": [{"Name": "service", "Value": "it"}],
        },
        "Period": 5,
        "Stat": "Sum",
    }
    assert second == {"Id": "rate", "Expression": "100 * failed", "Label": "Failed", "ReturnData": True}
    assert _sent(aws_of_nothing, "set_alarm_state")["StateValue"] == "OK"
    assert "no metric math" in adapted[0]


def test_an_unsupported_input_is_an_error(aws_of_nothing: RecordingAws) -> None:
    with pytest.raises(LocalRunError, match="'wizardry'"):
        _make(aws_of_nothing, "dashboard:Dashboard", dashboardName="d", dashboardBody="{}", wizardry=1)
