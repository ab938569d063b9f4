"""Refusals: what callers learn when they do not get what they asked for, with a code that programs can act on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from ..application.paging import BadCursor
from ..context import INVALID
from ..domain.errors import BusinessError
from ..domain.reasons import shortened


class Refused(Exception):
    """The caller is at fault. ``code`` is stable, ``detail`` is a sentence for people.

    ``errors`` names each bad value by its ``field`` and says in ``detail`` what it should be, never what it was.
    ``rule`` is the rule of the context that refused, if one did.
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
    """Turn what is wrong with a message into a refusal with this code."""
    try:
        yield
    except ValidationError as error:
        raise Refused(code, _sentence(error)) from None


@contextmanager
def obeying(code: str = INVALID) -> Iterator[None]:
    """Turn what the context's rules forbid into a refusal; a cursor that is none is refused with this code."""
    try:
        yield
    except BadCursor:
        raise Refused(code, "cursor: no answer to this question gave it") from None
    except BusinessError as error:
        raise Refused(error.code, shortened(str(error)), rule=type(error)) from None


def answer(refused: Refused) -> dict[str, Any]:
    """Return a refusal as the answer to a message."""
    return {"ok": False, "error": {"code": refused.code, "detail": refused.detail}}


def _sentence(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"]))) for one in problems)
