"""An operation, described: Powertools makes the OpenAPI document of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from ...handlers._operations import Operation
from ...handlers._parameters import Parameter, Place

_MARKS: Final[Mapping[Place, type[Any]]] = {"path": Path, "query": Query, "header": Header}


@dataclass(frozen=True)
class Described:
    """An operation, and what is said of it: its name, its summary, its tags and its responses."""

    operation: Operation
    words: Mapping[str, Any]

    def schema(self) -> dict[str, Any]:
        """Return the OpenAPI document of this operation alone."""

        def route(**_: Any) -> None:
            """Nobody asks: it has what Powertools looks at."""

        vars(route)["__signature__"] = Signature(self._arguments())
        app, of = APIGatewayHttpResolver(enable_validation=True), self.operation.route
        app.route(of.path.replace("{", "<").replace("}", ">"), method=of.method, **self.words)(route)
        return json.loads(app.get_openapi_json_schema())

    def _arguments(self) -> list[Argument]:
        body = self.operation.body
        parameters = [_argument(name, one) for name, one in self.operation.parameters.items()]
        return parameters if body is None else [_keyword("body", Annotated[body, Body()]), *parameters]


def _argument(name: str, parameter: Parameter) -> Argument:
    kind, *said = parameter.kind.__origin__, *parameter.kind.__metadata__
    facts = said.pop()
    mark = _MARKS[parameter.place](alias=parameter.name or None, description=facts.description)
    mark.metadata = [*facts.metadata]
    return _keyword(
        name, Annotated[(kind, *said, mark)], Argument.empty if parameter.default is ... else parameter.default
    )


def _keyword(name: str, kind: Any, default: Any = Argument.empty) -> Argument:
    return Argument(name, Argument.KEYWORD_ONLY, annotation=kind, default=default)
