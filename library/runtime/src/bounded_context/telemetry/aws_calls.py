"""Records of boto3's calls, from botocore's events: the duration and the result of each, never the request's content.

Each call is a subsegment of the trace, and a DEBUG line if that level is on.
"""

import time
from typing import Any, Final, TypeVar

from ..application.ports import THROTTLING_CODES
from . import documents, traces
from .documents import Document
from .logs import logger

C = TypeVar("C")

_PENDING: Final = f"{__name__}.pending"
_RESOURCES: Final = {"TableName": "table_name", "Bucket": "bucket_name"}


def watched(client: C) -> C:
    """Record each call of a client from now on, and return the client."""
    events: Any = client.meta.events  # pyrefly: ignore[missing-attribute] (every client of botocore has it)
    events.register("before-parameter-build", _asked)
    events.register("after-call", _answered)
    events.register("after-call-error", _unanswered)
    return client


def _asked(params: Any, model: Any, context: Any, **_: Any) -> None:
    named = {shown: params[key] for key, shown in _RESOURCES.items() if isinstance(params.get(key), str)}
    aws = {"operation": model.name, "region": context.get("client_region"), **named}
    context[_PENDING] = traces.subsegment(model.service_model.service_id) | {"namespace": "aws", "aws": aws}


def _answered(http_response: Any, parsed: Any, context: Any, **_: Any) -> None:
    if document := context.pop(_PENDING, None):
        status, metadata = http_response.status_code, parsed.get("ResponseMetadata", {})
        document["aws"] |= {"request_id": metadata.get("RequestId"), "retries": metadata.get("RetryAttempts", 0)}
        document["http"] = {"response": {"status": status}}
        _end(document | _refusal(status, parsed.get("Error", {}).get("Code", "")), status)


def _unanswered(exception: BaseException, context: Any, **_: Any) -> None:
    if document := context.pop(_PENDING, None):
        kind = type(exception).__name__
        _end(document | documents.fault(kind), kind)


def _refusal(status: int, code: str) -> Document:
    if status >= 500:
        return documents.fault(code)
    throttled = {"throttle": True} if status == 429 or code in THROTTLING_CODES else {}
    return documents.error(code) | throttled if status >= 400 else {}


def _end(document: Document, result: int | str) -> None:
    milliseconds = round((time.time() - document["start_time"]) * 1000)
    logger.debug("aws call", **document["aws"], result=result, milliseconds=milliseconds)
    if document["trace_id"]:
        documents.end(document)
