"""The OpenAPI 3.1 document: Powertools' documents of all operations, merged and completed with the shared parts."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge

from bounded_context.declaration.context import Context
from bounded_context.handlers._requests import CORRELATION_ID

from ..compatibility import without_null
from ..values import examples
from .operations import operations

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


def document(context: Context[Any], release: str) -> dict[str, Any]:
    """Return the document of a release of a context with an API. The result is deterministic."""
    merged, shown = _merged(context, release), _examples(context)
    for operation in (operation for path in merged["paths"].values() for operation in path.values()):
        _complete(operation, shown)
        _require(operation, context.scopes)
    merged["security"] = [{name: []} for name in _SECURITY]
    merged["components"] |= {"headers": _HEADERS, "parameters": {_CORRELATION: _parameter()}}
    _leave_out_unused(merged)
    for part in (merged["components"], merged["paths"]):
        _leave_out_titles(part)
    return merged


def as_json(made: dict[str, Any]) -> str:
    """Return the text of a document as it is committed, sorted for readable diffs."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _merged(context: Context[Any], release: str) -> dict[str, Any]:
    merge = OpenAPIMerge(
        title=context.title,
        version=release,
        description=f"Commands and queries of the context {context.title}.",
        security_schemes=_SECURITY,
        on_conflict="error",
    )
    for described in operations(context):
        merge.add_schema(described.schema())
    return merge.get_openapi_schema()


def _parameter() -> dict[str, Any]:
    # The schema has no pattern, because an id of another form is ignored, not refused.
    description = f"The caller's own correlation id (`{CORRELATION_ID}`); one of another form is ignored."
    return {"name": _CORRELATION, "in": "header", "description": description, "schema": {"type": "string"}}


def _complete(operation: dict[str, Any], shown: dict[str, Any]) -> None:
    """Add the correlation id's parameter and headers, and examples, to an operation."""
    # Powertools adds its own response for invalid values to each operation. The API responds with problems instead.
    operation["responses"] = {
        status: response
        for status, response in operation["responses"].items()
        if "/HTTPValidationError" not in json.dumps(response)
    }
    for parameter in operation.setdefault("parameters", []):
        parameter["schema"] = without_null(parameter["schema"])
    operation["parameters"].append({"$ref": f"#/components/parameters/{_CORRELATION}"})
    for response in operation["responses"].values():
        response.setdefault("headers", {})[_CORRELATION] = {"$ref": f"#/components/headers/{_CORRELATION}"}
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in part.get("content", {}).values():
            of = content["schema"].get("$ref", "").rpartition("/")[2]
            content |= {"example": shown[of]} if of in shown else {}


def _require(operation: dict[str, Any], scopes: Mapping[str, tuple[str, ...]]) -> None:
    """Add the scopes of a token to their operation. A token needs one scope, so each is an alternative."""
    if required := scopes.get(operation["operationId"]):
        operation["security"] = [{"jwt": [scope]} for scope in required]


def _examples(context: Context[Any]) -> dict[str, Any]:
    """Return an example for each schema of a body or an answer, by the schema's name."""
    models = [described.operation.body for described in operations(context)]
    bodies = {body.__name__: examples(body) for body in models if body}
    shown = context.details.model_validate(examples(context.details)).model_dump(mode="json")
    view = shown | {"status": next(iter(context.statuses)).value, "version": 1, "list_id": None}
    return bodies | {"View": view, "Listing": {"items": [view], "next_cursor": None}}


def _leave_out_unused(made: dict[str, Any]) -> None:
    """Remove unused schemas: Powertools adds schemas of its own answers, which the problems replace."""
    schemas = made["components"]["schemas"]
    while unused := [name for name in schemas if f'"#/components/schemas/{name}"' not in json.dumps(made)]:
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
