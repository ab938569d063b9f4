"""A function of a kept run: its configuration, and the execution of its entry point in this process, for a debugger.

The process gets the function's environment variables, the emulator's address and the role's credentials.
It runs the code of the repository, not the deployed code.
"""

import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from bounded_context.declaration.entry_points import LOCAL_STACK, SMOKE
from bounded_context.domain.spelling import either, snake
from bounded_context_cli.command.output import LocalRunError

from ..actors.caller import invoke
from ..emulator.aws import Aws, keys, session_token
from ..emulator.process import HOST, Emulator, Endpoints


class NoSuchName(LocalRunError):
    """An unknown name; the message lists similar names, or all names."""


def chosen(kind: str, word: str, names: Iterable[str]) -> str:
    """Return the name that matches the given name, also in the form `RegisterPayment` or `register-payment`.

    Args:
        kind: the kind of name for the message, such as "function".
        word: the typed name.
        names: the existing names, in snake_case or with hyphens.

    Raises:
        NoSuchName: no name matches.
    """
    by_key = {_key(name): name for name in names}
    if _key(word) not in by_key:
        close = get_close_matches(_key(word), by_key, 3) or by_key
        raise NoSuchName(f"There is no {kind} {word!r}: write {either(by_key[key] for key in close)}.")
    return by_key[_key(word)]


def _key(name: str) -> str:
    return snake(name).replace("-", "_")


@dataclass(frozen=True)
class Deployed:
    """A function: its name in the code, its alias, and the configuration of the alias's version.

    `handler` is its entry point, such as `payment.list_steps.import_list`; `seconds` is its timeout,
    `megabytes` its memory, `variables` are its environment.
    """

    name: str
    alias_arn: str
    version: str
    handler: str
    role: str
    seconds: int
    megabytes: int
    variables: Mapping[str, str]

    @classmethod
    def find(cls, aws: Aws, run: Endpoints, word: str) -> Self:
        """Return the function with the given name. Raises NoSuchName."""
        functions: Mapping[str, str] = run.outputs["functions"]
        name = chosen("function", word, functions)
        configuration = aws.call("lambda", "get_function_configuration", FunctionName=functions[name])
        return cls(
            name,
            functions[name],
            configuration["Version"],
            configuration["Handler"],
            configuration["Role"],
            configuration["Timeout"],
            configuration["MemorySize"],
            configuration.get("Environment", {}).get("Variables", {}),
        )

    @property
    def physical_name(self) -> str:
        """The function's name on AWS, such as `payment-local-register-payment`."""
        return self.alias_arn.split(":")[6]


UNCAUGHT: Final = "uncaught exception"
"""The message that every function logs for an unhandled exception."""

_UNPACKED: Final = re.compile(r'^  File "[^"\n]*/ministack-lambda-[^/"]+/code/(?!bounded_context/)', re.MULTILINE)

_FRAME: Final = re.compile(r'^  File "(?!src/)[^\n]*\n(?:    [^\n]*\n)*', re.MULTILINE)
"""A frame of a traceback outside of `src/`, with its line of code."""


def without_library_frames(exception: str) -> str:
    """Return the text of an exception with the frames of `src/` only. The functions log these paths.

    The emulator's own tracebacks have the path of the unpacked archive. An exception without such frames is unchanged.
    """
    exception = _UNPACKED.sub('  File "src/', exception)
    return _FRAME.sub("", exception) if '  File "src/' in exception else exception


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
