"""The functions that answer queries."""

from collections.abc import Callable
from typing import Any, TypeVar

from ..application.ports import Aggregates, Shards
from ..application.queries import ById, Selection, by_id, get_one, list_many, selection
from ..context import BadContext, Context
from ..domain import events
from ..domain.aggregate import Aggregate
from ..settings import TableSettings
from ..telemetry import Handler, about
from ._function import function
from ._queries import Q, ask, listed, saying

A = TypeVar("A", bound=Aggregate[Any, Any])


def get_handler(context: Context[A], aggregates: Callable[[], Aggregates[A]]) -> Handler:
    """Return the Lambda handler of the query for one aggregate: it takes messages, and with an API requests too.

    ``aggregates`` builds where they are kept.
    """

    def query(asked: ById) -> dict[str, Any]:
        about(**{context.identity: asked.id})
        one = get_one(asked, aggregates())
        return {context.name: events.payload(one), "etag": one.tag}

    handler = _taking(by_id(context), query)
    if context.api:
        from ._http import answers_requests
        from ._query_routes import get_operation

        handler = answers_requests(get_operation(context, query), context.name, saying)(handler)
    return function(context, context.get_function, TableSettings, [aggregates])(handler)


def list_handler(context: Context[A], shards: Callable[[], Shards[A]]) -> Handler:
    """Return the Lambda handler of the query for many aggregates: it takes messages, and with an API requests too.

    ``shards`` builds where they are kept.

    Raises:
        BadContext: one may ask for many by nothing.
    """
    if not context.queried_by:
        raise BadContext(f"{context.title} has no query for many: name list or status in queried_by of its context.")

    def query(asked: Selection) -> dict[str, Any]:
        return listed(list_many(asked, shards()))

    handler = _taking(selection(context), query)
    if context.api:
        from ._http import answers_requests
        from ._query_routes import list_operation

        handler = answers_requests(list_operation(context, query), context.name, saying)(handler)
    return function(context, context.list_function, TableSettings, [shards])(handler)


def _taking(kind: type[Q], query: Callable[[Q], dict[str, Any]]) -> Handler:
    return lambda event, _context: ask(kind, query, event)
