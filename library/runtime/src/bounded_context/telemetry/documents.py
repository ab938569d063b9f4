"""X-Ray's segment documents, and their transport to X-Ray's daemon.

Each document is a datagram to the daemon that Lambda runs at AWS_XRAY_DAEMON_ADDRESS. Its content and its transport
follow the X-Ray developer guide ("AWS X-Ray segment documents", "Sending segment documents to the X-Ray daemon").
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
_FORBIDDEN: Final = r"[^\w\s.:/%&#=+\-@]"
"""The characters that a name may not have."""
_LONGEST_NAME: Final = 200
_LONGEST_ANNOTATION: Final = 1000


def begun(name: str, trace: str, parent: str) -> Document:
    """Return a segment that begins now; ``trace`` is X-Ray's trace id, ``parent`` the id of the segment above."""
    identity = {"id": secrets.token_hex(8), "trace_id": trace, "parent_id": parent}
    return {"name": re.sub(_FORBIDDEN, "_", name)[:_LONGEST_NAME], **identity, "start_time": time.time()}


def subsegment(name: str, trace: str, parent: str) -> Document:
    """Return a subsegment that begins now and is sent on its own."""
    return begun(name, trace, parent) | {"type": "subsegment"}


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
