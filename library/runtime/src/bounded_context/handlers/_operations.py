"""Operations of the HTTP API: route, parameters, body and answer. Each function has its own operation.

Operations only need pydantic. Powertools' event handler only generates the OpenAPI document
(`bounded_context_cli.contracts.openapi`): its import takes a sixth of a cold start, and it accepts bodies that are
not JSON.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from ..declaration.context import Context
from ..domain.aggregate import TAG
from ..domain.faults import INVALID
from ..domain.fields import IDENTIFIER, description_of
from ..domain.spelling import plain
from ._requests import BAD_PARAMETER, NO_SUCH_ROUTE, Refused, Request, described, parsed

Place = Literal["path", "query", "header"]


@dataclass(frozen=True)
class Parameter:
    """A parameter's place, its type with a description, and its default; ``name`` is the header's name.

    A parameter without a default is required.
    """

    place: Place
    kind: Any
    default: Any = ...
    name: str = ""


IDEMPOTENCY_KEY: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            pattern=r"^[\x21-\x7e]{1,128}$",
            description="The caller's own name for this one command. For a day, the same command with the same key has"
            " the same answer and, once it is answered, no second effect; another command with that key is refused.",
        ),
    ],
    None,
    "Idempotency-Key",
)

IF_MATCH: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            pattern=rf'^(\*|"{TAG}")$',
            description="The entity tag of the version that the command is meant for: it is refused for any other.",
        ),
    ],
    None,
    "If-Match",
)

IF_NONE_MATCH: Final = Parameter(
    "header",
    Annotated[
        str | None,
        Field(
            description="The entity tag of a version that the caller has: if it is still the newest, it is not sent"
            " again.",
        ),
    ],
    None,
    "If-None-Match",
)

ANY: Final = "*"


def identity(context: Context[Any]) -> Parameter:
    """Return the path parameter for an aggregate's identity."""
    described = Field(pattern=IDENTIFIER, description=f"The {plain(context.title)}'s identity.")
    return Parameter("path", Annotated[str, described])


def in_path(field: FieldInfo) -> Parameter:
    """Return the path parameter for a field of a command."""
    annotation: Any = field.annotation
    return Parameter("path", Annotated[(annotation, *field.metadata, Field(description=description_of(field)))])


def etag(tag: str) -> str:
    """Return the entity tag of a version's tag."""
    return f'"{tag}"'


def expected_version(if_match: str | None) -> str | None:
    """Return the tag of the version that a command applies to, or None if it applies to any version."""
    return None if if_match in (None, ANY) else str(if_match).strip('"')


def is_held(if_none_match: str | None, tag: str) -> bool:
    """Return whether the caller already has this version; weak tags match too (RFC 9110, 13.1.2)."""
    tags = {entry.strip().removeprefix("W/") for entry in (if_none_match or "").split(",")}
    return not tags.isdisjoint({ANY, etag(tag)})


Answer = dict[str, Any]
"""A function's response to API Gateway."""

Values = Mapping[str, Any]
Problem = dict[str, Any]

_VARIABLE: Final = re.compile(r"{(\w+)}")
_PART: Final = r"[-._~()'!*:@,;=+&$%<> \[\]{}|^\w]+"
"""The accepted values of a path parameter, decoded."""


@dataclass(frozen=True)
class Route:
    """A parsed route key, such as ``PUT /payments/{payment_id}/payer``."""

    method: str
    path: str

    @classmethod
    def read(cls, key: str) -> Self:
        """Parse a route key."""
        method, _, path = key.partition(" ")
        return cls(method, path)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the path parameters, in their order."""
        return tuple(_VARIABLE.findall(self.path))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # `re.escape` also escapes the braces of a path parameter.
        return re.compile(
            re.sub(r"\\{(\w+)\\}", lambda parameter: f"(?P<{parameter[1]}>{_PART})", re.escape(self.path))
        )

    def match(self, request: Request) -> dict[str, str] | None:
        """Return the values of the path parameters, or None if the request belongs to another route."""
        match = self._pattern.fullmatch(request.path) if request.method == self.method else None
        return match and match.groupdict()


@dataclass(frozen=True)
class Asked:
    """A validated request of an operation: its parameters by name, and its body."""

    request: Request
    context: Any
    path: Values
    query: Values
    header: Values
    body: Any


@dataclass(frozen=True)
class Operation:
    """A route with its parameters by name, the model of its body if it has a body, and its handler."""

    route: Route
    parameters: Mapping[str, Parameter]
    answer: Callable[[Asked], Answer]
    body: type[BaseModel] | None = None

    def run(self, request: Request, context: Any) -> Answer:
        """Validate a request and return the answer. Raises Refused."""
        path = self.route.match(request)
        if path is None:
            raise Refused(NO_SUCH_ROUTE, "there is no such route, or not with this method")
        places: dict[Place, Values] = {"path": path, "query": request.query, "header": request.headers}
        problems: list[Problem] = []
        checked = {place: self._validate(place, values, problems) for place, values in places.items()}
        body = self._checked_body(request.body, problems)
        if problems:
            raise _refusal(problems)
        return self.answer(Asked(request, context, **checked, body=body))

    def _validate(self, place: Place, values: Values, problems: list[Problem]) -> Values:
        try:
            model = self._models[place].model_validate(values)
        except ValidationError as error:
            problems += _problems(error, place)
            return {}
        return {name: getattr(model, name) for name in type(model).model_fields}

    def _checked_body(self, text: str, problems: list[Problem]) -> BaseModel | None:
        if self.body is None:
            return None
        if not text:
            problems.append({"loc": ("body",), "msg": "Field required"})
            return None
        try:
            return self.body.model_validate(parsed(text))
        except ValidationError as error:
            problems += _problems(error, "body", self.body)
            return None

    @cached_property
    def _models(self) -> Mapping[Place, type[BaseModel]]:
        places: tuple[Place, ...] = ("path", "query", "header")
        return {place: _model(place, self.parameters) for place in places}


def _model(place: Place, parameters: Mapping[str, Parameter]) -> type[BaseModel]:
    fields: Any = {
        name: (parameter.kind, Field(parameter.default, alias=parameter.name.lower() or name))
        for name, parameter in parameters.items()
        if parameter.place == place
    }
    return create_model(place, __config__=ConfigDict(hide_input_in_errors=True), **fields)


def _problems(error: ValidationError, place: str, model: type[BaseModel] | None = None) -> list[Problem]:
    return [{"loc": (place, *location), "msg": text} for location, text in described(error, model)]


def _refusal(problems: list[Problem]) -> Refused:
    errors = [{"field": _field(problem["loc"]), "detail": problem["msg"]} for problem in problems]
    in_body = all(problem["loc"][0] == "body" for problem in problems)
    detail = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
    return Refused(INVALID if in_body else BAD_PARAMETER, detail, errors)


def _field(location: tuple[str | int, ...]) -> str:
    where, *path = location
    return ".".join(map(str, path or [where]))
