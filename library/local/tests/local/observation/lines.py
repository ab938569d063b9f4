"""Log lines as the emulator keeps them."""

import json
from typing import Any

from bounded_context_local.observation.logs import LogLine, parse


def stamp(second: float) -> str:
    """Return a time on 1 January 1970 as Powertools writes it."""
    return f"1970-01-01 00:00:{second:06.3f}+0000".replace(".", ",")


def call(
    function: str, request_id: str, ended: float, seconds: float, *messages: str | dict[str, Any]
) -> list[LogLine]:
    """Return the lines of a call that ended at a time (in seconds) and took so long."""
    own = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    report = f"REPORT RequestId: {request_id}\tDuration: {seconds * 1000:.0f} ms\tBilled Duration: 1 ms"
    written = [f"START RequestId: {request_id} Version: 3", *own, f"END RequestId: {request_id}", report]
    return parse(function, [(ended, message) for message in written])


def emf(*dimensions: list[str], **values: Any) -> dict[str, Any]:
    """Return a record of the Embedded Metric Format: members in capitals are metrics, the others dimensions."""
    metrics = [{"Name": name, "Unit": "Count"} for name in values if name[0].isupper()]
    directive = {"Namespace": "space", "Dimensions": list(dimensions), "Metrics": metrics}
    return {"_aws": {"Timestamp": 5_500, "CloudWatchMetrics": [directive]}} | values
