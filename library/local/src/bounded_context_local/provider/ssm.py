"""Parameters of Systems Manager, with which a context publishes its topic to other contexts."""

from botocore.exceptions import ClientError

from bounded_context_cli.command.errors import LocalRunError

from ..emulator.aws import Aws


def found(aws: Aws, name: str) -> str | None:
    """Return the value of a parameter; None if the parameter does not exist."""
    try:
        return aws.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None


def read(aws: Aws, name: str) -> str:
    """Return the value of a parameter. Raises LocalRunError if the parameter does not exist."""
    value = found(aws, name)
    if value is None:
        raise LocalRunError(f"the parameter {name} does not exist: deploy the context that publishes it first")
    return value
