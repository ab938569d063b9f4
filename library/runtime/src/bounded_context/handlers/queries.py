"""The Lambda functions of queries: their messages and answers.

A message is ``{"payload": {...}}``. An answer is ``{"ok": true, ...}`` with the result, or
``{"ok": false, "error": {"code", "detail"}}``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from ..application.ports import Aggregates, Shards, StoredChildren
from ..application.queries import (
    ById,
    OfAggregate,
    Page,
    Selection,
    by_id,
    list_children,
    list_many,
    of_aggregate,
    selection,
)
from ..declaration.context import BadContext, Context
from ..declaration.entry_points import TableSettings
from ..domain.aggregate import Aggregate
from ..telemetry import Handler, about, logger
from ._function import function
from ._requests import Refused, Watch, answer, answers_requests, obeying, reading

Q = TypeVar("Q", bound=BaseModel)


class Message(BaseModel):
    """A query message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    payload: dict[str, Any]


@contextmanager
def logging_outcome(what: str = "query") -> Iterator[None]:
    """Log whether a query, or a request of another kind, was answered or refused."""
    try:
        yield
    except Refused as refused:
        logger.info(f"{what} refused", code=refused.code)
        raise
    logger.info(f"{what} answered")


def ask(
    kind: type[Q], query: Callable[[Q], dict[str, Any]], event: dict[str, Any], watch: Watch = logging_outcome
) -> dict[str, Any]:
    """Run a query with the payload of a message, and return the answer."""
    try:
        with watch():
            with reading():
                question = kind.model_validate(Message.model_validate(event).payload)
            with obeying():
                return {"ok": True} | query(question)
    except Refused as refused:
        return answer(refused)


def page_document(context: Context[Any], page: Page[Any]) -> dict[str, Any]:
    """Return a page as JSON values."""
    return {"items": [context.payload(aggregate) for aggregate in page.aggregates], "next_cursor": page.next_cursor}


A = TypeVar("A", bound=Aggregate[Any, Any])


def get_handler(context: Context[A], aggregates: Callable[[], Aggregates[A]]) -> Handler:
    """Return the Lambda handler of the query for an aggregate. It accepts messages, and with an API also requests.

    ``aggregates`` builds the repository of the aggregates.
    """

    def query(question: ById) -> dict[str, Any]:
        about(**{context.identity: question.id})
        aggregate = aggregates().get(question.id)
        return {context.name: context.payload(aggregate), "etag": aggregate.tag}

    return _handler(context, context.get_function, by_id(context), query, aggregates)


def list_handler(context: Context[A], shards: Callable[[], Shards[A]]) -> Handler:
    """Return the Lambda handler of the list query. It accepts messages, and with an API also requests.

    ``shards`` builds the repository of the aggregates.

    Raises:
        BadContext: the context's ``queried_by`` is empty.
    """
    if not context.queried_by:
        raise BadContext(f"{context.title} has no query for many: name list or status in queried_by of its context.")

    def query(question: Selection) -> dict[str, Any]:
        return page_document(context, list_many(question, shards()))

    return _handler(context, context.list_function, selection(context), query, shards)


def children_handler(context: Context[Any], name: str, stored: Callable[[], StoredChildren]) -> Handler:
    """Return the Lambda handler of the query ``name`` for the children of an aggregate.

    ``stored`` builds the repository of the children.
    """
    child = context.child_queries[name].name

    def query(question: OfAggregate) -> dict[str, Any]:
        about(**{context.identity: question.id})
        return list_children(question, child, stored())

    return _handler(context, name, of_aggregate(context), query, stored)


def _handler(
    context: Context[Any],
    name: str,
    kind: type[Q],
    query: Callable[[Q], dict[str, Any]],
    store: Callable[[], object],
) -> Handler:
    """Return the Lambda handler of the query ``name``. It accepts messages, and with an API also requests."""

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return ask(kind, query, event)

    if context.api:
        from ._routes import query_operation

        handler = answers_requests(query_operation(context, name, query).run, context.name, logging_outcome)(handler)
    return function(context, name, TableSettings, [store])(handler)
