"""CloudWatch: dashboards, metric alarms and composite alarms."""

from typing import Any

from ..aws import Aws
from ..clock import shortened
from ..metrics import name_with_dimensions
from .registry import Made, Request, creates

CALCULATES = "metricQueries"


@creates("aws:cloudwatch/dashboard:Dashboard")
def dashboard(aws: Aws, request: Request) -> Made:
    """Create a dashboard. The emulator stores its body and displays nothing."""
    name, body = request.take("dashboardName"), request.take("dashboardBody")
    aws.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
    # Dashboards are global: their ARN has no region.
    return name, {"dashboardArn": f"arn:aws:cloudwatch::{aws.account}:dashboard/{name}"}


@creates("aws:cloudwatch/compositeAlarm:CompositeAlarm")
def composite_alarm(aws: Aws, request: Request) -> Made:
    """Create a composite alarm on existing alarms."""
    name, tags = request.take("alarmName"), request.tags()
    suppressor = _suppressor(request.take("actionsSuppressor"))
    parameters = request.rest(aws, "cloudwatch", "put_composite_alarm")
    aws.call("cloudwatch", "put_composite_alarm", AlarmName=name, Tags=tags, **suppressor, **parameters)
    if suppressor:
        request.adapted.append("the emulator stores the suppressor and ignores it")
    return name, {"arn": _alarm_arn(aws, name)}


def _suppressor(block: dict[str, Any] | None) -> dict[str, Any]:
    """Return the three parameters of the call for Pulumi's block."""
    if block is None:
        return {}
    return {
        "ActionsSuppressor": block["alarm"],
        "ActionsSuppressorExtensionPeriod": int(block["extensionPeriod"]),
        "ActionsSuppressorWaitPeriod": int(block["waitPeriod"]),
    }


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(aws: Aws, request: Request) -> Made:
    """Create an alarm on a metric or on metric math."""
    name = request.physical_name()
    create_alarm = _calculating_alarm if CALCULATES in request.inputs else _watching_alarm
    create_alarm(aws, request, name)
    return name, {"arn": _alarm_arn(aws, name), "name": name}


def _watching_alarm(aws: Aws, request: Request, name: str) -> None:
    tags, dimensions = request.tags(), request.take("dimensions") or {}
    period = request.take("period")
    request.inputs["metricName"] = name_with_dimensions(request.take("metricName"), dimensions)
    parameters = request.rest(aws, "cloudwatch", "put_metric_alarm")
    aws.call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName=name,
        Dimensions=_pairs(dimensions),
        Period=shortened(period),
        Tags=tags,
        **parameters,
    )
    request.adapted.append("the metric's name contains its dimensions, because the emulator's alarms ignore dimensions")


def _calculating_alarm(aws: Aws, request: Request, name: str) -> None:
    """Create an alarm that stays OK, because the emulator evaluates no metric queries."""
    tags, queries = request.tags(), [_query(query) for query in request.take(CALCULATES)]
    parameters = request.rest(aws, "cloudwatch", "put_metric_alarm")
    aws.call("cloudwatch", "put_metric_alarm", AlarmName=name, Metrics=queries, Tags=tags, **parameters)
    reason = "The emulator does not evaluate metric math."
    aws.call("cloudwatch", "set_alarm_state", AlarmName=name, StateValue="OK", StateReason=reason)
    request.adapted.append("the alarm stays OK: the emulator has no metric math; the page of dashboards calculates it")


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """Return a metric query in the API's form: a metric with a statistic, or an expression."""
    named = {"Id": query["id"], "Label": query.get("label"), "ReturnData": query.get("returnData", False)}
    return {key: value for key, value in (named | _measured(query)).items() if value is not None}


def _measured(query: dict[str, Any]) -> dict[str, Any]:
    if "metric" not in query:
        period = query.get("period")
        return {"Expression": query["expression"], "Period": period and shortened(period)}
    metric = query["metric"]
    dimensions = _pairs(metric.get("dimensions") or {})
    named = {"Namespace": metric["namespace"], "MetricName": metric["metricName"], "Dimensions": dimensions}
    return {"MetricStat": {"Metric": named, "Period": shortened(metric["period"]), "Stat": metric["stat"]}}


def _pairs(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in dimensions.items()]


def _alarm_arn(aws: Aws, name: str) -> str:
    return f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{name}"
