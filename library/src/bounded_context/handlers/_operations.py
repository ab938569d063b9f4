"""Operations of the HTTP API: a route, what is asked of it, and its answer. Each function has one.

They need pydantic alone: to import Powertools' event handler takes a sixth of a function's start, and it takes bodies
that are no JSON. It describes them for the OpenAPI document (`bounded_context.contracts.openapi`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ..context import INVALID
from ._parameters import Parameter, Place
from ._problems import BAD_PARAMETER, NO_SUCH_ROUTE
from ._refusals import Refused
from ._requests import Request, parsed

Answer = dict[str, Any]
"""What API Gateway takes of a function."""

Values = Mapping[str, Any]
Problem = dict[str, Any]

_VARIABLE: Final = re.compile(r"{(\w+)}")
_PART: Final = r"[-._~()'!*:@,;=+&$%<> \[\]{}|^\w]+"
"""What may stand for a variable part of a path, decoded."""


@dataclass(frozen=True)
class Route:
    """A route's key, taken apart: ``PUT /payments/{payment_id}/payer``."""

    method: str
    path: str

    @classmethod
    def read(cls, key: str) -> Self:
        """Take a key apart."""
        method, _, path = key.partition(" ")
        return cls(method, path)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the path's variable parts, in their order."""
        return tuple(_VARIABLE.findall(self.path))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Escaped, a variable part has its braces escaped too.
        return re.compile(re.sub(r"\\{(\w+)\\}", lambda found: f"(?P<{found[1]}>{_PART})", re.escape(self.path)))

    def match(self, request: Request) -> dict[str, str] | None:
        """Return what stands for the path's variable parts; None if it is a request of another route."""
        found = self._pattern.fullmatch(request.path) if request.method == self.method else None
        return found and found.groupdict()


@dataclass(frozen=True)
class Asked:
    """A request of an operation, checked: the parameters by their names, and the body."""

    request: Request
    context: Any
    path: Values
    query: Values
    header: Values
    body: Any


@dataclass(frozen=True)
class Operation:
    """A route, its parameters by their names, its body's model if it has a body, and what answers."""

    route: Route
    parameters: Mapping[str, Parameter]
    answer: Callable[[Asked], Answer]
    body: type[BaseModel] | None = None

    def run(self, request: Request, context: Any) -> Answer:
        """Answer a request. Raises Refused."""
        path = self.route.match(request)
        if path is None:
            raise Refused(NO_SUCH_ROUTE, "there is no such route, or not with this method")
        given: dict[Place, Values] = {"path": path, "query": request.query, "header": request.headers}
        problems: list[Problem] = []
        checked = {place: self._checked(place, values, problems) for place, values in given.items()}
        body = self._checked_body(request.body, problems)
        if problems:
            raise _refused(problems)
        return self.answer(Asked(request, context, **checked, body=body))

    def _checked(self, place: Place, given: Values, problems: list[Problem]) -> Values:
        try:
            found = self._models[place].model_validate(given)
        except ValidationError as error:
            problems += _problems(error, place)
            return {}
        return {name: getattr(found, name) for name in type(found).model_fields}

    def _checked_body(self, text: str, problems: list[Problem]) -> BaseModel | None:
        if self.body is None:
            return None
        if not text:
            problems.append({"loc": ("body",), "msg": "Field required"})
            return None
        try:
            return self.body.model_validate(parsed(text))
        except ValidationError as error:
            problems += _problems(error, "body")
            return None

    @cached_property
    def _models(self) -> Mapping[Place, type[BaseModel]]:
        places: tuple[Place, ...] = ("path", "query", "header")
        return {place: _model(place, self.parameters) for place in places}


def _model(place: Place, parameters: Mapping[str, Parameter]) -> type[BaseModel]:
    there = {name: one for name, one in parameters.items() if one.place == place}
    fields: Any = {name: (one.kind, Field(one.default, alias=one.name.lower() or name)) for name, one in there.items()}
    return create_model(place, __config__=ConfigDict(hide_input_in_errors=True), **fields)


def _problems(error: ValidationError, place: str) -> list[Problem]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"loc": (place, *one["loc"]), "msg": one["msg"]} for one in found]


def _refused(problems: list[Problem]) -> Refused:
    errors = [{"field": _field(problem["loc"]), "detail": problem["msg"]} for problem in problems]
    in_body = all(problem["loc"][0] == "body" for problem in problems)
    detail = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
    return Refused(INVALID if in_body else BAD_PARAMETER, detail, errors)


def _field(location: tuple[str | int, ...]) -> str:
    where, *path = location
    return ".".join(map(str, path or [where]))
