"""The OpenAPI 3.1 document of the HTTP API: its operations with their names, answers and refusals."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Final, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from bounded_context.declaration.context import Context
from bounded_context.declaration.deprecation import DEPRECATION, SUNSET
from bounded_context.declaration.own_routes import OwnRoute, own_routes
from bounded_context.declaration.structure import IN_PROGRESS, REUSED, By
from bounded_context.domain.aggregate import (
    AlreadyExists,
    Command,
    IllegalMove,
    Kind,
    ListOpen,
    NotFound,
    TooMany,
    Unavailable,
    VersionConflict,
)
from bounded_context.domain.events import TIMES
from bounded_context.domain.faults import INVALID
from bounded_context.domain.fields import published
from bounded_context.domain.spelling import either, plain
from bounded_context.handlers._requests import (
    BAD_PARAMETER,
    CORRELATION_ID,
    MALFORMED,
    MEDIA_TYPE,
    OF_REQUESTS,
    TOO_LARGE,
    UNSUPPORTED,
    of_rule,
)
from bounded_context.handlers._requests import Kind as Refusal
from bounded_context.handlers._routes import (
    Operation,
    Parameter,
    Place,
    command_operation,
    query_operation,
)
from bounded_context.handlers.own_routes import own_operation
from bounded_context_infra.configuration.routes import all_deprecated, all_routes, all_scopes

from ..compatibility import without_null
from ..deprecation import marks
from ..published import examples


@cache
def view(context: Context[Any]) -> type[BaseModel]:
    """Return the model of an aggregate in an answer."""
    members: Any = {
        **(published(context.details) if context.details.earlier_names else {}),
        **published(context.state),
        "status": (context.statuses, ...),
        "version": (int, Field(ge=1, description="Counts its changes from 1.")),
        "list_id": (str | None, Field(description="The list that brought it, if one did.")),
        **(TIMES if context.times else {}),
    }

    # Fields that a later version adds must not break readers.
    class Shown(context.details):
        model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    return create_model("View", __base__=Shown, __doc__=f"The {plain(context.title)} as it stands.", **members)


@cache
def listing(context: Context[Any]) -> type[BaseModel]:
    """Return the model of a page of aggregates."""
    item: Any = view(context)
    return create_model("Listing", __base__=_Listing, __doc__=_Listing.__doc__, items=(list[item], ...))


class _Listing(BaseModel):
    """A page. It may have fewer items than were asked for, even none; on the last one ``next_cursor`` is null."""

    model_config = ConfigDict(hide_input_in_errors=True)

    items: list[Any]
    next_cursor: str | None = Field(description="What to pass as cursor for the next page.")


class Flaw(BaseModel):
    """One invalid value."""

    model_config = ConfigDict(hide_input_in_errors=True)

    field: str
    detail: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    type: str = Field(description="The code as a URN.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="What programs can act on; it does not change.")
    correlation_id: str
    errors: list[Flaw] = Field(default=[], description="Each invalid value.")


_BODY: Final = (MALFORMED, TOO_LARGE, UNSUPPORTED)
_ONCE: Final = (BAD_PARAMETER, IN_PROGRESS, REUSED)
_EXISTING: Final = (NotFound.code, ListOpen.code, VersionConflict.code)

_TAG: Final = {"ETag": {"description": "The version, as an entity tag.", "schema": {"type": "string"}}}
_PLACE: Final = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}

_SECONDS: Final = {"description": "Seconds until the next attempt.", "schema": {"type": "integer"}}
_RETRY_AFTER: Final = {"Retry-After": _SECONDS}

_REFUSALS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "creates": (AlreadyExists.code,),
    "changes": _EXISTING,
    "adds": (*_EXISTING, TooMany.code),
    "deletes": _EXISTING,
}
"""Codes with which the platform's rules may refuse each kind of command."""

_SUMMARIES: Final[Mapping[Kind, str]] = {
    "creates": "Create the {}.",
    "changes": "Change the {}'s status.",
    "adds": "Add a child to the {}.",
    "deletes": "Remove the {}.",
}

_OF_MANY: Final[Mapping[frozenset[str], str]] = {
    frozenset({"list"}): "those of a list, optionally in one status",
    frozenset({"status"}): "those in a status, optionally of one list",
    frozenset({"list", "status"}): "those of a list, those in a status, or those of a list in a status",
}

_MARKS: Final[Mapping[Place, type[Any]]] = {"path": Path, "query": Query, "header": Header}

Part = dict[str, Any]


@dataclass(frozen=True)
class Described:
    """An operation with its description: name, summary, tags and responses."""

    operation: Operation
    words: Mapping[str, Any]

    def schema(self) -> dict[str, Any]:
        """Return the OpenAPI document of this operation alone."""

        def route(**_: Any) -> None:
            """Carry the signature that Powertools inspects; never called."""

        vars(route)["__signature__"] = Signature(self._arguments())
        app, of = APIGatewayHttpResolver(enable_validation=True), self.operation.route
        app.route(of.path.replace("{", "<").replace("}", ">"), method=of.method, **self.words)(route)
        return json.loads(app.get_openapi_json_schema())

    def _arguments(self) -> list[Argument]:
        body = self.operation.body
        parameters = [_argument(name, parameter) for name, parameter in self.operation.parameters.items()]
        return parameters if body is None else [_keyword("body", Annotated[body, Body()]), *parameters]


def operations(context: Context[Any]) -> Iterator[Described]:
    """Yield the operations of a context with an API, in the order of its routes."""
    commands = {command.function: command for command in context.commands}
    for function in context.routes:
        if function == context.get_function:
            yield Described(query_operation(context, function, _unasked), _gets(context))
        elif function == context.list_function:
            yield Described(query_operation(context, function, _unasked), _lists(context))
        elif function in context.child_queries:
            yield _children(context, function)
        else:
            yield _command(context, commands[function])
    for own in own_routes(context).values():
        yield _own(context, own)


def kinds(context: Context[Any]) -> dict[str, Refusal]:
    """Return the kind of problem for each code, of bad requests and of the context's rules."""
    return {**OF_REQUESTS, **{error.code: of_rule(error) for error in context.business_errors}}


def _own(context: Context[Any], own: OwnRoute) -> Described:
    operation = own_operation(own)
    in_body = () if operation.body is None else (*_BODY, INVALID)
    in_parameters = (BAD_PARAMETER,) if own.parameters else ()
    codes = dict.fromkeys((*in_body, *in_parameters, *(error.code for error in own.errors)), "")
    known = kinds(context) | {error.code: of_rule(error) for error in own.errors}
    summary = (own.function.__doc__ or f"{plain(own.name)}.").strip().splitlines()[0]
    answers = {own.status: _answer("The answer.", own.answer, {})}
    return Described(operation, _operation(context, own.name, summary, answers, codes, known))


def _unasked(*_: Any) -> NoReturn:
    raise NotImplementedError("this operation is there to be described")


def _command(context: Context[Any], command: Command[Any, Any]) -> Described:
    operation, view_schema = command_operation(context, command, _unasked), view(context)
    answers: Mapping[Kind, dict[int, Part]] = {
        "creates": {201: _answer("As it was created.", view_schema, _TAG | _PLACE)},
        "changes": {200: _answer("As it is now.", view_schema, _TAG)},
        "adds": {201: _answer("As it is now, with the new child.", _with_child(context, command), _TAG)},
        "deletes": {200: _answer("As it was before.", view_schema, {})},
    }
    in_body = () if operation.body is None else (INVALID,)
    own = tuple(error.code for error in context.errors_of(command))
    summary = _SUMMARIES[command.kind].format(plain(context.title))
    codes = _plain(*_BODY, *in_body, *_ONCE, *_REFUSALS[command.kind], *own) | _starts(context, command)
    return Described(operation, _operation(context, command.function, summary, answers[command.kind], codes))


def _with_child(context: Context[Any], command: Command[Any, Any]) -> type[BaseModel]:
    """Return the model of the answer to a command that adds a child; of another command, the aggregate's."""
    if command.kind != "adds":
        return view(context)
    children = context.children_of(command)
    child: Any = {children.name: (children.view(context.identity), ...)}
    return create_model(f"With{children.model.__name__}", __base__=view(context), **child)


def _children(context: Context[Any], name: str) -> Described:
    children, of = context.child_queries[name], plain(context.title)
    item: Any = children.view(context.identity)
    page = create_model(f"{children.model.__name__}Listing", __base__=_Listing, items=(list[item], ...))
    summary = f"Return the {children.plural.replace('_', ' ')} of a {of}, page by page, in the order of their numbers."
    answers = {200: _answer("A page.", page, {})}
    words = _operation(context, name, summary, answers, _plain(BAD_PARAMETER, NotFound.code))
    return Described(query_operation(context, name, _unasked), words)


def _starts(context: Context[Any], command: Command[Any, Any]) -> dict[str, str]:
    """Return the text about a command's start statuses by the code of its refusal; empty if it starts from all."""
    if command.kind == "creates" or set(context.statuses) <= set(command.after):
        return {}
    return {IllegalMove.code: f"it starts from {either(f'`{status}`' for status in command.after)}"}


def _gets(context: Context[Any]) -> Part:
    unchanged = {"description": "The caller has the newest version already.", "headers": _TAG, "content": {}}
    answers = {200: _answer("As it is.", view(context), _TAG), 304: unchanged}
    summary = f"Return the {plain(context.title)}."
    return _operation(context, context.get_function, summary, answers, _plain(BAD_PARAMETER, NotFound.code))


def _lists(context: Context[Any]) -> Part:
    summary = f"Return {_of_many(context)}, page by page."
    answers = {200: _answer("A page.", listing(context), {})}
    return _operation(context, context.list_function, summary, answers, _plain(BAD_PARAMETER))


def _of_many(context: Context[Any]) -> str:
    fields = [f"those of a {_spaced(name)}{_ordered(context.orders.get(name))}" for name in context.queried_fields]
    common = frozenset(context.conditions) - frozenset(context.queried_fields)
    return ", ".join([*([_OF_MANY[common]] if common else []), *fields])


def _ordered(by: By | None) -> str:
    if by is None:
        return ""
    return f" by {_spaced(by.order)}, the {'last' if by.newest_first else 'first'} first"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _operation(
    context: Context[Any],
    name: str,
    summary: str,
    answers: dict[int, Any],
    codes: Mapping[str, str],
    known: Mapping[str, Refusal] | None = None,
) -> Part:
    """Describe an operation; ``codes`` maps the codes of its refusals to an additional text, which may be empty."""
    responses = answers | _refusals(known or kinds(context), codes)
    return {"operation_id": name, "summary": summary, "tags": [context.name], "responses": responses}


def _answer(description: str, model: type, headers: Part) -> Part:
    return {"description": description, "headers": headers, "content": {"application/json": {"model": model}}}


def _plain(*codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, "")


def _refusals(known: Mapping[str, Refusal], codes: Mapping[str, str]) -> dict[int, Any]:
    """Describe the problems with these codes and their additional texts, grouped by status."""
    by_status = dict[int, list[str]]()
    for code in codes:
        by_status.setdefault(known[code].status, []).append(code)
    sentences = {code: f"{known[code].title} (`{code}`){more and f': {more}'}." for code, more in codes.items()}
    return {
        status: _problem([sentences[code] for code in sorted(of)])
        | ({"headers": _RETRY_AFTER} if status == Unavailable.status else {})
        for status, of in sorted(by_status.items())
    }


def _problem(sentences: list[str]) -> Part:
    return {"description": " ".join(sentences), "content": {MEDIA_TYPE: {"model": Problem}}}


def _argument(name: str, parameter: Parameter) -> Argument:
    kind, *annotations = parameter.kind.__origin__, *parameter.kind.__metadata__
    facts = annotations.pop()
    mark = _MARKS[parameter.place](alias=parameter.name or None, description=facts.description)
    mark.metadata = [*facts.metadata]
    return _keyword(
        name, Annotated[(kind, *annotations, mark)], Argument.empty if parameter.default is ... else parameter.default
    )


def _keyword(name: str, kind: Any, default: Any = Argument.empty) -> Argument:
    return Argument(name, Argument.KEYWORD_ONLY, annotation=kind, default=default)


_SECURITY: Final[dict[str, Any]] = {
    "sigv4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4 for the service `execute-api`.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the issuer that the stack names, where it takes tokens.",
    },
}

_CORRELATION: Final = "X-Correlation-Id"
_HEADERS: Final[dict[str, Any]] = {
    _CORRELATION: {
        "description": "The correlation id: the caller's own, or else the request's.",
        "schema": {"type": "string"},
    },
}


_OF_DEPRECATION: Final[dict[str, Any]] = {
    DEPRECATION: {
        "description": "The time at which the route was deprecated (RFC 9745).",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
    },
    SUNSET: {
        "description": "The time after which the route may be removed (RFC 8594).",
        "schema": {"type": "string"},
    },
}


def document(context: Context[Any], release: str) -> dict[str, Any]:
    """Return the document of a release of a context with an API. The result is deterministic."""
    merged, samples, scopes = _merged(context, release), _examples(context), all_scopes(context)
    for operation in (operation for path in merged["paths"].values() for operation in path.values()):
        _complete(operation, samples)
        _require(operation, scopes)
        _mark_deprecated(operation, context)
    merged["security"] = [{name: []} for name in _SECURITY]
    headers = _HEADERS | (_OF_DEPRECATION if all_deprecated(context).keys() & all_routes(context).keys() else {})
    merged["components"] |= {"headers": headers, "parameters": {_CORRELATION: _parameter()}}
    _leave_out_unused(merged)
    _correct_bodies(merged)
    for command in context.commands:
        _add_new_names(merged["components"]["schemas"].get(command.name, {}), command.model.earlier_names)
    for part in (merged["components"], merged["paths"]):
        _leave_out_titles(part)
    return merged


def as_json(document: dict[str, Any]) -> str:
    """Return the text of a document as it is committed, sorted for readable diffs."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _merged(context: Context[Any], release: str) -> dict[str, Any]:
    merge = OpenAPIMerge(
        title=context.title,
        version=release,
        description=f"Commands and queries of the context {context.title}.",
        security_schemes=_SECURITY,
        on_conflict="error",
    )
    names: dict[str, Part] = {}
    for described in operations(context):
        merge.add_schema(_distinct(described, names))
    return merge.get_openapi_schema()


def _distinct(described: Described, names: dict[str, Part]) -> Part:
    """Return the document of an operation. A model whose name in ``names`` has another schema gets its own name."""
    schema = described.schema()
    prefix = "".join(map(str.capitalize, described.words["operation_id"].split("_")))
    for name, part in {**schema["components"]["schemas"]}.items():
        if names.get(name, part) != part:
            schema["components"]["schemas"][f"{prefix}{name}"] = schema["components"]["schemas"].pop(name)
            text = json.dumps(schema).replace(
                f'"#/components/schemas/{name}"', f'"#/components/schemas/{prefix}{name}"'
            )
            schema = json.loads(text)
    names |= schema["components"]["schemas"]
    return schema


def _parameter() -> dict[str, Any]:
    # The schema has no pattern, because an id of another form is ignored, not refused.
    description = f"The caller's own correlation id (`{CORRELATION_ID}`); one of another form is ignored."
    return {"name": _CORRELATION, "in": "header", "description": description, "schema": {"type": "string"}}


def _complete(operation: dict[str, Any], samples: dict[str, Any]) -> None:
    """Add the correlation id's parameter and headers, and examples, to an operation."""
    # Powertools adds its own response for invalid values to each operation. The API responds with problems instead.
    operation["responses"] = {
        status: response
        for status, response in operation["responses"].items()
        if "/HTTPValidationError" not in json.dumps(response)
    }
    for parameter in operation.setdefault("parameters", []):
        parameter["schema"] = without_null(parameter["schema"])
        _write_default_as_text(parameter["schema"])
    operation["parameters"].append({"$ref": f"#/components/parameters/{_CORRELATION}"})
    for response in operation["responses"].values():
        response.setdefault("headers", {})[_CORRELATION] = {"$ref": f"#/components/headers/{_CORRELATION}"}
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in part.get("content", {}).values():
            of = content["schema"].get("$ref", "").rpartition("/")[2]
            content |= {"example": samples[of]} if of in samples else {}


def _correct_bodies(document: dict[str, Any]) -> None:
    """Let callers leave out a body without required members, and write the defaults of numbers as texts."""
    schemas = document["components"]["schemas"]
    for body in (operation.get("requestBody") for path in document["paths"].values() for operation in path.values()):
        for content in (body or {}).get("content", {}).values():
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            body["required"] = bool(schema.get("required"))
            for member in schema["properties"].values():
                _write_default_as_text(member)


def _write_default_as_text(schema: dict[str, Any]) -> None:
    if schema.get("type") == "string" and "default" in schema:
        schema["default"] = str(schema["default"])


def _add_new_names(body: dict[str, Any], earlier: Mapping[str, str]) -> None:
    """Describe both names of each renamed field of a body. Exactly one name of a required field is needed."""
    for old, name in earlier.items():
        if old in body.get("properties", {}):
            body["properties"][name] = body["properties"][old]
            body["properties"][old] = {**body["properties"][old], "deprecated": True}
            names = [{"required": [old]}, {"required": [name]}]
            if old in body.get("required", ()):
                body["required"].remove(old)
                body.setdefault("allOf", []).append({"oneOf": names})
            else:
                body.setdefault("allOf", []).append({"not": {"required": [old, name]}})


def _require(operation: dict[str, Any], scopes: Mapping[str, tuple[str, ...]]) -> None:
    """Add the scopes of a token to their operation. A token needs one scope, so each is an alternative."""
    if required := scopes.get(operation["operationId"]):
        operation["security"] = [{"jwt": [scope]} for scope in required]


def _mark_deprecated(operation: dict[str, Any], context: Context[Any]) -> None:
    """Add the marks and the headers of a deprecated route to its operation."""
    if own := marks(context, operation["operationId"]):
        operation |= own
        for response in operation["responses"].values():
            response["headers"] |= {name: {"$ref": f"#/components/headers/{name}"} for name in _OF_DEPRECATION}


def _examples(context: Context[Any]) -> dict[str, Any]:
    """Return an example for each schema of a body or an answer, by the schema's name."""
    models = [described.operation.body for described in operations(context)]
    bodies = {body.__name__: examples(body) for body in models if body}
    details = context.details.model_validate(examples(context.details)).model_dump(mode="json")
    state = context.state().model_dump(mode="json")
    view = details | state | {"status": next(iter(context.statuses)).value, "version": 1, "list_id": None}
    view |= dict.fromkeys(TIMES, "2026-01-31T12:00:00.000Z") if context.times else {}
    return bodies | {"View": view, "Listing": {"items": [view], "next_cursor": None}}


def _leave_out_unused(document: dict[str, Any]) -> None:
    """Remove unused schemas: Powertools adds schemas of its own answers, which the problems replace."""
    schemas = document["components"]["schemas"]
    while unused := [name for name in schemas if f'"#/components/schemas/{name}"' not in json.dumps(document)]:
        for name in unused:
            del schemas[name]


def _leave_out_titles(part: Any, *, names: bool = False) -> None:
    """Remove titles, in which pydantic repeats names. Fields named ``title`` stay; ``names`` are keys of properties."""
    if isinstance(part, list):
        for inner in part:
            _leave_out_titles(inner)
    elif isinstance(part, dict):
        if not names:
            part.pop("title", None)
        for name, inner in part.items():
            if names or name != "example":
                _leave_out_titles(inner, names=name == "properties" and not names)
