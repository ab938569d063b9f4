"""CloudWatch Logs: log groups and resource policies."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(aws: Aws, request: Request) -> Made:
    """Create a log group with its retention."""
    name, tags, days = request.physical_name(), request.tag_map(), request.take("retentionInDays")
    parameters = request.rest(aws, "logs", "create_log_group")
    aws.call("logs", "create_log_group", logGroupName=name, tags=tags, **parameters)
    if days:
        aws.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=int(days))
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{name}"
    return name, {"arn": arn, "name": name}


@creates("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
def resource_policy(aws: Aws, request: Request) -> Made:
    """Allow services to write to log groups."""
    parameters = request.rest(aws, "logs", "put_resource_policy")
    aws.call("logs", "put_resource_policy", **parameters)
    return parameters["policyName"], {}
