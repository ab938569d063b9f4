"""Secrets Manager: secrets, with a value that is made up, since nobody puts one here."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:secretsmanager/secret:Secret")
def secret(aws: Aws, request: Request) -> Made:
    """Create a secret."""
    name, tags = request.physical_name(), request.tags()
    parameters = request.rest(aws, "secretsmanager", "create_secret")
    value = f"made up for {name}"
    request.adapted.append("it has a made-up value: nobody puts one on this machine")
    made = aws.call("secretsmanager", "create_secret", Name=name, SecretString=value, Tags=tags, **parameters)
    return made["ARN"], {"arn": made["ARN"], "name": name}
