"""CloudWatch: alarms on metrics."""

from ..aws import Aws
from ..clock import shortened
from ..metrics import name_with_dimensions
from .registry import Made, Request, creates
from .translation import Untranslatable


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(aws: Aws, request: Request) -> Made:
    """Create an alarm on one metric."""
    if "metricQueries" in request.inputs:
        raise Untranslatable("input 'metricQueries' is not handled: the emulator's alarms cannot calculate")
    name, tags, dimensions = request.physical_name(), request.tags(), request.take("dimensions") or {}
    period = request.take("period")
    request.inputs["metricName"] = name_with_dimensions(request.take("metricName"), dimensions)
    parameters = request.rest(aws, "cloudwatch", "put_metric_alarm")
    aws.call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Period=shortened(period),
        Tags=tags,
        **parameters,
    )
    request.adapted.append("the metric's name carries its dimensions: the emulator's alarms do not look at them")
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{name}"
    return name, {"arn": arn, "name": name}
