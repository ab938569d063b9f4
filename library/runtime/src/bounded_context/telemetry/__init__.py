"""Telemetry of a call: log lines, metrics, and its position in a trace."""

from .calls import Handler, about, count, entry_point
from .errors import conceal, failure_of, set_up
from .logs import logger
from .traces import continuing, span, traceparent, watched

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
