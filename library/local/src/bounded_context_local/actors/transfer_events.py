"""Upload events in the form of Transfer Family.

The emulator's SFTP server sends no events, and only AWS may use the source `aws.transfer`. The stack's setting
`upload_event_source` therefore defines a source for the rule and for this module.
"""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from bounded_context_cli.command.errors import LocalRunError

from ..emulator.aws import Aws
from ..uploads import Sent, Upload

COMPLETED = "SFTP Server File Upload Completed"
FAILED = "SFTP Server File Upload Failed"
RENAMED = "SFTP Server File Rename Completed"


def upload_detail(server_id: str, username: str, uploaded: Upload) -> dict[str, Any]:
    """Return the detail of an upload event."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "status-code": "COMPLETED",
        "protocol": "SFTP",
        "server-id": server_id,
        "username": username,
        "client-ip": "127.0.0.1",
        "session-id": uuid.uuid4().hex[:20],
        "start-timestamp": now,
        "end-timestamp": now,
        "file-path": uploaded.path,
        "bytes": uploaded.size,
        **({"etag": uploaded.etag} if uploaded.etag else {}),
    }


def send(aws: Aws, source: str, kind: str, detail: dict[str, Any]) -> Sent:
    """Put an event on the default bus, and return it."""
    if kind == FAILED:
        detail = detail | {"status-code": "FAILED", "failure-code": "PARTIAL_UPLOAD"}
    sent = Sent(time.time(), source, kind, detail)
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": []}
    answer = aws.call("events", "put_events", Entries=[entry])
    if answer["FailedEntryCount"]:
        raise LocalRunError(f"EventBridge refused the event {kind!r}: {answer['Entries']}")
    return sent
