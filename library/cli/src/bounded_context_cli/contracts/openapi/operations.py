"""The operations of the HTTP API with their names, answers and refusals, and their OpenAPI documents by Powertools."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Final, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import IN_PROGRESS, REUSED
from bounded_context.domain.commands import Command, Kind
from bounded_context.domain.errors import AlreadyExists, IllegalMove, ListOpen, NotFound, Unavailable, VersionConflict
from bounded_context.domain.faults import INVALID
from bounded_context.domain.spelling import either, plain
from bounded_context.handlers._command_routes import command_operation
from bounded_context.handlers._operations import Operation, Parameter, Place
from bounded_context.handlers._query_routes import get_operation, list_operation
from bounded_context.handlers._refusals import BAD_PARAMETER, MALFORMED, MEDIA_TYPE, TOO_LARGE, UNSUPPORTED, kinds

from .views import Problem, listing, view

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
    "deletes": _EXISTING,
}
"""Codes with which the platform's rules may refuse each kind of command."""

_SUMMARIES: Final[Mapping[Kind, str]] = {
    "creates": "Create the {}.",
    "changes": "Change the {}'s status.",
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
            yield Described(get_operation(context, _unasked), _gets(context))
        elif function == context.list_function:
            yield Described(list_operation(context, _unasked), _lists(context))
        else:
            yield _command(context, commands[function])


def _unasked(*_: Any) -> NoReturn:
    raise NotImplementedError("this operation is there to be described")


def _command(context: Context[Any], command: Command[Any, Any]) -> Described:
    operation, shown = command_operation(context, command, _unasked), view(context)
    answers: Mapping[Kind, dict[int, Part]] = {
        "creates": {201: _answer("As it was created.", shown, _TAG | _PLACE)},
        "changes": {200: _answer("As it is now.", shown, _TAG)},
        "deletes": {200: _answer("As it was before.", shown, {})},
    }
    in_body = () if operation.body is None else (INVALID,)
    own = tuple(error.code for error in context.errors)
    summary = _SUMMARIES[command.kind].format(plain(context.title))
    codes = _plain(*_BODY, *in_body, *_ONCE, *_REFUSALS[command.kind], *own) | _starts(context, command)
    return Described(operation, _operation(context, command.function, summary, answers[command.kind], codes))


def _starts(context: Context[Any], command: Command[Any, Any]) -> dict[str, str]:
    """Return the text about a command's start statuses by the code of its refusal; empty if it starts from all."""
    if command.kind == "creates" or set(context.statuses) <= set(command.after):
        return {}
    return {IllegalMove.code: f"it starts from {either(f'`{status}`' for status in command.after)}"}


def _gets(context: Context[Any]) -> Part:
    held = {"description": "The caller has the newest version already.", "headers": _TAG, "content": {}}
    answers = {200: _answer("As it is.", view(context), _TAG), 304: held}
    summary = f"Return the {plain(context.title)}."
    return _operation(context, context.get_function, summary, answers, _plain(BAD_PARAMETER, NotFound.code))


def _lists(context: Context[Any]) -> Part:
    summary = f"Return {_of_many(context)}, page by page."
    answers = {200: _answer("A page.", listing(context), {})}
    return _operation(context, context.list_function, summary, answers, _plain(BAD_PARAMETER))


def _of_many(context: Context[Any]) -> str:
    fields = [f"those of a {name.replace('_', ' ')}" for name in context.queried_fields]
    common = frozenset(context.queried_by) - frozenset(context.queried_fields)
    return ", ".join([*([_OF_MANY[common]] if common else []), *fields])


def _operation(
    context: Context[Any], name: str, summary: str, answers: dict[int, Any], codes: Mapping[str, str]
) -> Part:
    """Describe an operation; ``codes`` maps the codes of its refusals to an additional text, which may be empty."""
    responses = answers | _refusals(context, codes)
    return {"operation_id": name, "summary": summary, "tags": [context.name], "responses": responses}


def _answer(description: str, model: type, headers: Part) -> Part:
    return {"description": description, "headers": headers, "content": {"application/json": {"model": model}}}


def _plain(*codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, "")


def _refusals(context: Context[Any], codes: Mapping[str, str]) -> dict[int, Any]:
    """Describe the problems with these codes and their additional texts, grouped by status."""
    known, by_status = kinds(context), dict[int, list[str]]()
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
