"""EventBridge: rules and their targets."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:cloudwatch/eventRule:EventRule")
def rule(aws: Aws, request: Request) -> Made:
    """Create a rule on its bus."""
    name, tags = request.physical_name(), request.tags()
    parameters = request.rest(aws, "events", "put_rule")
    arn = aws.call("events", "put_rule", Name=name, Tags=tags, **parameters)["RuleArn"]
    return name, {"arn": arn, "name": name}


@creates("aws:cloudwatch/eventTarget:EventTarget")
def target(aws: Aws, request: Request) -> Made:
    """Point a rule at its target, with the input it makes."""
    rule_name, bus = request.take("rule"), request.take("eventBusName")
    request.inputs["id"] = request.physical_name("targetId")
    one = request.rest(aws, "events", "put_targets", "Targets", inputPaths="InputPathsMap")
    answer = aws.call("events", "put_targets", Rule=rule_name, EventBusName=bus, Targets=[one])
    if answer["FailedEntryCount"]:
        raise ValueError(f"EventBridge refused it: {answer['FailedEntries']}")
    return f"{rule_name}-{one['Id']}", {"targetId": one["Id"], "rule": rule_name}
