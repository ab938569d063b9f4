"""EventBridge: rules and their targets."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:cloudwatch/eventRule:EventRule")
def rule(aws: Aws, request: Request) -> Made:
    """Create a rule on an event bus."""
    name, tags = request.physical_name(), request.tags()
    parameters = request.rest(aws, "events", "put_rule")
    arn = aws.call("events", "put_rule", Name=name, Tags=tags, **parameters)["RuleArn"]
    return name, {"arn": arn, "name": name}


@creates("aws:cloudwatch/eventTarget:EventTarget")
def target(aws: Aws, request: Request) -> Made:
    """Add a target to a rule, with its input transformation."""
    rule_name, bus = request.take("rule"), request.take("eventBusName")
    request.inputs["id"] = request.physical_name("targetId")
    entry = request.rest(aws, "events", "put_targets", "Targets", inputPaths="InputPathsMap")
    answer = aws.call("events", "put_targets", Rule=rule_name, EventBusName=bus, Targets=[entry])
    if answer["FailedEntryCount"]:
        raise ValueError(f"EventBridge rejected the target: {answer['FailedEntries']}")
    return f"{rule_name}-{entry['Id']}", {"targetId": entry["Id"], "rule": rule_name}
