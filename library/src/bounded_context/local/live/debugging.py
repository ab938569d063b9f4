"""A function's entry point in this process, as the emulator would run it: so that a debugger stops in it.

It gets what the function gets: the variables of its environment, the emulator's address, and its role's credentials.
Its code is that of the repository as it is, not what was deployed.
"""

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from botocore.exceptions import ClientError

from ...application.checks import SMOKE
from ..aws import Aws
from ..emulator import HOST, Emulator
from ..errors import LocalRunError
from ..statements.callers import keys, session_token
from .deployed import Deployed
from .invoking import invoke

_OF_THE_USER: Final = "AWS_"
"""What the variables begin with that would lead to an account of the user's."""


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda hands to an entry point besides the event."""

    function_name: str
    function_version: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    seconds: int
    aws_request_id: str = ""

    def get_remaining_time_in_millis(self) -> int:
        """Return all the time that a call has: whoever stands at a breakpoint takes theirs."""
        return self.seconds * 1000


def become(aws: Aws, function: Deployed) -> None:
    """Give this process the environment and the credentials of a function; nothing of the function may be imported yet.

    The function is asked its smoke check, which changes nothing: the emulator knows a function's credentials once it
    has started it.

    Raises:
        LocalRunError: the emulator knows none.
    """
    invoke(aws, function, SMOKE.event)
    made = _environment(aws.emulator, function) | _credentials(aws, function)
    for name in [name for name in os.environ if name.startswith(_OF_THE_USER)]:
        del os.environ[name]
    os.environ.update(made)


def entry_point(function: Deployed) -> Callable[[object], Any]:
    """Import a function's entry point, and return what calls it with an event; it raises what the function raises."""
    module, _, name = function.handler.rpartition(".")
    handler = getattr(import_module(module), name)
    context = LambdaContext(
        function.physical_name,
        function.version,
        function.megabytes,
        function.alias_arn,
        function.seconds,
        str(uuid.uuid4()),
    )
    return lambda event: handler(event, context)


def _environment(emulator: Emulator, function: Deployed) -> dict[str, str]:
    root = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    led = {name: value for name, value in emulator.client_environment().items() if name not in root}
    return {
        **led,
        "AWS_ENDPOINT_URL_DYNAMODB": emulator.dynamodb_endpoint,
        "AWS_XRAY_DAEMON_ADDRESS": emulator.trace_address,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": HOST,
        "no_proxy": HOST,
        **function.variables,
        "AWS_LAMBDA_FUNCTION_NAME": function.physical_name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.megabytes),
    }


def _credentials(aws: Aws, function: Deployed) -> dict[str, str]:
    """Return those that the emulator has made for the function, by whichever of its names it was called first."""
    name = function.alias_arn.rpartition(":")[0]
    for called in (function.alias_arn, f"{name}:{function.version}", name):
        access_key, secret = keys(called, function.role)
        token = session_token(called, function.role)
        made = {"aws_access_key_id": access_key, "aws_secret_access_key": secret, "aws_session_token": token}
        with suppress(ClientError):
            Aws(aws.emulator, made).call("sts", "get_caller_identity")
            return {key.upper(): value for key, value in made.items()}
    raise LocalRunError(f"The emulator has no credentials of {function.name}: call it once by `just invoke`.")
