"""Refusals: errors of the caller, with a stable code for programs and a sentence for people."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from ..application.paging import BadCursor
from ..declaration.structure import INVALID
from ..domain.errors import BusinessError
from ..domain.reasons import shortened


class Refused(Exception):
    """An error of the caller. ``code`` is stable, ``detail`` is a sentence for people.

    Each of ``errors`` has the ``field`` of a bad value, and in ``detail`` the expected value, never the given value.
    ``rule`` is the rule of the context that refused, if a rule refused.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        rule: type[BusinessError] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.rule = rule


@contextmanager
def reading(code: str = INVALID) -> Iterator[None]:
    """Convert a validation error into a refusal with this code."""
    try:
        yield
    except ValidationError as error:
        raise Refused(code, _sentence(error)) from None


@contextmanager
def obeying(code: str = INVALID) -> Iterator[None]:
    """Convert a broken rule of the context into a refusal; a bad cursor is refused with ``code``."""
    try:
        yield
    except BadCursor:
        raise Refused(code, "cursor: pass the next_cursor of an answer to the same query") from None
    except BusinessError as error:
        raise Refused(error.code, shortened(str(error)), rule=type(error)) from None


def answer(refused: Refused) -> dict[str, Any]:
    """Return a refusal as the answer to a message."""
    return {"ok": False, "error": {"code": refused.code, "detail": refused.detail}}


def _sentence(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join(filter(None, (".".join(map(str, found["loc"])), found["msg"]))) for found in problems)
