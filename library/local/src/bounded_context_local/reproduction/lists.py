"""A failed list as the call of the step that failed."""

import json
from typing import Any, Final

from bounded_context.adapters.items import LIST
from bounded_context.adapters.list_items import ROWS, UNTIL
from bounded_context.application.staging import IDENTITIES, PROGRESS, RANGE_RESULTS, VALIDATED, VERIFIED
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import STAGING, ListStatus
from bounded_context_cli.command.aws_errors import Refused

from .call import Call
from .production import Item, Production

_AFTERWARDS: Final = frozenset(("failed", "failure", "reason", "imported_parts", "undone_parts"))
"""The attributes that the import and its undo add to a list's record."""


def call_of(production: Production, list_id: str) -> Call:
    """Return the call of the step that failed, with the list's record as it was before. Raises Refused."""
    item = production.item(LIST + list_id)
    if item is None:
        raise Refused(f"The stack has no list {list_id}: the report names a list by its id.")
    failure = item.get("failure", {}).get("M", {})
    step, part = failure.get("step", {}).get("S", ""), failure.get("part", {}).get("N")
    status = _status(production.context, step)
    if status is None:
        raise Refused(f"The list {list_id} has the status {item['status']['S']}, and no step that failed.")
    event: dict[str, Any] = {"list_id": list_id}
    if part is not None:
        event["part"] = _part(production, list_id, int(part), VALIDATED if status is ListStatus.VALIDATED else VERIFIED)
    return Call(event, step, record=_before(item, status), objects=_objects(production, item, event, status))


def _status(context: Context[Any], step: str) -> ListStatus | None:
    """Return the status of a list that a step begins with."""
    _, validate, verify, write, _ = context.steps
    return {
        validate: ListStatus.REGISTERED,
        verify: ListStatus.VALIDATED,
        write: ListStatus.IMPORTING,
    }.get(step)


def _before(item: Item, status: ListStatus) -> Item:
    kept = {name: value for name, value in item.items() if not name.startswith((ROWS, UNTIL))}
    return {name: value for name, value in kept.items() if name not in _AFTERWARDS} | {"status": {"S": status.value}}


def _part(production: Production, list_id: str, number: int, name: str) -> dict[str, Any]:
    manifest = json.loads(production.object(f"{STAGING}/{list_id}/{name}"))
    return next(part for part in manifest if part["part"] == number)


def _objects(production: Production, item: Item, event: dict[str, Any], status: ListStatus) -> dict[str, str | None]:
    match status:
        case ListStatus.REGISTERED:
            # The repeated call reads the whole file, also if a range or the join failed: it reads the same rows.
            return {item["key"]["S"]: item["version_id"]["S"]}
        case ListStatus.VALIDATED:
            return dict.fromkeys(filter(_is_of_parts, production.objects(f"{STAGING}/{event['list_id']}")))
        case _:
            return {event["part"]["key"]: None}


def _is_of_parts(key: str) -> bool:
    """Return whether a staged object contains parts. The repeated call runs the rule for all rows of a part."""
    _, _, folder, *rest = key.split("/")
    return folder not in (RANGE_RESULTS, PROGRESS) and rest != [IDENTITIES]
