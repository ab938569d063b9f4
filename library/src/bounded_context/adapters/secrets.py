"""Secrets of Secrets Manager, read through Powertools and kept for a while."""

from typing import Any, Final

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError
from pydantic import SecretStr

from ..secret_names import without_value

MAX_AGE: Final = 300
"""Seconds that a value is kept. AWS's own extension for functions keeps one so long, and allows no more (Lambda
developer guide, "Use Secrets Manager secrets in Lambda functions", SECRETS_MANAGER_TTL)."""

_ABSENT: Final = "ResourceNotFoundException"


class Secrets:
    """The values of secrets. Each is asked for once, and again when it is older than MAX_AGE."""

    def __init__(self, client: Any) -> None:
        self._provider = SecretsProvider(boto3_client=client)

    def get(self, arn: str) -> SecretStr:
        """Return the value of the secret with this ARN.

        Raises:
            NoSecret: it has none yet, or one that is not text.
            GetParameterError: Secrets Manager refused it or could not be reached.
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
