"""HTTP operations of queries."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import Field

from ..application.paging import LONGEST_CURSOR, MOST
from ..application.queries import LONGEST_VALUE, ById, Selection, by_id, selection
from ..declaration.context import Context
from ._http import shown, shown_version, unchanged
from ._operations import IF_NONE_MATCH, Answer, Asked, Operation, Parameter, Route, identity, is_held
from ._refusals import BAD_PARAMETER, obeying, reading

_LIST_ID: Final = Parameter(
    "query",
    Annotated[str | None, Field(min_length=1, max_length=64, description="Only those that this list brought.")],
    None,
)
_LIMIT: Final = Parameter(
    "query", Annotated[int, Field(ge=1, le=MOST, description="The most that a page may have.")], 50
)
_CURSOR: Final = Parameter(
    "query",
    Annotated[str | None, Field(min_length=1, max_length=LONGEST_CURSOR, description="The last page's next_cursor.")],
    None,
)


def get_operation(context: Context[Any], query: Callable[[ById], dict[str, Any]]) -> Operation:
    """Return the HTTP operation of the query for an aggregate."""
    question = by_id(context)

    def answer(asked: Asked) -> Answer:
        with obeying():
            found = query(question(**asked.path))
        is_known = is_held(asked.header["if_none_match"], found["etag"])
        return unchanged(found["etag"]) if is_known else shown_version(found[context.name], found["etag"])

    return Operation(
        Route.read(context.routes[context.get_function]),
        {context.identity: identity(context), "if_none_match": IF_NONE_MATCH},
        answer,
    )


def list_operation(context: Context[Any], query: Callable[[Selection], dict[str, Any]]) -> Operation:
    """Return the HTTP operation of the query for many aggregates."""
    question = selection(context)

    def answer(asked: Asked) -> Answer:
        with reading(BAD_PARAMETER):
            selected = question(**asked.query)
        with obeying(BAD_PARAMETER):
            return shown(query(selected))

    return Operation(
        Route.read(context.routes[context.list_function]),
        {
            "list_id": _LIST_ID,
            "status": _in_status(context),
            **{name: _value(name) for name in context.queried_fields},
            "limit": _LIMIT,
            "cursor": _CURSOR,
        },
        answer,
    )


def _value(field: str) -> Parameter:
    description = f"Only those that have this {field.replace('_', ' ')}."
    described = Field(min_length=1, max_length=LONGEST_VALUE, description=description)
    return Parameter("query", Annotated[str | None, described], None)


def _in_status(context: Context[Any]) -> Parameter:
    return Parameter("query", Annotated[context.statuses | None, Field(description="Only those in this status.")], None)
