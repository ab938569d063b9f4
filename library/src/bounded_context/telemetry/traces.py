"""This call's part of its trace. Lambda makes the function's segment; what happens inside is reported from here.

Nothing is recorded where the trace is not sampled, and nothing that goes wrong here reaches a handler.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from ..adapters.trace_context import TraceContext, fresh, from_header, from_traceparent
from . import documents
from .allowance import Allowance
from .documents import Document
from .redaction import hidden, without_secrets

MOST_OF_OTHERS: Final = 10
"""Traces a minute that an execution environment records because somebody else says so: each is paid for here."""

_OF_OTHERS: Final = Allowance(MOST_OF_OTHERS)


@dataclass
class _Call:
    """One call of the function: where it belongs, and its subsegment if that is recorded."""

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
    """Make this call's trace searchable by these ids."""
    current = _CALL.get()
    if current and current.document:
        shown = {key: without_secrets(str(value)) for key, value in ids.items() if not hidden(key)}
        current.document["annotations"].update(documents.annotations(shown))


def traceparent() -> str:
    """Return where what this call causes belongs, as a ``traceparent``: the same for all of the call."""
    current = _CALL.get()
    return (current.context if current else _from_lambda()).traceparent


@contextmanager
def span(name: str) -> Iterator[None]:
    """Record a piece of this call's work as a subsegment."""
    with _recorded(subsegment(name) if _PARENT.get() else None):
        yield


def subsegment(name: str) -> Document:
    """Return a subsegment of what is being recorded; its ``trace_id`` is empty if nothing is."""
    parent = _PARENT.get() or {"trace_id": "", "id": ""}
    return documents.subsegment(name, parent["trace_id"], parent["id"])


@contextmanager
def continuing(carried: object, name: str, *, ours: bool = False) -> Iterator[None]:
    """Record the work on a message as a segment in the trace that the message carries in its ``traceparent``.

    A function that takes many messages has a trace of its own: the two name each other. A bad ``traceparent`` is none.

    Args:
        carried: the ``traceparent``. What sets its flag may be anybody, so that of ``MOST_OF_OTHERS`` traces a minute
            counts; what is beyond is worked on and not recorded.
        name: the function.
        ours: this context wrote it, by what X-Ray had chosen to record: it counts each time.
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
    """Record what happens as this document; further subsegments hang below it."""
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
