"""Refusals of commands by the rules of a context, the causes of exceptions, and reasons for partners."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from .spelling import either


class BusinessError(Exception):
    """A refusal that the caller can act on; its text is a sentence for people, of at most 1,000 characters.

    ``code`` is stable and for programs: it is the ``reason`` of the metric, and a part of the problem's type.
    ``status`` (4xx; 503 for `Unavailable`) and ``title`` are members of the HTTP API's problem (RFC 9457).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A rule of the context forbids it"


class AlreadyExists(BusinessError):
    """The identity already exists."""

    code = "already-exists"
    title = "The identity is taken"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} already exists")


class NotFound(BusinessError):
    """No aggregate has the identity."""

    code = "not-found"
    status = 404
    title = "Nothing has that identity"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} does not exist")


class VersionConflict(BusinessError):
    """Another command changed the aggregate first (optimistic concurrency)."""

    code = "version-conflict"
    status = 412
    title = "Somebody else changed it first"

    def __init__(self, field: str, identity: str, expected: int | str) -> None:
        super().__init__(f"{field} {identity!r} is no longer at version {expected}: read it again")


class IllegalMove(BusinessError):
    """The command does not start from the aggregate's status; ``after`` are the statuses from which it starts."""

    code = "illegal-move"
    title = "The command does not start from its status"

    def __init__(self, field: str, identity: str, status: str, after: Iterable[str]) -> None:
        super().__init__(f"{field} {identity!r} is {status}: the command starts from {either(after)}")


class ListOpen(BusinessError):
    """The aggregate's list is not closed yet, and may still be undone."""

    code = "list-open"
    title = "Its list is not closed yet"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} came with a list that is still being imported: try again later")


class Unavailable(BusinessError):
    """Another system that a rule calls does not answer. The caller repeats the command after ``retry_after`` seconds.

    A row of a list is not rejected for it: the workflow retries the step. A queue delivers the message again.
    """

    code = "unavailable"
    status = 503
    title = "Another system does not answer"

    def __init__(self, system: str, retry_after: int = 30) -> None:
        super().__init__(f"{system} does not answer: try again in {retry_after} seconds")
        self.retry_after = retry_after


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its cause, the cause of the cause, and so on, as tracebacks show them. Yield each once.

    The causes may form a circle: Python prevents a circle of contexts, but not of ``raise error from cause``.
    """
    visited, current = set[int](), error
    while current is not None and id(current) not in visited:
        yield current
        visited.add(id(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


REASON_CHARACTERS: Final = 1000
"""The maximum length of a reason, wherever it is recorded, published or reported.

In JSON a character takes at most 12 bytes: a reason takes 12 KB of the 256 KiB of a message (SNS API Reference,
"Publish") and of an execution's state (Step Functions Developer Guide, "Quotas"), and at most 4 KB of the 400 KB of an
item (DynamoDB Developer Guide, "Quotas"). The longest key of an object, 1,024 bytes, is in the same event twice.
"""

_CUT: Final = "..."

_VALUE_CHARACTERS: Final = 40
"""Long enough to recognise a value, short enough to keep a report readable."""

_NAMED: Final = 5
"""The number of values that a reason lists. It only counts further values."""


def shortened(reason: str) -> str:
    """Return a reason, cut to `REASON_CHARACTERS`."""
    return reason if len(reason) <= REASON_CHARACTERS else reason[: REASON_CHARACTERS - len(_CUT)] + _CUT


def quoted(value: object) -> str:
    """Return the beginning of a value in quotes, with control characters escaped."""
    text = str(value)
    return repr(text if len(text) <= _VALUE_CHARACTERS else text[:_VALUE_CHARACTERS] + _CUT)


def enumerated(texts: Sequence[str]) -> str:
    """Return the first five texts, and the number of the others: ``a, b, c, d, e and 17 more``."""
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
