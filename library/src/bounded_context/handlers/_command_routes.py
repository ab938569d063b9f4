"""A command as a request: what stands in the path, what in the body, and what the answer shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from ..context import Context
from ..domain.aggregate import Change
from ..domain.commands import Command, Kind
from ._commands import Key
from ._http import shown, shown_created, shown_version
from ._operations import Answer, Asked, Operation, Route
from ._parameters import IDEMPOTENCY_KEY, IF_MATCH, Parameter, expected_version, identity, in_path
from ._refusals import reading
from ._requests import Request

Perform = Callable[[Any, Key | None, dict[str, Any], Any], dict[str, Any]]
"""Runs a command under a key, if there is one, for a payload and Lambda's context; returns the answer to a message."""


def command_operation(context: Context[Any], declared: Command[Any], perform: Perform) -> Operation:
    """Return the operation of a command's function."""
    form = _Form(context, declared)

    def answer(asked: Asked) -> Answer:
        command = form.command(asked)
        named = asked.header["idempotency_key"]
        key = None if named is None else ["http", asked.request.caller, named]
        done = perform(command, key, _said(command), asked.context)
        view = done[context.name]
        # A version of the library before 0.3.0 may have recorded the answer to the key.
        return _SHOWN[declared.kind](asked.request, context, view, done.get("etag", str(view["version"])))

    return Operation(form.route, form.parameters, answer, form.body)


@dataclass(frozen=True)
class _Form:
    """Where a command's fields stand in a request: some in the path, the version in a header, others in the body."""

    context: Context[Any]
    declared: Command[Any]

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
        """Return the command of a request. Raises Refused."""
        if isinstance(asked.body, self.declared.model):
            return asked.body
        values = to_jsonable_python(asked.path) | (
            {} if asked.body is None else asked.body.model_dump(mode="json", exclude_unset=True)
        )
        version = {"expected_version": expected_version(asked.header["if_match"])} if self._changes else {}
        with reading():
            return self.declared.model.model_validate(values | version)


def _said(command: BaseModel) -> dict[str, Any]:
    """Return the values that a repeated key must come with again.

    They lack the defaults of fields that nobody wrote: the next version has more of them, and a caller that tries again
    must be known by it. A tag is a number, as library versions before 0.3.0 recorded it.
    """
    said = command.model_dump(mode="json", exclude_unset=True)
    tag = said.get("expected_version")
    return said if tag is None else said | {"expected_version": int(tag)}


def _created(request: Request, context: Context[Any], view: dict[str, Any], tag: str) -> Answer:
    one = Route.read(context.routes[context.get_function]).path
    return shown_created(view, tag, request.base + one.replace(f"{{{context.identity}}}", view[context.identity]))


def _changed(_request: Request, _context: Context[Any], view: dict[str, Any], tag: str) -> Answer:
    return shown_version(view, tag)


def _deleted(_request: Request, _context: Context[Any], view: dict[str, Any], _tag: str) -> Answer:
    return shown(view)


_SHOWN: Final[Mapping[Kind, Callable[..., Answer]]] = {"creates": _created, "changes": _changed, "deletes": _deleted}
