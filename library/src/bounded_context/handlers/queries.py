"""The Lambda functions of queries."""

from collections.abc import Callable
from typing import Any, TypeVar

from ..application.ports import Aggregates, Shards
from ..application.queries import ById, Selection, by_id, get_one, list_many, selection
from ..declaration.context import BadContext, Context
from ..domain import events
from ..domain.aggregate import Aggregate
from ..settings import TableSettings
from ..telemetry import Handler, about
from ._function import function
from ._queries import Q, ask, listed, saying

A = TypeVar("A", bound=Aggregate[Any, Any])


def get_handler(context: Context[A], aggregates: Callable[[], Aggregates[A]]) -> Handler:
    """Return the Lambda handler of the query for one aggregate. It accepts messages, and with an API also requests.

    ``aggregates`` builds the repository of the aggregates.
    """

    def query(question: ById) -> dict[str, Any]:
        about(**{context.identity: question.id})
        aggregate = get_one(question, aggregates())
        return {context.name: events.payload(aggregate), "etag": aggregate.tag}

    handler = _taking(by_id(context), query)
    if context.api:
        from ._http import answers_requests
        from ._query_routes import get_operation

        handler = answers_requests(get_operation(context, query), context.name, saying)(handler)
    return function(context, context.get_function, TableSettings, [aggregates])(handler)


def list_handler(context: Context[A], shards: Callable[[], Shards[A]]) -> Handler:
    """Return the Lambda handler of the list query. It accepts messages, and with an API also requests.

    ``shards`` builds the repository of the aggregates.

    Raises:
        BadContext: the context's ``queried_by`` is empty.
    """
    if not context.queried_by:
        raise BadContext(f"{context.title} has no query for many: name list or status in queried_by of its context.")

    def query(question: Selection) -> dict[str, Any]:
        return listed(list_many(question, shards()))

    handler = _taking(selection(context), query)
    if context.api:
        from ._http import answers_requests
        from ._query_routes import list_operation

        handler = answers_requests(list_operation(context, query), context.name, saying)(handler)
    return function(context, context.list_function, TableSettings, [shards])(handler)


def _taking(kind: type[Q], query: Callable[[Q], dict[str, Any]]) -> Handler:
    return lambda event, _context: ask(kind, query, event)
