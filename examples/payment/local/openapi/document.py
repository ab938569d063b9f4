"""The OpenAPI 3.1 document: what Powertools says of each function's routes, and what all of them have in common."""

import json
import os
from importlib import import_module
from typing import Any, Final

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge

from .. import samples
from infra.context import AGGREGATE, CONTEXT, ROUTES

VERSION: Final = "1"
"""The API's: a change that breaks callers takes the next one."""

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
_EXAMPLES: Final[dict[str, Any]] = {
    "identifier": "id-1",
    "text": "text",
    "decimal": "12.50",
    "int": "42",
    "currency": "EUR",
    "date": "2026-01-31",
    "bool": True,
}
"""A good value of each kind of field."""

_CORRELATION: Final = "X-Correlation-Id"
_HEADERS: Final[dict[str, Any]] = {
    _CORRELATION: {
        "description": "What the request belongs to: the caller's own id, or else the request's.",
        "schema": {"type": "string"},
    },
}


def document() -> dict[str, Any]:
    """Return the document; the same code gives the same one."""
    merged = _merged()
    for operations in merged["paths"].values():
        for operation in operations.values():
            _complete(operation)
    merged["security"] = [{name: []} for name in _SECURITY]
    merged["components"] |= {"headers": _HEADERS, "parameters": {_CORRELATION: _parameter()}}
    _leave_out_unused(merged)
    for part in (merged["components"], merged["paths"]):
        _leave_out_titles(part)
    return merged


def as_json(made: dict[str, Any]) -> str:
    """Return a document as the text that is kept: sorted, so that a change shows as itself."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _merged() -> dict[str, Any]:
    # The functions' modules want what Lambda tells them.
    for name in ("POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"):
        os.environ.setdefault(name, CONTEXT)
    merge = OpenAPIMerge(
        title=AGGREGATE,
        version=VERSION,
        description=f"Commands and queries of the context {AGGREGATE}.",
        security_schemes=_SECURITY,
        on_conflict="error",
    )
    for function in ROUTES:
        app = import_module(f"{CONTEXT}.handlers.{function}").app
        merge.add_schema(json.loads(app.get_openapi_json_schema()))
    return merge.get_openapi_schema()


def _parameter() -> dict[str, Any]:
    pattern = import_module(f"{CONTEXT}.handlers._requests").CORRELATION_ID
    # No pattern in the schema: a caller that sends something else is answered all the same.
    description = (
        f"What the request belongs to, in the caller's words (`{pattern}`); one of another form is passed over."
    )
    return {"name": _CORRELATION, "in": "header", "description": description, "schema": {"type": "string"}}


def _complete(operation: dict[str, Any]) -> None:
    """Add what the door adds to each request and answer, and examples."""
    # Powertools says of each operation that a bad value is told in a form of its own.
    operation["responses"] = {
        status: one for status, one in operation["responses"].items() if "/HTTPValidationError" not in json.dumps(one)
    }
    operation.setdefault("parameters", []).append({"$ref": f"#/components/parameters/{_CORRELATION}"})
    for response in operation["responses"].values():
        response.setdefault("headers", {})[_CORRELATION] = {"$ref": f"#/components/headers/{_CORRELATION}"}
        for content in response.get("content", {}).values():
            _exemplify(content)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = _details()


def _exemplify(content: dict[str, Any]) -> None:
    of = content["schema"].get("$ref", "").rpartition("/")[2]
    examples = {"View": _view(), "Listing": {"items": [_view()], "next_cursor": None}}
    if of in examples:
        content["example"] = examples[of]


def _details() -> dict[str, str]:
    return {name: _EXAMPLES[kind] for name, kind in samples.columns().items()}


def _view() -> dict[str, Any]:
    model = import_module(f"{CONTEXT}.domain.model")
    details = getattr(model, f"{AGGREGATE}Details").model_validate(_details()).model_dump(mode="json")
    return details | {"status": next(iter(model.Status)).value, "version": 1, "list_id": None}


def _leave_out_unused(made: dict[str, Any]) -> None:
    """Powertools adds schemas of its own answers, which our problems replace."""
    schemas = made["components"]["schemas"]
    while unused := [name for name in schemas if f'"#/components/schemas/{name}"' not in json.dumps(made)]:
        for name in unused:
            del schemas[name]


def _leave_out_titles(part: Any) -> None:
    """pydantic says each name twice: as it is, and as a title."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        _leave_out_titles(inner)
