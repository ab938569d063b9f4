"""Telemetry of a call: log lines, metrics, and its position in a trace."""

from .aws_calls import watched
from .calls import Handler, about, entry_point
from .failures import failure_of
from .logs import logger
from .measures import count
from .redaction import conceal, set_up
from .traces import continuing, span, traceparent

__all__ = [
    "Handler",
    "about",
    "conceal",
    "continuing",
    "count",
    "entry_point",
    "failure_of",
    "logger",
    "set_up",
    "span",
    "traceparent",
    "watched",
]
