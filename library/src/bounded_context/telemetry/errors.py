"""The loggable part of exceptions: the type, and messages that are known to quote no value."""

import re
import traceback
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from .redaction import current, without_secrets

_PACKAGE = __name__.partition(".")[0]
_DENIED = r"not authorized to perform: [\w:-]+"


def loggable_message(error: BaseException) -> str:
    """Return the loggable message of an exception, or of its nearest cause with a loggable message.

    AWS may quote the request: of its answer, only the code, the operation and a missing permission are loggable. Of
    pydantic's errors, the location and the kind of each problem are loggable. The library's exceptions and the
    context's name identities only, an ImportError names modules.
    """
    return without_secrets(next(filter(None, map(_message, _chain(error))), ""))


def _message(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return _aws_error(error)
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['type']}" for problem in error.errors())
    return str(error) if _is_own(error) or isinstance(error, ImportError) else ""


def _is_own(error: BaseException) -> bool:
    context = current()
    own = () if context is None else (_package(context.aggregate),)
    return _package(type(error)) in (_PACKAGE, *own)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _aws_error(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "an error")
    denied = re.search(_DENIED, str(error))
    return f"{code} when calling {error.operation_name}" + (f": {denied[0]}" if denied else "")


def loggable_error(error: Exception) -> Exception:
    """Return an exception with its loggable message only: Lambda writes the message into the log and into the trace.

    It is the same exception, or another with the same name if its text cannot be replaced. pydantic's is unchanged: the
    library's models hide their input.
    """
    text = loggable_message(error)
    if isinstance(error, ValidationError):
        return error
    error.args = (text,)
    # A KeyError shows its argument quoted.
    if str(error) in (text, repr(text)):
        return error
    return type(type(error).__name__, (Exception,), {})(text).with_traceback(error.__traceback__)


def loggable_traceback(error: BaseException) -> str:
    """Return the tracebacks of an exception and its causes, first cause first."""
    return "\n".join(reversed([_formatted(each) for each in _chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _formatted(error: BaseException) -> str:
    frames: Any = traceback.format_tb(error.__traceback__)
    return "".join(frames) + f"{type(error).__name__}: {_message(error)}".removesuffix(": ")
