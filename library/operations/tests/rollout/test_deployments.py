"""How many deployments are looked at in one call, and which alarms count."""

from datetime import datetime, timedelta, timezone

import boto3

from bounded_context_operations.release.rollout.deployments import Deployment, Deployments
from bounded_context_operations.release.rollout.survey import Alarms
from tests.rollout.conftest import REGION, Stack


def test_each_call_respects_codedeploys_limit_of_deployments(stack: Stack):
    """25 at a time; every one is seen."""
    begun = {stack.begin("one", "1", "2").id for _ in range(60)}
    seen = Deployments(stack.codedeploy, "test").read(begun)  # pyrefly: ignore[bad-argument-type] (a stand-in)
    assert set(seen) == begun
    assert [len(call["deploymentIds"]) for call in stack.codedeploy.called("batch_get_deployments")] == [25, 25, 10]


def test_alarms_are_read_by_name(stack: Stack):
    """Here moto's CloudWatch: an alarm that is not asked for, or that does not fire, does not count."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    for name, state in {"fires": "ALARM", "rests": "OK", "other": "ALARM", "new": "INSUFFICIENT_DATA"}.items():
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="test", MetricName="errors", ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1, Period=60, Statistic="Sum", Threshold=0,
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="as asked")  # pyrefly: ignore[bad-argument-type] (one of its states)
    assert Alarms(cloudwatch).firing(["fires", "rests", "new", "missing"]) == ["fires"]


def test_times_are_printed_in_utc():
    """botocore reads AWS's times in the zone of the machine that runs the rollout."""
    created = datetime(2031, 5, 7, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    seen = Deployment.of({"deploymentId": "d-1", "status": "Succeeded", "createTime": created})
    assert seen.summary == "d-1 Succeeded, 2031-05-06 23:30 UTC"
