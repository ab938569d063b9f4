"""This call's part of its trace. Lambda records the function's segment; this module records the work inside.

Only sampled traces are recorded. Errors of this module never reach a handler.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from ..domain.trace_context import TraceContext, fresh, from_header, from_traceparent
from . import documents
from .documents import Document
from .redaction import hidden, without_secrets


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
def call(function: str) -> Iterator[None]:
    """Record one call of a function as a subsegment of Lambda's own segment."""
    context = _from_lambda()
    document = documents.subsegment(function, context.root, context.parent) if context.sampled else None
    if document is not None:
        document["annotations"] = _own(function)
    token = _CALL.set(_Call(context, document))
    try:
        with _recorded(document):
            yield
    finally:
        _CALL.reset(token)


def annotate(**ids: str | int) -> None:
    """Make this call's trace searchable by some ids."""
    current = _CALL.get()
    if current and current.document:
        shown = {key: without_secrets(str(value)) for key, value in ids.items() if not hidden(key)}
        current.document["annotations"].update(documents.annotations(shown))


def traceparent() -> str:
    """Return the ``traceparent`` for the effects of this call, the same for the whole call."""
    current = _CALL.get()
    return (current.context if current else _from_lambda()).traceparent


@contextmanager
def span(name: str) -> Iterator[None]:
    """Record a part of this call's work as a subsegment."""
    with _recorded(subsegment(name) if _PARENT.get() else None):
        yield


def subsegment(name: str) -> Document:
    """Return a subsegment of the current document; its ``trace_id`` is empty if no document is recorded."""
    parent = _PARENT.get() or {"trace_id": "", "id": ""}
    return documents.subsegment(name, parent["trace_id"], parent["id"])


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
    document = documents.begun(name, context.root, context.parent) | own
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
    return documents.annotations({"stack": stack, "function": function})


@contextmanager
def _recorded(document: Document | None) -> Iterator[None]:
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
        document |= documents.fault(type(error).__name__)
        raise
    finally:
        documents.end(document)
