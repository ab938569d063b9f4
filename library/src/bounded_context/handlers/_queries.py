"""Query messages and their answers.

A message is ``{"payload": {...}}``. An answer is ``{"ok": true, ...}`` with the result, or
``{"ok": false, "error": {"code", "detail"}}``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from ..application.queries import Page
from ..domain import events
from ..telemetry import logger
from ._refusals import Refused, answer, obeying, reading

Q = TypeVar("Q", bound=BaseModel)


class Message(BaseModel):
    """A query message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    payload: dict[str, Any]


def ask(kind: type[Q], query: Callable[[Q], dict[str, Any]], event: dict[str, Any]) -> dict[str, Any]:
    """Run a query with the payload of a message, and return the answer."""
    try:
        with saying():
            with reading():
                question = kind.model_validate(Message.model_validate(event).payload)
            with obeying():
                return {"ok": True} | query(question)
    except Refused as refused:
        return answer(refused)


@contextmanager
def saying() -> Iterator[None]:
    """Log whether a query was answered or refused."""
    try:
        yield
    except Refused as refused:
        logger.info("query refused", code=refused.code)
        raise
    logger.info("query answered")


def listed(page: Page[Any]) -> dict[str, Any]:
    """Return a page as JSON values."""
    return {"items": [events.payload(aggregate) for aggregate in page.aggregates], "next_cursor": page.next_cursor}
