"""HTTP requests to an entry point that also accepts messages.

Every response has the correlation id. A refusal becomes a problem document. An unexpected exception is raised, as for
a message. It counts as an error of the function, which sets off alarms. API Gateway responds with 500.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

from ..telemetry import Handler, about, continuing
from . import _requests as requests
from ._operations import Answer, Operation, etag
from ._requests import Refused, problem

Watch = Callable[[], AbstractContextManager[None]]


def answers_requests(operation: Operation, source: str, watch: Watch) -> Callable[[Handler], Handler]:
    """Return a decorator that answers HTTP requests with an operation, and passes messages to the handler.

    ``source`` is the context's name. ``watch`` wraps each request to log its outcome; refusals reach it as ``Refused``.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            if not requests.is_request(event):
                return handler(event, context)
            return _run_operation(operation, source, watch, event, context)

        return answering

    return decorate


def _run_operation(operation: Operation, source: str, watch: Watch, event: dict[str, Any], context: Any) -> Answer:
    correlation_id = requests.correlation_of(event)
    about(correlation_id=correlation_id)
    if application := requests.application_of(event):
        about(caller=application)
    with continuing(requests.headers(event).get("traceparent"), context.function_name):
        try:
            with watch():
                response = operation.run(requests.read(event), context)
        except Refused as refused:
            response = problem(refused, source, correlation_id)
    # A response may contain personal data, so no cache may store it.
    response["headers"] |= {"X-Correlation-Id": correlation_id, "Cache-Control": "no-store"}
    return response


def json_answer(view: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return a JSON response."""
    return _answer(status, json.dumps(view), {"Content-Type": "application/json"} | (headers or {}))


def version_answer(view: dict[str, Any], tag: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return the response with an aggregate, and its version as the entity tag."""
    return json_answer(view, status, {"ETag": etag(tag)} | (headers or {}))


def created_answer(view: dict[str, Any], tag: str, place: str) -> Answer:
    """Return the response with a created aggregate and its location."""
    return version_answer(view, tag, 201, {"Location": place})


def unchanged(tag: str) -> Answer:
    """Return the response for a caller that already has this version: 304."""
    return _answer(304, "", {"ETag": etag(tag)})


def _answer(status: int, body: str, headers: dict[str, str]) -> Answer:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
