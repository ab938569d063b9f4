"""The observation of one call of a function: its part of a trace, its log lines, and its counters.

Lambda records the function's segment; this module records the work inside. Only sampled traces are recorded. Errors
of this module never reach a handler. Namespace and service of the counters come from the environment (POWERTOOLS_*).

Each document is a datagram to the daemon that Lambda runs at AWS_XRAY_DAEMON_ADDRESS. Its content and its transport
follow the X-Ray developer guide ("AWS X-Ray segment documents", "Sending segment documents to the X-Ray daemon").

Each call of AWS is a subsegment of the trace, and a DEBUG line if that level is on.
"""

import json
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, wraps
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ..application.ports import THROTTLING_CODES
from ..declaration.context import Context
from ..declaration.measures import Measure
from ..domain.events import TraceContext, fresh, from_header, from_traceparent
from .logs import hidden, loggable_error, logger, set_up, without_secrets

Document = dict[str, Any]

_DAEMON_HEADER: Final = b'{"format": "json", "version": 1}\n'
_FORBIDDEN: Final = r"[^\w\s.:/%&#=+\-@]"
"""The characters that a name may not have."""
_LONGEST_NAME: Final = 200
_LONGEST_ANNOTATION: Final = 1000


def new_segment(name: str, trace: str, parent: str) -> Document:
    """Return a segment that begins now; ``trace`` is X-Ray's trace id, ``parent`` the id of the segment above."""
    identity = {"id": secrets.token_hex(8), "trace_id": trace, "parent_id": parent}
    return {"name": re.sub(_FORBIDDEN, "_", name)[:_LONGEST_NAME], **identity, "start_time": time.time()}


def subsegment_document(name: str, trace: str, parent: str) -> Document:
    """Return a subsegment that begins now and is sent on its own."""
    return new_segment(name, trace, parent) | {"type": "subsegment"}


def annotations(values: dict[str, Any]) -> Document:
    """Return annotations of a document, by which X-Ray makes it searchable."""
    return {key: str(value)[:_LONGEST_ANNOTATION] for key, value in values.items()}


def fault(kind: str) -> Document:
    """Return the members that mark a document as failed, with the exception's type but without its message."""
    return {"fault": True, "cause": _cause(kind)}


def error(kind: str) -> Document:
    """Return the members that mark a document as refused: the caller is at fault."""
    return {"error": True, "cause": _cause(kind)}


def _cause(kind: str) -> Document:
    return {"exceptions": [{"id": secrets.token_hex(8), "type": kind}]}


def end(document: Document) -> None:
    """Send a document that ends now. Without a daemon it is discarded. Never raises."""
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if not host:
        return
    text = json.dumps(document | {"end_time": time.time()}, separators=(",", ":"), default=str)
    # A lost datagram costs a line in a trace: no call may wait for it or fail because of it.
    with suppress(OSError, OverflowError, ValueError):
        _socket().sendto(_DAEMON_HEADER + text.encode(), (host, int(port)))


@cache
def _socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    return opened


class Allowance:
    """A number of different traces that may be recorded in a minute.

    Each execution environment has its own: coordination between them would take longer than a call.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Admit `most` traces in each minute of `clock`, which counts seconds."""
        self._most = most
        self._clock = clock
        self._minute = -1
        self._admitted = set[str]()

    def admits(self, trace: str) -> bool:
        """Return whether this trace may be recorded in the current minute. A repeated trace counts once."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._admitted = minute, set()
        if trace not in self._admitted and len(self._admitted) < self._most:
            self._admitted.add(trace)
        return trace in self._admitted


MOST_OF_OTHERS: Final = 10
"""Traces a minute that an execution environment records because another context requests it. This account pays for
them."""

_OF_OTHERS: Final = Allowance(MOST_OF_OTHERS)


@dataclass
class _Call:
    """A call of the function: its position in a trace, and its subsegment if that is recorded."""

    context: TraceContext
    document: Document | None


_CALL: ContextVar[_Call | None] = ContextVar("call", default=None)
_PARENT: ContextVar[Document | None] = ContextVar("parent", default=None)


@contextmanager
def recorded_call(function: str) -> Iterator[None]:
    """Record one call of a function as a subsegment of Lambda's own segment."""
    context = _from_lambda()
    document = subsegment_document(function, context.root, context.parent) if context.sampled else None
    if document is not None:
        document["annotations"] = _own(function)
    token = _CALL.set(_Call(context, document))
    try:
        with _record(document):
            yield
    finally:
        _CALL.reset(token)


def annotate(**ids: str | int) -> None:
    """Make this call's trace searchable by some ids."""
    current = _CALL.get()
    if current and current.document:
        texts = {key: without_secrets(str(value)) for key, value in ids.items() if not hidden(key)}
        current.document["annotations"].update(annotations(texts))


def traceparent() -> str:
    """Return the ``traceparent`` for the effects of this call, the same for the whole call."""
    current = _CALL.get()
    return (current.context if current else _from_lambda()).traceparent


@contextmanager
def span(name: str) -> Iterator[None]:
    """Record a part of this call's work as a subsegment."""
    with _record(subsegment(name) if _PARENT.get() else None):
        yield


def subsegment(name: str) -> Document:
    """Return a subsegment of the current document; its ``trace_id`` is empty if no document is recorded."""
    parent = _PARENT.get() or {"trace_id": "", "id": ""}
    return subsegment_document(name, parent["trace_id"], parent["id"])


@contextmanager
def continuing(carried: object, name: str, *, ours: bool = False) -> Iterator[None]:
    """Record the work on a message as a segment in the trace that the message carries in its ``traceparent``.

    A function that takes many messages has a trace of its own; the two traces refer to each other. A bad
    ``traceparent`` is ignored.

    Args:
        carried: the ``traceparent``. Any sender may set its flag: only ``MOST_OF_OTHERS`` traces a minute are recorded.
            Further messages are processed without a record.
        name: the function.
        ours: whether this context wrote it, by X-Ray's sampling decision; the limit does not apply then.
    """
    context = from_traceparent(carried)
    if context is None or not context.sampled or not (ours or _OF_OTHERS.admits(context.trace)):
        yield
        return
    # With the origin of Lambda's own segments, X-Ray's map shows one function and not two.
    own = {"origin": "AWS::Lambda::Function", "annotations": _own(name)}
    document = new_segment(name, context.root, context.parent) | own
    _link(document, context)
    with _ending(document):
        yield


def _link(document: Document, context: TraceContext) -> None:
    current = _CALL.get()
    if current is None:
        return
    document["annotations"]["linked_trace"] = current.context.root
    if current.document:
        metadata = current.document.setdefault("metadata", {"default": {"linked_traces": []}})
        metadata["default"]["linked_traces"].append(context.root)


def _from_lambda() -> TraceContext:
    return from_header(os.environ.get("_X_AMZN_TRACE_ID")) or fresh()


def _own(function: str) -> Document:
    stack = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "")
    return annotations({"stack": stack, "function": function})


@contextmanager
def _record(document: Document | None) -> Iterator[None]:
    """Record a block as this document; further subsegments become its children."""
    if document is None:
        yield
        return
    token = _PARENT.set(document)
    try:
        with _ending(document):
            yield
    finally:
        _PARENT.reset(token)


@contextmanager
def _ending(document: Document) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        document |= fault(type(error).__name__)
        raise
    finally:
        end(document)


C = TypeVar("C")

_PENDING: Final = f"{__name__}.pending"
_RESOURCES: Final = {"TableName": "table_name", "Bucket": "bucket_name"}


def watched(client: C) -> C:
    """Record each call of a client from now on, and return the client."""
    events: Any = client.meta.events  # pyrefly: ignore[missing-attribute] (every client of botocore has it)
    events.register("before-parameter-build", _before_call)
    events.register("after-call", _after_call)
    events.register("after-call-error", _after_failed_call)
    return client


def _before_call(params: Any, model: Any, context: Any, **_: Any) -> None:
    resources = {label: params[key] for key, label in _RESOURCES.items() if isinstance(params.get(key), str)}
    aws = {"operation": model.name, "region": context.get("client_region"), **resources}
    context[_PENDING] = subsegment(model.service_model.service_id) | {"namespace": "aws", "aws": aws}


def _after_call(http_response: Any, parsed: Any, context: Any, **_: Any) -> None:
    if document := context.pop(_PENDING, None):
        status, metadata = http_response.status_code, parsed.get("ResponseMetadata", {})
        document["aws"] |= {"request_id": metadata.get("RequestId"), "retries": metadata.get("RetryAttempts", 0)}
        document["http"] = {"response": {"status": status}}
        _end(document | _refusal(status, parsed.get("Error", {}).get("Code", "")), status)


def _after_failed_call(exception: BaseException, context: Any, **_: Any) -> None:
    if document := context.pop(_PENDING, None):
        kind = type(exception).__name__
        _end(document | fault(kind), kind)


def _refusal(status: int, code: str) -> Document:
    if status >= 500:
        return fault(code)
    throttled = {"throttle": True} if status == 429 or code in THROTTLING_CODES else {}
    return error(code) | throttled if status >= 400 else {}


def _end(document: Document, result: int | str) -> None:
    milliseconds = round((time.time() - document["start_time"]) * 1000)
    logger.debug("aws call", **document["aws"], result=result, milliseconds=milliseconds)
    if document["trace_id"]:
        end(document)


def count(measure: Measure, value: float | Decimal = 1, **extra: str) -> None:
    """Add a value to a measure. ``extra`` is the measure's dimension with its value, if the measure has a dimension.

    Raises:
        ValueError: ``extra`` is not the measure's dimension, or not an allowed value.
    """
    measure.check(extra)
    unit = MetricUnit(measure.unit)
    if measure.dimension is None:
        Metrics().add_metric(measure.name, unit, float(value))
        return
    # A record has one set of dimensions for all of its metrics: this metric needs a record of its own.
    with single_metric(measure.name, unit, float(value), default_dimensions=extra):
        pass


def flush() -> None:
    """Write the counted values; `entry_point` calls this function at the end of a call."""
    # All instances share the values, and each reads its variables when it is made: tests set them after imports.
    metrics = Metrics()
    # Powertools warns about a call without metrics, and most calls have none.
    if metrics.provider.metric_set:
        metrics.flush_metrics()


Handler = Callable[[dict[str, Any], Any], Any]


def entry_point(context: Context[Any]) -> Callable[[Handler], Handler]:
    """Return a decorator that observes a Lambda handler of a context: ids on each log line, a subsegment, metrics.

    Payloads and answers are not recorded, since they hold personal data. An exception is logged once and raised again,
    without the parts of its message that may quote personal data.
    """
    set_up(context)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def observed(event: dict[str, Any], call: Any) -> Any:
            set_up(context)
            logger.append_keys(version=call.function_version)
            with recorded_call(call.function_name):
                try:
                    return handler(event, call)
                except Exception as error:
                    logger.exception("uncaught exception")
                    raise loggable_error(error) from None
                finally:
                    flush()

        return logger.inject_lambda_context(observed, clear_state=True)

    return decorate


def about(**ids: str | int) -> None:
    """Add ids to each further log line of this call, and to its trace as annotations."""
    logger.append_keys(**ids)
    annotate(**ids)
