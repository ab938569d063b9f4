"""Repetition of a call that `context reproduce --test` has recorded, on AWS in the test process."""

import json
import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bounded_context.domain.lists import PinnedFile
from bounded_context.testing.functions import BUCKET, TABLE, Functions, forget_adapters

from ..reproduction.call import of_file


def replay(functions: Functions, file: Path) -> Any:
    """Call the recorded function with its items, objects and settings, and return its answer.

    Raises:
        AssertionError: the function failed on some of its records, or set the message aside.
        Exception: the function's own error.
    """
    state = json.loads(file.read_text(encoding="utf-8"))
    event = _restore(state)
    with patch.dict(os.environ, state["settings"]):
        forget_adapters()
        answer = functions.invoke(state["function"], event)
    failed = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failed or _is_set_aside():
        raise AssertionError(f"{state['function']} failed on {failed or 'the message, and set it aside'}")
    return answer


def _restore(state: Mapping[str, Any]) -> dict[str, Any]:
    """Store the items and objects, and return the event."""
    import boto3

    record, objects, tables = state["record"], boto3.client("s3"), boto3.client("dynamodb")
    for entry in state["objects"]:
        data = b64decode(entry["base64"])
        version = objects.put_object(Bucket=BUCKET, Key=entry["key"], Body=data).get("VersionId", "")
        if entry["is_file"]:
            record = of_file(record, PinnedFile(BUCKET, entry["key"], version, len(data)))
    for item in (*state["items"], *([record] if record else [])):
        tables.put_item(TableName=TABLE, Item=item)
    return state["event"] | ({"list_id": record["list_id"]["S"]} if record else {})


def _is_set_aside() -> bool:
    import boto3

    received = boto3.client("sqs").receive_message(QueueUrl=os.environ["DEAD_LETTER_URL"])
    return bool(received.get("Messages"))
