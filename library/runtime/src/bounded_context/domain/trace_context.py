"""Positions in a trace, in two notations: W3C's ``traceparent`` and the X-Ray header.

Messages and items carry the first (W3C, "Trace Context", version 00): ``00-<32 hex>-<16 hex>-<2 hex>``. Lambda gives
the second in ``_X_AMZN_TRACE_ID``: ``Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=1``. The 32 digits are the two
parts of the root, joined. Text of another form is not a context: no function here raises.
"""

import re
import secrets
import time
from dataclasses import dataclass

_TRACEPARENT = r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})"
_ROOT = r"1-([0-9a-f]{8})-([0-9a-f]{24})"
_PARENT = r"[0-9a-f]{16}"


@dataclass(frozen=True)
class TraceContext:
    """A position in a trace: the trace's 32 hex digits, the parent's 16, and whether the trace is recorded."""

    trace: str
    parent: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The position in W3C's notation."""
        return f"00-{self.trace}-{self.parent}-{self.sampled:02x}"

    @property
    def root(self) -> str:
        """The trace's id in X-Ray's notation: ``1-<8 hex>-<24 hex>``."""
        return f"1-{self.trace[:8]}-{self.trace[8:]}"


def from_traceparent(text: object) -> TraceContext | None:
    """Return the context of a ``traceparent``, or None if the text has another form."""
    found = re.fullmatch(_TRACEPARENT, text) if isinstance(text, str) else None
    return _context(found[1], found[2], int(found[3], 16) % 2 == 1) if found else None


def from_header(text: object) -> TraceContext | None:
    """Return the context of an X-Ray header, or None if the text has another form, or names no parent."""
    members = text.split(";") if isinstance(text, str) else []
    named = {name.strip(): value.strip() for name, _, value in (member.partition("=") for member in members)}
    root, parent = re.fullmatch(_ROOT, named.get("Root", "")), named.get("Parent", "")
    if root is None or not re.fullmatch(_PARENT, parent):
        return None
    return _context(root[1] + root[2], parent, named.get("Sampled") == "1")


def _context(trace: str, parent: str, sampled: bool) -> TraceContext | None:
    # W3C: an id that consists of zeros is invalid.
    return TraceContext(trace, parent, sampled) if trace.strip("0") and parent.strip("0") else None


def fresh() -> TraceContext:
    """Return a new trace that is not recorded. X-Ray expects the seconds since 1970 in its first 8 digits."""
    return TraceContext(f"{int(time.time()):08x}{secrets.token_hex(12)}", secrets.token_hex(8), sampled=False)


def fresh_traceparent() -> str:
    """Return a new trace's ``traceparent``."""
    return fresh().traceparent


def accepted(text: object) -> str:
    """Return a valid ``traceparent`` as it is, or a new one for any other value."""
    return (from_traceparent(text) or fresh()).traceparent
