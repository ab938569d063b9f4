"""Other versions of a deployed function: its code with one file replaced, published as an ordinary deployment does."""

import copy
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .aws import Aws, Calls
from .deploy.registry import Request, create

_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"


def publish(aws: Calls, function: str, deployed: Path, file: str, source: str) -> str:
    """Publish a version of a function in which one file is another; its alias stays where it is.

    Args:
        aws: where the function is.
        function: its name.
        deployed: the archive that was deployed; nothing is written to it.
        file: the file's path in the archive, such as `<context>/handlers/relay_events.py`.
        source: what is in the file from now on.

    Returns:
        The number of the version.

    Raises:
        KeyError: there is no such file in the archive.
    """
    code = with_file(deployed, file, source)
    return aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)["Version"]


def watch(aws: Aws, inputs: Mapping[str, Mapping[str, Any]], function: str, version: str) -> None:
    """Have the alarms on the newest version of a function watch this one, as a deployment of it does.

    Args:
        aws: where the function is.
        inputs: what the stack's program asked for, by `type name`.
        function: its name.
        version: the number of the version.
    """
    for label, given in inputs.items():
        dimensions = given.get("dimensions", {}) if label.startswith(_ALARM) else {}
        if "ExecutedVersion" in dimensions and dimensions["FunctionName"] == function:
            newest = copy.deepcopy(dict(given))
            newest["dimensions"]["ExecutedVersion"] = version
            create(aws, Request(_ALARM, label.removeprefix(f"{_ALARM} "), newest, Path()))


def source_of(deployed: Path, file: str) -> str:
    """Return a file of the deployed archive. Raises KeyError if it is not there."""
    with zipfile.ZipFile(deployed) as archive:
        return archive.read(file).decode()


def with_file(deployed: Path, file: str, source: str) -> bytes:
    """Return an archive with one file replaced. Raises KeyError if it is not there."""
    changed = io.BytesIO()
    with zipfile.ZipFile(deployed) as before, zipfile.ZipFile(changed, "w") as after:
        before.getinfo(file)
        for entry in before.infolist():
            after.writestr(entry, source if entry.filename == file else before.read(entry))
    return changed.getvalue()
