"""The loggable part of exceptions: the type, and messages that are known to quote no value."""

import linecache
import re
import traceback
from pathlib import Path
from types import FrameType

from botocore.exceptions import ClientError
from pydantic import ValidationError

from ..declaration.environment import local
from ..domain.causes import chain
from .redaction import current, without_secrets

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
    return "\n".join(reversed([_formatted(each) for each in chain(error)]))


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
    for each in reversed([*chain(error)]):
        for frame, line in reversed([*traceback.walk_tb(each.__traceback__)]):
            if (file := _file(frame)) != frame.f_code.co_filename:
                return f"{file}:{line} in {frame.f_code.co_name}"
    return ""
