"""HTTP operations of commands: path, headers and body of the request, and the response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from ..declaration.context import Context
from ..domain.aggregate import Change
from ..domain.commands import Command, Kind
from ._http import shown, shown_created, shown_version
from ._operations import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Answer,
    Asked,
    Operation,
    Parameter,
    Route,
    expected_version,
    identity,
    in_path,
)
from ._refusals import reading
from ._requests import Request

Perform = Callable[[Any, str | list[str] | None, dict[str, Any], Any], dict[str, Any]]
"""Runs a command for (command, idempotency key or None, payload, Lambda context), and returns a message's answer."""


def command_operation(context: Context[Any], declared: Command[Any, Any], perform: Perform) -> Operation:
    """Return the HTTP operation of a command."""
    form = _Form(context, declared)

    def answer(asked: Asked) -> Answer:
        command = form.command(asked)
        callers_key = asked.header["idempotency_key"]
        key = None if callers_key is None else ["http", asked.request.caller, callers_key]
        done = perform(command, key, _explicit_values(command), asked.context)
        view = done[context.name]
        # Answers that library versions before 0.3.0 recorded have no etag.
        return _SHOWN[declared.kind](asked.request, context, view, done.get("etag", str(view["version"])))

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
        rest = {name: field for name, field in model.model_fields.items() if name not in elsewhere}
        if len(rest) == len(model.model_fields):
            return model
        fields: Any = {name: (field.annotation, field) for name, field in rest.items()}
        made = {"__config__": model.model_config, "__doc__": model.__doc__, "__module__": model.__module__}
        return create_model(model.__name__, **made, **fields) if rest else None

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

    def command(self, asked: Asked) -> BaseModel:
        """Return the command that a request contains. Raises Refused."""
        if isinstance(asked.body, self.declared.model):
            return asked.body
        values = to_jsonable_python(asked.path) | (
            {} if asked.body is None else asked.body.model_dump(mode="json", exclude_unset=True)
        )
        version = {"expected_version": expected_version(asked.header["if_match"])} if self._changes else {}
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
    return shown_created(view, tag, request.base + path.replace(f"{{{context.identity}}}", view[context.identity]))


def _changed(_request: Request, _context: Context[Any], view: dict[str, Any], tag: str) -> Answer:
    return shown_version(view, tag)


def _deleted(_request: Request, _context: Context[Any], view: dict[str, Any], _tag: str) -> Answer:
    return shown(view)


_SHOWN: Final[Mapping[Kind, Callable[..., Answer]]] = {"creates": _created, "changes": _changed, "deletes": _deleted}
