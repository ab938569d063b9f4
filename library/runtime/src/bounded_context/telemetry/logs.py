"""The log: the loggable part of exceptions, the cause of a failed call, and the redaction of lines and traces.

The only Logger writes JSON lines on standard output. Service, level and sampling come from the environment
(POWERTOOLS_*). A share of the calls (POWERTOOLS_LOGGER_SAMPLE_RATE) also writes its DEBUG lines; each call is sampled
anew.
"""

import linecache
import logging
import os
import re
import traceback
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import quote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError
from pydantic import ValidationError

from ..declaration.context import Context
from ..declaration.entry_points import local
from ..domain.aggregate import Change, chain
from ..domain.lists import Failure


class _Current:
    context: Context[Any] | None = None


_current = _Current()


def set_up(context: Context[Any]) -> None:
    """Observe this context from now on; `entry_point` calls this function."""
    _current.context = context


def current() -> Context[Any] | None:
    """Return the observed context, or None before `set_up`."""
    return _current.context


HIDDEN: Final = "***"
_SECRETS: Final = ("authorization", "password", "token", "secret", "apikey", "privatekey", "credential", "cookie")
_RUNTIME: Final = {"function_name", "function_arn", "function_request_id", "function_memory_size", "cold_start"}
_LINE: Final = {"level", "location", "message", "timestamp", "service", "sampling_rate", "xray_trace_id", "version"}
_FACTS: Final = """
caller cause code command correlation_id event_id event_type ids list_id message_id outcome part partner refused
rejected rows rule seconds valid
"""
_OWN: Final = frozenset({"exception", "exception_name", *_RUNTIME, *_LINE, *_FACTS.split()})
"""The keys of a log record itself. Their values are shown, even if a field has the same name."""

_values: Final[set[str]] = set()
"""The secrets that were read. A rotated secret may still be valid for a while."""


def _plain(key: object) -> str:
    return str(key).lower().replace("-", "").replace("_", "")


@cache
def _ids(context: Context[Any] | None) -> frozenset[str]:
    return frozenset() if context is None else frozenset((context.identity, *context.references))


@cache
def _fields(context: Context[Any] | None) -> frozenset[str]:
    models = () if context is None else (context.state, *(command.model for command in context.commands))
    names = (
        {name for model in models for pair in model.stored_names.items() for name in pair}
        - Change.model_fields.keys()
        - _ids(context)
    )
    return frozenset(map(_plain, names))


def hidden(key: object) -> bool:
    """Return whether the value under this key is hidden, in any spelling of the key: ``api_key``, ``apiKey``."""
    plain = _plain(key)
    if any(secret in plain for secret in _SECRETS):
        return True
    # An exception's notes are free text and may quote values.
    return not local() and (plain in _fields(current()) or plain == "exceptionnotes")


def conceal(value: str) -> None:
    """Hide this text, a secret that was read, in all further lines and traces."""
    if value:
        _values.add(value)


def without_secrets(text: str) -> str:
    """Return a text with all secrets hidden that were read; long secrets first, since they may contain others."""
    for value in sorted(_values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def redacted(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a log record with all its confidential values hidden, at any depth."""
    own = _OWN | _ids(current())
    return {key: _inside(value) if key in own else _at(key, value) for key, value in record.items()}


def _at(key: object, value: Any) -> Any:
    return HIDDEN if hidden(key) else _inside(value)


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _at(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_inside(inner) for inner in value]
    return without_secrets(value) if isinstance(value, str) else value


_PACKAGE = __name__.partition(".")[0]
_DENIED = r"not authorized to perform: [\w:-]+"


def loggable_message(error: BaseException) -> str:
    """Return the loggable message of an exception, or of its nearest cause with a loggable message.

    AWS may quote the request: of its answer, only the code, the operation and a missing permission are loggable. Of
    pydantic's errors, the location and the kind of each problem are loggable. The library's exceptions and the
    context's name identities only, an ImportError names modules. The local stack shows all messages of the chain.
    """
    if local():
        first, *causes = chain(error)
        return without_secrets("; ".join([str(first), *(f"{type(cause).__name__}: {cause}" for cause in causes)]))
    return without_secrets(next(filter(None, map(_message, chain(error))), ""))


def _message(error: BaseException) -> str:
    if local():
        return str(error)
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
    if local() or isinstance(error, ValidationError):
        return error
    error.args = (text,)
    # A KeyError shows its argument quoted.
    if str(error) in (text, repr(text)):
        return error
    return type(type(error).__name__, (Exception,), {})(text).with_traceback(error.__traceback__)


def loggable_traceback(error: BaseException) -> str:
    """Return the tracebacks of an exception and its causes, first cause first."""
    return "\n".join(reversed([_formatted(cause) for cause in chain(error)]))


def _formatted(error: BaseException) -> str:
    frames = traceback.StackSummary.from_list(_frame(*place) for place in traceback.walk_tb(error.__traceback__))
    return "".join(frames.format()) + f"{type(error).__name__}: {_message(error)}".removesuffix(": ")


def _frame(frame: FrameType, line: int) -> traceback.FrameSummary:
    code = frame.f_code
    return traceback.FrameSummary(_file(frame), line, code.co_name, line=linecache.getline(code.co_filename, line))


def _file(frame: FrameType) -> str:
    """Return the file of a frame; the context's own file as its path in the repository, such as ``src/a/b.py``."""
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    context = current()
    if context is None or module.partition(".")[0] != _package(context.aggregate):
        return file
    path = Path(file)
    depth = module.count(".") + (2 if path.name == "__init__.py" else 1)
    return "/".join(["src", *path.parts[-depth:]])


def own_frame(error: BaseException) -> str:
    """Return the innermost line of the context's own code, of the first cause with such a line, or an empty text."""
    for cause in reversed([*chain(error)]):
        for frame, line in reversed([*traceback.walk_tb(cause.__traceback__)]):
            if (file := _file(frame)) != frame.f_code.co_filename:
                return f"{file}:{line} in {frame.f_code.co_name}"
    return ""


def failure_of(error: BaseException, step: str, part: int | None, request_id: str) -> Failure:
    """Return the cause of a failed call of a step; texts that may quote a value are left out, as in the log."""
    link = f"context logs --correlation {request_id}" if local() else _log_link(request_id)
    return Failure(step, part, type(error).__name__, loggable_message(error), own_frame(error), link)


def _log_link(request_id: str) -> str:
    """Return the link to the lines of a call in CloudWatch's console."""
    region, group, stream = (
        os.environ.get(name, "") for name in ("AWS_REGION", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME")
    )
    of_request = "%3FfilterPattern%3D" + _twice('"' + request_id + '"')
    place = f"log-groups/log-group/{_twice(group)}/log-events/{_twice(stream)}{of_request}".replace("%", "$")
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:{place}"


def _twice(text: str) -> str:
    # The console decodes names twice, and reads dollars as percent signs.
    return quote(quote(text, safe=""), safe="")


class _Formatter(LambdaPowertoolsFormatter):
    """The format of log lines: without secrets, fields of the aggregate, and exception messages that may quote them."""

    def serialize(self, log: Any) -> str:
        return super().serialize(redacted(log))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return loggable_traceback(ei[1])


def _text(value: object) -> str:
    # An object's text shows its fields.
    return str(value) if isinstance(value, Decimal | date) else f"<{type(value).__name__}>"


logger = Logger(
    # Lambda reads the level only if the time has the form of RFC 3339.
    logger_formatter=_Formatter(json_default=_text, use_rfc3339=True, utc=True, serialize_stacktrace=False)
)
"""The logger of structured lines with the call's ids, without the values of the context's fields."""
# Lambda's log level is DEBUG, for sampled lines. Powertools would use that as the level of every call.
logger.initial_log_level = os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO")
logger.refresh_sample_rate_calculation()
# Lambda sets its level at the root logger too, and botocore's DEBUG lines hold whole requests.
logging.getLogger().setLevel(logging.WARNING)
