"""Systems Manager: parameters, by which one context finds what another publishes."""

from botocore.exceptions import ClientError

from ..aws import Aws
from ..errors import LocalRunError
from .registry import Made, Request, creates


@creates("aws:ssm/parameter:Parameter")
def parameter(aws: Aws, request: Request) -> Made:
    """Create a parameter whose value is no secret."""
    name, tags, value = request.physical_name(), request.tags(), request.take("insecureValue")
    parameters = request.rest(aws, "ssm", "put_parameter")
    version = aws.call("ssm", "put_parameter", Name=name, Value=value, Tags=tags, **parameters)["Version"]
    arn = f"arn:aws:ssm:{aws.region}:{aws.account}:parameter{name}"
    return name, {"arn": arn, "name": name, "version": version}


def found(aws: Aws, name: str) -> str | None:
    """Return a parameter's value; None if there is none."""
    try:
        return aws.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None


def read(aws: Aws, name: str) -> dict[str, str]:
    """Return a parameter as the program gets it. Raises LocalRunError if there is none."""
    value = found(aws, name)
    if value is None:
        raise LocalRunError(f"the parameter {name} does not exist: its owner publishes it, and is deployed first")
    return {"id": name, "name": name, "value": value, "insecureValue": value}
