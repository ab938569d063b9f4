"""A trace as the call that publishes its changes, or as the call of the step that failed on its list."""

import re
import time
from typing import Any, Final

from bounded_context.adapters.items import KEY, LIST
from bounded_context_cli.command.aws_errors import Refused

from . import lists
from .call import Call
from .production import Item, Production

_ID: Final = re.compile(r"(?<![0-9a-f])(?:1-)?([0-9a-f]{8})-?([0-9a-f]{24})(?![0-9a-f])")
"""The id of a trace in X-Ray's form, in a traceparent, or alone."""

_MOST: Final = 100
"""The records of a call: the batch size of the stream's readers."""


def call_of(production: Production, wanted: str) -> Call:
    """Return the call of a trace, by its id. Raises Refused."""
    found = _ID.search(wanted)
    if found is None:
        raise Refused(f"{wanted} is no id of a trace: copy it from X-Ray, or from the member traceparent of an event.")
    items = [*production.traced("".join(found.groups()))]
    if failed := next((item for item in items if _is_list(item) and "failure" in item), None):
        return lists.call_of(production, failed["list_id"]["S"])
    prefix = production.context.key_prefix
    changes = [_change(item) for item in items if item[KEY]["S"].startswith(prefix)][:_MOST]
    if not changes:
        raise Refused(
            f"No failed list and no aggregate has the trace {wanted}: an aggregate has that of its last change."
        )
    return Call({"Records": changes}, function="relay_events")


def _is_list(item: Item) -> bool:
    return item[KEY]["S"].startswith(LIST)


def _change(item: Item) -> dict[str, Any]:
    """Return the stream's record of an item's last change."""
    change = {"Keys": {KEY: item[KEY]}, "NewImage": item, "SequenceNumber": "1"}
    return {
        "eventID": item[KEY]["S"],
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": change | {"ApproximateCreationDateTime": time.time()},
    }
