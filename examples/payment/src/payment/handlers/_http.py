"""The second door of an entry point: requests of the HTTP API. The first one takes messages.

Every answer has the correlation id; a refusal is a problem. An exception that nobody expected is raised, as it is for a
message: it is an error of the function, which its alarms see, and API Gateway answers with 500.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from ..application.ports import Payments
from ..domain.events import SOURCE
from ..domain.model import ID, Payment
from ..telemetry import Handler, about, continuing
from . import _requests as requests
from ._commands import C, perform
from ._parameters import etag
from ._problems import BAD_PARAMETER, NO_SUCH_ROUTE, problem
from ._refusals import INVALID, Refused

Answer = Response[Any]
"""What a route returns. Were its type told, Powertools would take an answer of another one for the caller's fault."""

Watch = Callable[[], AbstractContextManager[None]]


def api() -> APIGatewayHttpResolver:
    """Return the routes of one function: none yet."""
    app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=requests.parsed)
    app.not_found(_no_route)
    # Powertools would log what no handler takes, with a message that may quote anything.
    app.exception_handler(Exception)(_raised)
    return app


def answers_requests(app: APIGatewayHttpResolver, watch: Watch) -> Callable[[Handler], Handler]:
    """Make a handler answer requests through its routes; messages go to the handler.

    ``watch`` says around each request what became of it; it sees refusals as ``Refused``.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answering(event: dict[str, Any], context: Any) -> Any:
            return _answered(app, watch, event, context) if requests.is_request(event) else handler(event, context)

        return answering

    return decorate


def _answered(app: APIGatewayHttpResolver, watch: Watch, event: dict[str, Any], context: Any) -> dict[str, Any]:
    correlation_id = requests.correlation_id(event)
    about(correlation_id=correlation_id)
    with continuing(requests.headers(event).get("traceparent"), context.function_name):
        try:
            with watch():
                response = _resolved(app, event, context)
        except Refused as refused:
            response = problem(refused, correlation_id)
    # What is answered may hold personal data: no cache on the way keeps it.
    response["headers"] |= {"X-Correlation-Id": correlation_id, "Cache-Control": "no-store"}
    return response


def _resolved(app: APIGatewayHttpResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return app.resolve(requests.readable(event), context)
    except RequestValidationError as error:
        raise _refused(error.errors()) from None


def _refused(problems: Sequence[Any]) -> Refused:
    errors = [{"field": _field(problem["loc"]), "detail": problem["msg"]} for problem in problems]
    in_body = all(problem["loc"][0] == "body" for problem in problems)
    detail = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
    return Refused(INVALID if in_body else BAD_PARAMETER, detail, errors)


def _field(location: Sequence[str | int]) -> str:
    where, *path = location
    return ".".join(map(str, path or [where]))


def _raised(error: Exception) -> NoReturn:
    raise error


def _no_route(_error: Exception) -> NoReturn:
    raise Refused(NO_SUCH_ROUTE, "there is no such route, or not with this method")


def performed(
    app: APIGatewayHttpResolver,
    command: C,
    use_case: Callable[[C, Payments], Payment],
    idempotency_key: str | None,
) -> dict[str, Any]:
    """Run a request's command, once per caller and idempotency key; returns the payment.

    Raises:
        Refused: by a rule of the context, or by idempotency.
    """
    caller = requests.caller(app.current_event.raw_event)
    key = None if idempotency_key is None else ["http", caller, idempotency_key]
    done = perform(command, use_case, key, command.model_dump(mode="json"), app.lambda_context)
    return done[SOURCE]


def shown(view: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer in JSON."""
    return Response(status, "application/json", json.dumps(view), headers={**(headers or {})})


def shown_version(view: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return the answer with an aggregate, and with its version as the entity tag."""
    return shown(view, status, {"ETag": etag(view["version"])} | (headers or {}))


def shown_created(app: APIGatewayHttpResolver, view: dict[str, Any]) -> Answer:
    """Return the answer with an aggregate that the request created, and with where it is."""
    return shown_version(view, 201, {"Location": f"{app.current_event.raw_event['rawPath']}/{view[ID]}"})


def unchanged(view: dict[str, Any]) -> Answer:
    """Return the answer for a caller that has this version already."""
    return Response(304, body="", headers={"ETag": etag(view["version"])})
