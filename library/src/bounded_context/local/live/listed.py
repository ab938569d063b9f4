"""Samples for the steps of the list workflow: each is about a list that the kept run has, and does what it says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ...application.staging import VERIFIED
from ...context import Context
from ...domain.lists import STAGING, ListStatus
from ..aws import Calls
from ..table import Item, Table

SAMPLE: Final = "list"
"""The name of such a sample."""

_REFUSED: Final = (ListStatus.REJECTED, ListStatus.FAILED)


def steps(
    aws: Calls, outputs: Mapping[str, Any], context: Context[Any], function: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sample of a function, by its name; none if it is no step, or the run has no list that fits.

    The step that undoes is asked about a list that was refused: of others it would take away what they brought.
    """
    if function not in context.steps:
        return
    lists = sorted(Table(aws, outputs["table_name"], context).lists(), key=lambda one: one["received_at"], reverse=True)
    if chosen := next((one for one in lists if _fits(function, context.steps, one)), None):
        yield SAMPLE, _asked(aws, function, chosen)


def _fits(function: str, order: Sequence[str], one: Item) -> bool:
    register, *_, undo = order
    if function == undo:
        return one["status"] in _REFUSED
    # A list that came to its parts has all that a step before may read.
    return function == register or int(one.get("parts", 0)) > 0


def _asked(aws: Calls, function: str, one: Item) -> dict[str, Any]:
    match function:
        case "register_list":
            upload = {"bucket": one["bucket"], "key": one["key"], "version": one["version_id"]}
            return {"upload": upload, "execution": one["execution"]}
        case "import_list":
            return {"list_id": one["list_id"], "part": _first_part(aws, one)}
        case _:
            return {"list_id": one["list_id"]}


def _first_part(aws: Calls, one: Item) -> dict[str, Any]:
    key = f"{STAGING}/{one['list_id']}/{VERIFIED}"
    return json.loads(aws.call("s3", "get_object", Bucket=one["bucket"], Key=key)["Body"].read())[0]
