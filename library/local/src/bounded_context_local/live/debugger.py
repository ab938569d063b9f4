"""Execution of a function's entry point in this process, for a debugger.

The process gets the function's environment variables, the emulator's address and the role's credentials.
It runs the code of the repository, not the deployed code.
"""

import os
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from botocore.exceptions import ClientError

from bounded_context.declaration.entry_points import LOCAL_STACK, SMOKE
from bounded_context_cli.command.errors import LocalRunError

from ..actors.caller import invoke
from ..emulator.aws import Aws, keys, session_token
from ..emulator.process import HOST, Emulator
from .function import Deployed
from .logs import UNCAUGHT, without_library_frames

_USER_PREFIX: Final = "AWS_"
"""The prefix of the user's own variables, which could select a real account."""


@dataclass(frozen=True)
class LambdaContext:
    """Lambda's context argument of an entry point."""

    function_name: str
    function_version: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    seconds: int
    aws_request_id: str = ""

    def get_remaining_time_in_millis(self) -> int:
        """Return the full timeout; time at a breakpoint does not count."""
        return self.seconds * 1000


def become(aws: Aws, function: Deployed) -> None:
    """Set the environment and the credentials of a function in this process, before the function is imported.

    It invokes the function's smoke check, which changes no data: the emulator creates a function's credentials at
    its first start.

    Raises:
        LocalRunError: the emulator has no credentials of the function.
    """
    invoke(aws, function.alias_arn, dict(SMOKE.event))
    environment = _environment(aws.emulator, function) | _credentials(aws, function)
    for name in [name for name in os.environ if name.startswith(_USER_PREFIX)]:
        del os.environ[name]
    os.environ.update(environment)


def entry_point(function: Deployed) -> Callable[[object], Any]:
    """Import a function's entry point; return a callable that takes an event and raises the function's errors."""
    module, _, name = function.handler.rpartition(".")
    handler = getattr(import_module(module), name)
    # The module reads the function's environment when it is imported.
    from bounded_context.telemetry import logger

    # The interpreter prints the exception.
    logger.addFilter(lambda record: record.getMessage() != UNCAUGHT)
    context = LambdaContext(
        function.physical_name,
        function.version,
        function.megabytes,
        function.alias_arn,
        function.seconds,
        str(uuid.uuid4()),
    )
    return lambda event: handler(event, context)


def own_frames(_kind: object, error: BaseException, _trace: object) -> None:
    """Print an exception with the frames of `src/` only. It is a hook of the interpreter, so debuggers stop before."""
    # The module reads the function's environment when it is imported.
    from bounded_context.telemetry.logs import loggable_traceback

    sys.stderr.write(without_library_frames(loggable_traceback(error)) + "\n")


def _environment(emulator: Emulator, function: Deployed) -> dict[str, str]:
    root = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    client = {name: value for name, value in emulator.client_environment().items() if name not in root}
    return {
        **client,
        "AWS_XRAY_DAEMON_ADDRESS": emulator.trace_address,
        LOCAL_STACK: emulator.endpoint,
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
    """Return the function's credentials, which depend on the ARN of its first invocation: alias, version or name."""
    name = function.alias_arn.rpartition(":")[0]
    for arn in (function.alias_arn, f"{name}:{function.version}", name):
        access_key, secret = keys(arn, function.role)
        token = session_token(arn, function.role)
        credentials = {"aws_access_key_id": access_key, "aws_secret_access_key": secret, "aws_session_token": token}
        with suppress(ClientError):
            Aws(aws.emulator, credentials).call("sts", "get_caller_identity")
            return {key.upper(): value for key, value in credentials.items()}
    raise LocalRunError(f"The emulator has no credentials of {function.name}: invoke it once with `context invoke`.")
