"""Secrets Manager: secrets with generated values."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:secretsmanager/secret:Secret")
def secret(aws: Aws, request: Request) -> Made:
    """Create a secret with a generated value, because no person sets a value on this machine."""
    name, tags = request.physical_name(), request.tags()
    parameters = request.rest(aws, "secretsmanager", "create_secret")
    value = f"generated for {name}"
    request.adapted.append("the run generates its value")
    made = aws.call("secretsmanager", "create_secret", Name=name, SecretString=value, Tags=tags, **parameters)
    return made["ARN"], {"arn": made["ARN"], "name": name}
