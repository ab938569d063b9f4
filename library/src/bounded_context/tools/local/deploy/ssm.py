"""Systems Manager: parameters, with which a context publishes its topic to other contexts."""

from botocore.exceptions import ClientError

from ...command.errors import LocalRunError
from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:ssm/parameter:Parameter")
def parameter(aws: Aws, request: Request) -> Made:
    """Create a parameter with a plain value."""
    name, tags, value = request.physical_name(), request.tags(), request.take("insecureValue")
    parameters = request.rest(aws, "ssm", "put_parameter")
    version = aws.call("ssm", "put_parameter", Name=name, Value=value, Tags=tags, **parameters)["Version"]
    arn = f"arn:aws:ssm:{aws.region}:{aws.account}:parameter{name}"
    return name, {"arn": arn, "name": name, "version": version}


def found(aws: Aws, name: str) -> str | None:
    """Return the value of a parameter; None if the parameter does not exist."""
    try:
        return aws.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None


def read(aws: Aws, name: str) -> dict[str, str]:
    """Return a parameter in the form of Pulumi's `getParameter`. Raises LocalRunError if it does not exist."""
    value = found(aws, name)
    if value is None:
        raise LocalRunError(f"the parameter {name} does not exist: deploy the context that publishes it first")
    return {"id": name, "name": name, "value": value, "insecureValue": value}
