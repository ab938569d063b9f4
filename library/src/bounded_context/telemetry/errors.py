"""What may be said of an exception: its type and what is known to quote no value. Messages of others may quote any."""

import re
import traceback
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from .current import current
from .redaction import without_secrets

_PACKAGE = __name__.partition(".")[0]
_DENIED = re.compile(r"not authorized to perform: [\w:-]+")


def told(error: BaseException) -> str:
    """Return what may be said of an exception beyond its type, or of the nearest cause of which something may.

    AWS may quote what was sent, so only the code, the operation and a missing permission are taken from its answer, and
    from pydantic what is wrong where. The library's exceptions and those of the context name identities only, an
    ImportError names modules.
    """
    return without_secrets(next(filter(None, map(_own, _chain(error))), ""))


def _own(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return _answered(error)
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['type']}" for problem in error.errors())
    return str(error) if _ours(error) or isinstance(error, ImportError) else ""


def _ours(error: BaseException) -> bool:
    context = current()
    own = () if context is None else (_package(context.aggregate),)
    return _package(type(error)) in (_PACKAGE, *own)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _answered(error: ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "an error")
    denied = _DENIED.search(str(error))
    return f"{code} when calling {error.operation_name}" + (f": {denied[0]}" if denied else "")


def hushed(error: Exception) -> Exception:
    """Return an exception without what may not be said: Lambda writes its message into the log and into the trace.

    It is the same one, or, if its text cannot be taken from it, another of the same name. pydantic's is left as it is:
    our models hide what they were given.
    """
    text = told(error)
    if isinstance(error, ValidationError):
        return error
    error.args = (text,)
    # A KeyError shows its argument quoted.
    if str(error) in (text, repr(text)):
        return error
    return type(type(error).__name__, (Exception,), {})(text).with_traceback(error.__traceback__)


def described(error: BaseException) -> str:
    """Return an exception's traceback, and those of what it came from, first cause first."""
    return "\n".join(reversed([_one(each) for each in _chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> str:
    frames: Any = traceback.format_tb(error.__traceback__)
    return "".join(frames) + f"{type(error).__name__}: {_own(error)}".removesuffix(": ")
