"""New versions of a deployed function, and a bad release that changes, removes and creates aggregates."""

import copy
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bounded_context_cli.command.aws_errors import Calls

from ..emulator.aws import Aws
from ..provider.creation import Request
from ..provider.program import create

_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"


def publish(aws: Calls, function: str, deployed: Path, file: str, source: str) -> str:
    """Publish a version of a function in which a file is replaced. The alias does not move.

    Args:
        aws: the account of the function.
        function: the name of the function.
        deployed: the deployed archive, which is not changed.
        file: the path of the file in the archive, such as `<context>/context.py`.
        source: the new content of the file.

    Returns:
        The number of the version.

    Raises:
        KeyError: the file is not in the archive.
    """
    code = with_file(deployed, file, source)
    return aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]


def watch(aws: Aws, inputs: Mapping[str, Mapping[str, Any]], function: str, version: str) -> None:
    """Let the alarms on a function's newest version watch the given version, as a deployment does.

    Args:
        aws: the account of the function.
        inputs: the inputs of the stack's resources, by `type name`.
        function: the name of the function.
        version: the number of the version.
    """
    for label, properties in inputs.items():
        dimensions = properties.get("dimensions", {}) if label.startswith(_ALARM) else {}
        if "ExecutedVersion" in dimensions and dimensions["FunctionName"] == function:
            newest = copy.deepcopy(dict(properties))
            newest["dimensions"]["ExecutedVersion"] = version
            create(aws, Request(_ALARM, label.removeprefix(f"{_ALARM} "), newest, Path()))


def source_of(deployed: Path, file: str) -> str:
    """Return the content of a file in the deployed archive. Raises KeyError if the file is missing."""
    with zipfile.ZipFile(deployed) as archive:
        return archive.read(file).decode()


def with_file(deployed: Path, file: str, source: str) -> bytes:
    """Return the bytes of the archive with a replaced file. Raises KeyError if the file is missing."""
    changed = io.BytesIO()
    with zipfile.ZipFile(deployed) as before, zipfile.ZipFile(changed, "w") as after:
        before.getinfo(file)
        for entry in before.infolist():
            after.writestr(entry, source if entry.filename == file else before.read(entry))
    return changed.getvalue()


CHANGED: Final = 400
REMOVED: Final = 100
NEW: Final = 50

_AT_ONCE: Final = 50
"""Aggregates of a call: a command ends after 10 seconds."""

_DAMAGE: Final = """

import os

import boto3
from bounded_context.handlers.commands import CommandHandler


def _damages(self, event, _):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    for key in event["remove"]:
        table.delete_item(Key={"pk": key})
    for item in event["put"]:
        stored = table.get_item(Key={"pk": item["pk"]}).get("Item", {})
        table.put_item(Item={**stored, **item, "version": int(stored.get("version", 0)) + 1})
    return {}


CommandHandler.take = _damages
"""


def damages(source: str) -> str:
    """Return the source of a version that damages aggregates."""
    return source + _DAMAGE


def messages(items: Mapping[str, Mapping[str, Any]], fields: Sequence[str], identity: str) -> Iterator[dict[str, Any]]:
    """Yield the messages that damage aggregates, given their items by key.

    A changed aggregate gets the values of another one, of all fields except the identity. A new aggregate is a copy.
    """
    keys = list(items)
    bad, removed = keys[:CHANGED], keys[CHANGED : CHANGED + REMOVED]
    puts = [{"pk": key, **_values(items[donor], fields)} for key, donor in zip(bad, reversed(keys), strict=False)]
    for key in removed[:NEW]:
        name = f"{items[key][identity]}x"
        prefix = key.removesuffix(str(items[key][identity]))
        puts.append(_plain({**items[key], identity: name, "pk": prefix + name}))
    for start in range(0, len(puts), _AT_ONCE):
        yield {"put": puts[start : start + _AT_ONCE], "remove": []}
    for start in range(0, len(removed), _AT_ONCE):
        yield {"put": [], "remove": removed[start : start + _AT_ONCE]}


def _values(item: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return _plain({name: item[name] for name in fields if name in item})


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | bool) else int(value) for name, value in item.items()}
