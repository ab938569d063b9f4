"""Alarms on the emulator: what the run sets that the emulator leaves."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from bounded_context.tools.local.periodic import until
from bounded_context.tools.local.stand_ins import metrics
from bounded_context.tools.local.stand_ins.metrics import treat_missing_data, treating_missing_data

from .conftest import RecordingAws


class Alarms(RecordingAws):
    """CloudWatch with one alarm, with or without data."""

    def __init__(self, treatment: str, state: str, datapoints: int = 0) -> None:
        super().__init__()
        self.datapoints = datapoints
        self.alarm = {
            "AlarmName": "errors",
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Period": 1,
            "EvaluationPeriods": 3,
            "TreatMissingData": treatment,
            "StateValue": state,
        }

    def client(self, service: str) -> Any:  # noqa: ARG002
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        return [{"MetricAlarms": [self.alarm]}]

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ARG002
        if operation == "set_alarm_state":
            self.alarm["StateValue"] = parameters["StateValue"]
        return {"Datapoints": [{}] * self.datapoints}


@pytest.mark.parametrize(
    ("treatment", "before", "after"),
    [
        ("notBreaching", "ALARM", "OK"),
        ("notBreaching", "INSUFFICIENT_DATA", "OK"),
        ("breaching", "OK", "ALARM"),
        ("missing", "ALARM", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM", "ALARM"),
    ],
)
def test_an_alarm_without_data_gets_the_state_it_asks_for(treatment: str, before: str, after: str) -> None:
    aws = Alarms(treatment, before)
    treat_missing_data(aws)
    assert aws.alarm["StateValue"] == after


def test_an_alarm_with_data_is_left_to_the_emulator() -> None:
    aws = Alarms("notBreaching", "ALARM", datapoints=1)
    treat_missing_data(aws)
    assert aws.alarm["StateValue"] == "ALARM"


def test_an_alarm_that_calculates_is_left_as_it_was_made() -> None:
    """It has no metric to look for, and nothing here calculates it."""
    aws = Alarms("breaching", "OK")
    del aws.alarm["Namespace"]
    treat_missing_data(aws)
    assert aws.alarm["StateValue"] == "OK"


class Interrupted(Alarms):
    """CloudWatch that does not answer the first request."""

    answers = False

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        if self.answers:
            return super().paginate()
        self.answers = True
        raise EndpointConnectionError(endpoint_url="http://localhost")


def test_alarms_are_set_again_after_a_connection_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the emulator has ended, the run reports it, and no thread prints a stack trace."""
    monkeypatch.setattr(metrics, "MINUTE_SECONDS", 0.01)
    aws = Interrupted("notBreaching", "ALARM")
    with treating_missing_data(aws):
        assert until(lambda: aws.alarm["StateValue"] == "OK", 5, 0.01)
