"""Telemetry of a call: log lines, metrics, and its position in a trace."""

from .logs import conceal, failure_of, logger, set_up
from .traces import Handler, about, continuing, count, entry_point, span, traceparent, watched

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
