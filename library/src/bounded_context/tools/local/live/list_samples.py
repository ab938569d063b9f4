"""Sample events for the steps of the list workflow. Each uses an existing list of the kept run and has real effects."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ....application.staging import VERIFIED
from ....declaration.context import Context
from ....domain.lists import STAGING, ListStatus
from ..aws import Calls
from ..table import Item, Table

SAMPLE: Final = "list"
"""The name of these samples."""

_REFUSED: Final = (ListStatus.REJECTED, ListStatus.FAILED)


def steps(
    aws: Calls, outputs: Mapping[str, Any], context: Context[Any], function: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the event of a step's sample, from the newest suitable list.

    It yields no sample for other functions, or without a suitable list. The undo step gets a rejected or failed
    list only, because it deletes the rows of its list.
    """
    if function not in context.steps:
        return
    table = Table(aws, outputs["table_name"], context)
    lists = sorted(table.lists(), key=lambda item: item["received_at"], reverse=True)
    if chosen := next((item for item in lists if _fits(function, context.steps, item)), None):
        yield SAMPLE, _event(aws, function, chosen)


def _fits(function: str, order: Sequence[str], item: Item) -> bool:
    register, *_, undo = order
    if function == undo:
        return item["status"] in _REFUSED
    # A list with parts has the input of all earlier steps.
    return function == register or int(item.get("parts", 0)) > 0


def _event(aws: Calls, function: str, item: Item) -> dict[str, Any]:
    match function:
        case "register_list":
            upload = {"bucket": item["bucket"], "key": item["key"], "version": item["version_id"]}
            return {"upload": upload, "execution": item["execution"]}
        case "import_list":
            return {"list_id": item["list_id"], "part": _first_part(aws, item)}
        case _:
            return {"list_id": item["list_id"]}


def _first_part(aws: Calls, item: Item) -> dict[str, Any]:
    key = f"{STAGING}/{item['list_id']}/{VERIFIED}"
    return json.loads(aws.call("s3", "get_object", Bucket=item["bucket"], Key=key)["Body"].read())[0]
