"""Secrets of Secrets Manager, read through Powertools and cached."""

from typing import Any, Final

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError
from pydantic import SecretStr

from ..declaration.secret_names import without_value

MAX_AGE: Final = 300
"""The seconds for which a value is cached. It is the default and the maximum of AWS's own extension for functions
(Lambda developer guide, "Use Secrets Manager secrets in Lambda functions", SECRETS_MANAGER_TTL)."""

_ABSENT: Final = "ResourceNotFoundException"


class Secrets:
    """The values of secrets. Each is read once, and again when it is older than MAX_AGE."""

    def __init__(self, client: Any) -> None:
        self._provider = SecretsProvider(boto3_client=client)

    def get(self, arn: str) -> SecretStr:
        """Return the value of the secret with this ARN.

        Raises:
            NoSecret: the secret has no value yet, or its value is not text.
            GetParameterError: Secrets Manager refused the request or could not be reached.
        """
        try:
            value = self._provider.get(arn, max_age=MAX_AGE)
        except GetParameterError as error:
            if _is_absent(error.__context__):
                raise without_value(arn) from None
            raise
        if not isinstance(value, str):
            raise without_value(arn)
        return SecretStr(value)


def _is_absent(cause: BaseException | None) -> bool:
    return isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") == _ABSENT
