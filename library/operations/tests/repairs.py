"""The record of a repair that has paused a stack, as the commands on the stack read it."""

import json
import re
from datetime import datetime
from typing import Any

from tests.rollout.clients import Client

AT = "2026-01-31T10:31:00Z"
KEY = {"pk": {"S": "RESTORE-RUN#"}}
SELECTION = "6b86b273ff34fce19d6b804eff5a3f57"


def item(seen: datetime | None = None, **members: Any) -> dict[str, Any]:
    """Return the item of a restore's record. `seen` is the last sign of its owner."""
    sign = seen and seen.isoformat()
    progress = {"at": AT, "mappings": [], "functions": {}, "owner": "1f", "seen": sign, "counts": {"removed": 2}}
    return {**KEY, "owner": {"S": "1f"}, "progress": {"S": json.dumps(progress | members)}}


EARLIER = {**KEY, "progress": {"S": json.dumps({"at": AT, "mappings": ["0-1"], "functions": {"test-one": None}})}}
"""The item of a version that knew neither owners nor signs."""


def exits(line: str) -> list[str]:
    """Return the commands of the line about a repair: that which continues it, and that which ends it."""
    match = re.search(r"continues with[^:]*: (.*); it ends with: (.*)$", line, re.MULTILINE)
    return [*match.groups()] if match else []


class Records(Client):
    """DynamoDB: a table with the record of a repair, or without one."""

    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.item: dict[str, Any] | None = None

    def _get_item(self, Key: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        assert Key == KEY
        return {"Item": self.item} if self.item else {}
