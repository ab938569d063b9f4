"""Published versions of functions, through boto3."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class FunctionFailed(Exception):
    """The function raised, ran out of time, or could not start: Lambda reported a function error."""


class Versions:
    """The invoker of single versions of functions, without their alias."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def ask(self, function_name: str, version: str, event: Mapping[str, Any]) -> Any:
        """Return the answer of a version to an event.

        Raises:
            FunctionFailed: the version answered with an error.
            json.JSONDecodeError: its answer is not JSON.
        """
        payload = json.dumps(event)
        # The version is a part of the name: the authorization of the call then depends on the version.
        reply = self._client.invoke(FunctionName=f"{function_name}:{version}", Payload=payload)
        answer = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            raise FunctionFailed(_sentence(answer))
        return answer


def _sentence(error: Mapping[str, Any]) -> str:
    # Lambda's own errors, such as a timeout, may come without a type.
    return ": ".join(str(error[member]) for member in ("errorType", "errorMessage") if member in error)
