"""The HTTP API's operations of commands and queries: route, parameters, body and answer. Each function has its own.

Operations only need pydantic. Powertools' event handler only generates the OpenAPI document
(`bounded_context_cli.contracts.openapi`): its import takes a sixth of a cold start, and it accepts bodies that are
not JSON.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from ..application.queries import ById, by_id, of_aggregate, selection
from ..declaration.context import Context
from ..domain.aggregate import TAG, Change, Command
from ..domain.faults import INVALID
from ..domain.fields import IDENTIFIER, description_of
from ..domain.spelling import plain
from ._requests import (
    BAD_PARAMETER,
    NO_SUCH_ROUTE,
    Answer,
    Refused,
    Request,
    described,
    etag,
    json_answer,
    obeying,
    parsed,
    reading,
    unchanged,
    version_answer,
)

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


def parameter(field: FieldInfo, place: Place = "path") -> Parameter:
    """Return the parameter for a field of a request."""
    annotation: Any = field.annotation
    kind = Annotated[(annotation, *field.metadata, Field(description=description_of(field)))]
    return Parameter(place, kind, ... if field.is_required() else field.get_default(call_default_factory=True))


def expected_version(if_match: str | None) -> str | None:
    """Return the tag of the version that a command applies to, or None if it applies to any version."""
    return None if if_match in (None, ANY) else str(if_match).strip('"')


def is_held(if_none_match: str | None, tag: str) -> bool:
    """Return whether the caller already has this version; weak tags match too (RFC 9110, 13.1.2)."""
    tags = {entry.strip().removeprefix("W/") for entry in (if_none_match or "").split(",")}
    return not tags.isdisjoint({ANY, etag(tag)})


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
        if not text and any(field.is_required() for field in self.body.model_fields.values()):
            problems.append({"loc": ("body",), "msg": "Field required"})
            return None
        try:
            return self.body.model_validate(parsed(text or "{}"))
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


Perform = Callable[[Any, str | list[str] | None, dict[str, Any], Any], dict[str, Any]]
"""Runs a command for (command, idempotency key or None, payload, Lambda context), and returns a message's answer."""


def command_operation(context: Context[Any], declared: Command[Any, Any], perform: Perform) -> Operation:
    """Return the HTTP operation of a command."""
    form = _Form(context, declared)
    path, parameter = Route.read(context.routes[context.get_function]).path, f"{{{context.identity}}}"

    def answer(request: Asked) -> Answer:
        command = form.command(request)
        callers_key = request.header["idempotency_key"]
        key = None if callers_key is None else ["http", request.request.caller, callers_key]
        response = perform(command, key, _explicit_values(command), request.context)
        view = response[context.name]
        # Answers that library versions before 0.3.0 recorded have no etag.
        tag = response.get("etag", str(view["version"]))
        if declared.kind == "deletes":
            return json_answer(view)
        place = {"Location": request.request.base + path.replace(parameter, view[context.identity])}
        if declared.kind == "adds":
            return version_answer(view, tag, 201)
        return version_answer(view, tag, 201, place) if declared.kind == "creates" else version_answer(view, tag)

    return Operation(form.route, form.parameters, answer, form.body)


def without(model: type[BaseModel], names: Container[str]) -> type[BaseModel] | None:
    """Return the model of the body: a request's model without the fields elsewhere, None if no field is left."""
    fields = {name: field for name, field in model.model_fields.items() if name not in names}
    if len(fields) == len(model.model_fields):
        return model
    members: Any = {name: (field.annotation, field) for name, field in fields.items()}
    settings = {"__config__": model.model_config, "__doc__": model.__doc__, "__module__": model.__module__}
    return create_model(model.__name__, **settings, **members) if fields else None


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
        elsewhere = {*self.route.names, *(Change.model_fields if self._changes else ())}
        return without(self.declared.model, elsewhere)

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
        return parameter(self.declared.model.model_fields[name])

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

    Defaults are left out: the next version may add fields with defaults, and must still recognise a retry. A renamed
    field has its earlier name. The tag is
    a number, as library versions before 0.3.0 recorded it.
    """
    values = command.model_dump(mode="json", exclude_unset=True, by_alias=True)
    tag = values.get("expected_version")
    return values if tag is None else values | {"expected_version": int(tag)}


Q = TypeVar("Q", bound=BaseModel)


def query_operation(context: Context[Any], name: str, query: Callable[[Any], dict[str, Any]]) -> Operation:
    """Return the HTTP operation of the query ``name``: for an aggregate, for many, or for the children of one."""
    if name == context.get_function:
        return _get_operation(context, query)
    if name in context.child_queries:
        return _page_operation(context, name, of_aggregate(context), {}, query)
    fields, own = selection(context).model_fields, context.queried_fields
    earlier = {old: fields[field] for old, field in context.earlier_names.items() if field in own}
    conditions = {**{field: fields[field] for field in ("list_id", "status", *own)}, **earlier}
    return _page_operation(context, name, selection(context), conditions, query)


def _get_operation(context: Context[Any], query: Callable[[ById], dict[str, Any]]) -> Operation:
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


def _page_operation(
    context: Context[Any],
    name: str,
    question: type[Q],
    conditions: Mapping[str, FieldInfo],
    query: Callable[[Q], dict[str, Any]],
) -> Operation:
    """Return the HTTP operation of a query ``name`` that has pages; the conditions are fields of the question."""
    route = Route.read(context.routes[name])
    fields = {**conditions, **{member: question.model_fields[member] for member in ("limit", "cursor")}}

    def answer(request: Asked) -> Answer:
        given = {name: value for name, value in request.query.items() if value is not None}
        with reading(BAD_PARAMETER):
            asked = question(**request.path, **given)
        with obeying(BAD_PARAMETER):
            return json_answer(query(asked))

    in_path = {name: identity(context) for name in route.names}
    return Operation(route, in_path | {name: parameter(field, "query") for name, field in fields.items()}, answer)
