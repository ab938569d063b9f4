"""What the OpenAPI document says of the routes beside their parameters: names, answers and refusals, as data."""

from typing import Any, Final

from ..domain.events import SOURCE
from ._problems import BAD_PARAMETER, KINDS, MALFORMED, MEDIA_TYPE, TOO_LARGE, UNSUPPORTED
from ._refusals import INVALID
from ._views import Listing, Problem, View

_BODY: Final = (MALFORMED, TOO_LARGE, UNSUPPORTED, INVALID)
_ONCE: Final = (BAD_PARAMETER, "in-progress", "idempotency-key-reused")
_EXISTING: Final = ("not-found", "version-conflict", TOO_LARGE, UNSUPPORTED, MALFORMED)

_TAG: Final = {"ETag": {"description": "The version, as an entity tag.", "schema": {"type": "string"}}}
_PLACE: Final = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}


def creates(name: str) -> dict[str, Any]:
    """Describe a command that creates."""
    answer = {201: _answer("It as it was created.", View, _TAG | _PLACE)}
    return _operation(name, "Create the payment.", answer, *_BODY, *_ONCE, "already-exists")


def changes(name: str) -> dict[str, Any]:
    """Describe a command that changes."""
    answer = {200: _answer("It as it stands now.", View, _TAG)}
    return _operation(name, "Change the payment's status.", answer, *_EXISTING, *_ONCE, "illegal-move")


def deletes(name: str) -> dict[str, Any]:
    """Describe a command that deletes."""
    answer = {200: _answer("It as it was.", View, {})}
    return _operation(name, "Remove the payment.", answer, *_EXISTING, *_ONCE)


def gets(name: str) -> dict[str, Any]:
    """Describe the query for one."""
    held = {"description": "The caller has the newest version already.", "headers": _TAG, "content": {}}
    answers = {200: _answer("It as it stands.", View, _TAG), 304: held}
    return _operation(name, "Return the payment.", answers, BAD_PARAMETER, "not-found")


def lists(name: str) -> dict[str, Any]:
    """Describe the query for many."""
    summary = "Return those of a list, those in a status, or those of a list in a status, page by page."
    return _operation(name, summary, {200: _answer("A page.", Listing, {})}, BAD_PARAMETER)


def _operation(name: str, summary: str, answers: dict[int, Any], *codes: str) -> dict[str, Any]:
    return {"operation_id": name, "summary": summary, "tags": [SOURCE], "responses": answers | _refusals(codes)}


def _answer(description: str, model: type, headers: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "headers": headers, "content": {"application/json": {"model": model}}}


def _refusals(codes: tuple[str, ...]) -> dict[int, Any]:
    """Describe the problems with these codes: a status may stand for several."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {status: _problem(codes) for status, codes in sorted(by_status.items())}


def _problem(codes: list[str]) -> dict[str, Any]:
    description = " ".join(f"{KINDS[code].title} (`{code}`)." for code in sorted(codes))
    return {"description": description, "content": {MEDIA_TYPE: {"model": Problem}}}
