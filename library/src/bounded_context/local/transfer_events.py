"""The events that Transfer Family sends for SFTP uploads, in its own field form.

The emulator's SFTP server sends none, and nobody but AWS may send events of `aws.transfer`: the stack's setting
`upload_event_source` names the source that the rule and this module share.
"""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from .arrivals import Sent, Upload
from .aws import Aws
from .errors import LocalRunError

COMPLETED = "SFTP Server File Upload Completed"
FAILED = "SFTP Server File Upload Failed"
RENAMED = "SFTP Server File Rename Completed"


def upload_detail(server_id: str, username: str, uploaded: Upload) -> dict[str, Any]:
    """Return the detail of an upload."""
    told = {"file-path": uploaded.path, "bytes": uploaded.size} | ({"etag": uploaded.etag} if uploaded.etag else {})
    return _detail(server_id, username) | told


def rename_detail(server_id: str, username: str, path: str, new_path: str) -> dict[str, Any]:
    """Return the detail of a rename."""
    return _detail(server_id, username) | {"original-file-path": path, "renamed-file-path": new_path}


def _detail(server_id: str, username: str) -> dict[str, Any]:
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
    }


def send(aws: Aws, source: str, kind: str, detail: dict[str, Any]) -> Sent:
    """Put an event on the default bus, and return what was put."""
    if kind == FAILED:
        detail = detail | {"status-code": "FAILED", "failure-code": "PARTIAL_UPLOAD"}
    sent = Sent(time.time(), source, kind, detail)
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": []}
    answer = aws.call("events", "put_events", Entries=[entry])
    if answer["FailedEntryCount"]:
        raise LocalRunError(f"EventBridge refused the event {kind!r}: {answer['Entries']}")
    return sent
