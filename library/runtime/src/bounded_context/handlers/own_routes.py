"""The Lambda functions of own routes: requests of the HTTP API, and messages.

A message is ``{"payload": {...}}`` with the fields of the request's model. Its answer is
``{"ok": true, "answer": {...}}``, or ``{"ok": false, "error": {"code", "detail"}}``.
"""

from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python

from ..declaration.context import Context
from ..declaration.entry_points import TableSettings
from ..declaration.own_routes import OwnRoute
from ..domain.faults import INVALID
from ..telemetry import Handler
from ._function import function
from ._requests import BAD_PARAMETER, Answer, answers_requests, json_answer, obeying, reading
from ._routes import Asked, Operation, Route, parameter, without
from .queries import ask, logging_outcome


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def own_handler(context: Context[Any], own: OwnRoute) -> Handler:
    """Return the Lambda handler of an own route. It accepts messages and requests."""
    logging = partial(logging_outcome, "route")
    kind = own.request or _Nothing

    @answers_requests(own_operation(own).run, context.name, logging)
    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return ask(kind, lambda question: {"answer": _answer(own, question)}, event, logging)

    if own.deprecated:
        from ._deprecated import reporting

        handler = reporting(own.name, own.deprecated, handler)
    return function(context, own.name, own.settings or TableSettings)(handler)


def own_operation(own: OwnRoute) -> Operation:
    """Return the HTTP operation of an own route."""
    body = without(own.request, own.parameters) if own.request else None

    def answer(request: Asked) -> Answer:
        # A parameter that is left out keeps the default of the request's model.
        sent = {name: value for name, value in request.query.items() if name in request.request.query}
        values = to_jsonable_python({**request.path, **sent})
        if isinstance(request.body, BaseModel):
            values |= request.body.model_dump(mode="json", exclude_unset=True, by_alias=True)
        with reading(BAD_PARAMETER if body is None else INVALID, own.request):
            question = own.request.model_validate(values) if own.request else None
        return json_answer(_answer(own, question), own.status)

    parameters = {
        name: parameter(field, "path" if name in own.in_path else "query") for name, field in own.parameters.items()
    }
    return Operation(Route.read(own.key), parameters, answer, body)


def _answer(own: OwnRoute, question: BaseModel | None) -> dict[str, Any]:
    with obeying(BAD_PARAMETER):
        answer = own.function(question) if own.request else own.function()
    return answer.model_dump(mode="json", by_alias=True)
