"""Refusals of commands by the rules of a context. A context adds its own as subclasses of `BusinessError`."""

from collections.abc import Iterable
from typing import ClassVar

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
