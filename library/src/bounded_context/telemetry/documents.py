"""X-Ray's segment documents, and their way to X-Ray's daemon.

"AWS X-Ray segment documents" and "Sending segment documents to the X-Ray daemon" (X-Ray developer guide) say what is in
one and how it is sent: each in a datagram, to the daemon that Lambda runs at AWS_XRAY_DAEMON_ADDRESS.
"""

import json
import os
import re
import secrets
import socket
import time
from contextlib import suppress
from functools import cache
from typing import Any, Final

Document = dict[str, Any]

_DAEMON_HEADER: Final = b'{"format": "json", "version": 1}\n'
_FORBIDDEN: Final = re.compile(r"[^\w\s.:/%&#=+\-@]")
"""What a name may not have."""
_LONGEST_NAME: Final = 200
_LONGEST_ANNOTATION: Final = 1000


def begun(name: str, trace: str, parent: str) -> Document:
    """Return a segment that begins now; ``trace`` is X-Ray's id of the trace, ``parent`` that of the segment above."""
    identity = {"id": secrets.token_hex(8), "trace_id": trace, "parent_id": parent}
    return {"name": _FORBIDDEN.sub("_", name)[:_LONGEST_NAME], **identity, "start_time": time.time()}


def subsegment(name: str, trace: str, parent: str) -> Document:
    """Return a subsegment that begins now and is sent on its own."""
    return begun(name, trace, parent) | {"type": "subsegment"}


def annotations(values: dict[str, Any]) -> Document:
    """Return what X-Ray makes searchable."""
    return {key: str(value)[:_LONGEST_ANNOTATION] for key, value in values.items()}


def fault(kind: str) -> Document:
    """Return what marks a document as failed, by the exception's type and nothing of its message."""
    return {"fault": True, "cause": _cause(kind)}


def error(kind: str) -> Document:
    """Return what marks a document as refused: the caller is at fault."""
    return {"error": True, "cause": _cause(kind)}


def _cause(kind: str) -> Document:
    return {"exceptions": [{"id": secrets.token_hex(8), "type": kind}]}


def end(document: Document) -> None:
    """Send a document as one that ends now; without a daemon nothing is sent. Never raises."""
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if not host:
        return
    text = json.dumps(document | {"end_time": time.time()}, separators=(",", ":"), default=str)
    # A lost datagram costs a line in a trace: no call may wait for it or fail by it.
    with suppress(OSError, OverflowError, ValueError):
        _socket().sendto(_DAEMON_HEADER + text.encode(), (host, int(port)))


@cache
def _socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    return opened
