"""HTTP operations of commands and queries: path, headers and body of the request, and the response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, create_model
from pydantic_core import to_jsonable_python

from ..application.queries import LONGEST_CURSOR, LONGEST_VALUE, MOST, ById, Selection, by_id, selection
from ..declaration.context import Context
from ..domain.aggregate import Change, Command, Kind
from ._http import created_answer, json_answer, unchanged, version_answer
from ._operations import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    Answer,
    Asked,
    Operation,
    Parameter,
    Route,
    expected_version,
    identity,
    in_path,
    is_held,
)
from ._requests import BAD_PARAMETER, Request, obeying, reading

Perform = Callable[[Any, str | list[str] | None, dict[str, Any], Any], dict[str, Any]]
"""Runs a command for (command, idempotency key or None, payload, Lambda context), and returns a message's answer."""


def command_operation(context: Context[Any], declared: Command[Any, Any], perform: Perform) -> Operation:
    """Return the HTTP operation of a command."""
    form = _Form(context, declared)

    def answer(request: Asked) -> Answer:
        command = form.command(request)
        callers_key = request.header["idempotency_key"]
        key = None if callers_key is None else ["http", request.request.caller, callers_key]
        response = perform(command, key, _explicit_values(command), request.context)
        view = response[context.name]
        # Answers that library versions before 0.3.0 recorded have no etag.
        return _SHOWN[declared.kind](request.request, context, view, response.get("etag", str(view["version"])))

    return Operation(form.route, form.parameters, answer, form.body)


@dataclass(frozen=True)
class _Form:
    """The place of a command's fields in a request: the path, a header (the version) or the body."""

    context: Context[Any]
    declared: Command[Any, Any]

    @cached_property
    def route(self) -> Route:
        return Route.read(self.context.routes[self.declared.function])

    @cached_property
    def body(self) -> type[BaseModel] | None:
        model, elsewhere = self.declared.model, {*self.route.names, *(Change.model_fields if self._changes else ())}
        body_fields = {name: field for name, field in model.model_fields.items() if name not in elsewhere}
        if len(body_fields) == len(model.model_fields):
            return model
        fields: Any = {name: (field.annotation, field) for name, field in body_fields.items()}
        settings = {"__config__": model.model_config, "__doc__": model.__doc__, "__module__": model.__module__}
        return create_model(model.__name__, **settings, **fields) if body_fields else None

    @property
    def _changes(self) -> bool:
        return issubclass(self.declared.model, Change)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        path = {name: self._in_path(name) for name in self.route.names}
        condition = {"if_match": IF_MATCH} if self._changes else {}
        return path | condition | {"idempotency_key": IDEMPOTENCY_KEY}

    def _in_path(self, name: str) -> Parameter:
        if name == self.context.identity:
            return identity(self.context)
        return in_path(self.declared.model.model_fields[name])

    def command(self, request: Asked) -> BaseModel:
        """Return the command that a request contains. Raises Refused."""
        if isinstance(request.body, self.declared.model):
            return request.body
        values = to_jsonable_python(request.path) | (
            {} if request.body is None else request.body.model_dump(mode="json", exclude_unset=True)
        )
        version = {"expected_version": expected_version(request.header["if_match"])} if self._changes else {}
        with reading(model=self.declared.model):
            return self.declared.model.model_validate(values | version)


def _explicit_values(command: BaseModel) -> dict[str, Any]:
    """Return the values that the caller sent, which a retry with the same idempotency key must repeat.

    Defaults are left out: the next version may add fields with defaults, and must still recognise a retry. The tag is
    a number, as library versions before 0.3.0 recorded it.
    """
    values = command.model_dump(mode="json", exclude_unset=True)
    tag = values.get("expected_version")
    return values if tag is None else values | {"expected_version": int(tag)}


def _created(request: Request, context: Context[Any], view: dict[str, Any], tag: str) -> Answer:
    path = Route.read(context.routes[context.get_function]).path
    return created_answer(view, tag, request.base + path.replace(f"{{{context.identity}}}", view[context.identity]))


def _changed(_request: Request, _context: Context[Any], view: dict[str, Any], tag: str) -> Answer:
    return version_answer(view, tag)


def _deleted(_request: Request, _context: Context[Any], view: dict[str, Any], _tag: str) -> Answer:
    return json_answer(view)


_SHOWN: Final[Mapping[Kind, Callable[..., Answer]]] = {"creates": _created, "changes": _changed, "deletes": _deleted}


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

    def answer(request: Asked) -> Answer:
        with obeying():
            response = query(question(**request.path))
        is_known = is_held(request.header["if_none_match"], response["etag"])
        return unchanged(response["etag"]) if is_known else version_answer(response[context.name], response["etag"])

    return Operation(
        Route.read(context.routes[context.get_function]),
        {context.identity: identity(context), "if_none_match": IF_NONE_MATCH},
        answer,
    )


def list_operation(context: Context[Any], query: Callable[[Selection], dict[str, Any]]) -> Operation:
    """Return the HTTP operation of the query for many aggregates."""
    question = selection(context)

    def answer(request: Asked) -> Answer:
        with reading(BAD_PARAMETER):
            selected = question(**request.query)
        with obeying(BAD_PARAMETER):
            return json_answer(query(selected))

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
