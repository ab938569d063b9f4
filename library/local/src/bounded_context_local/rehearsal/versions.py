"""New versions of a deployed function: its code with a replaced file, published as in a deployment."""

import copy
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bounded_context_cli.command.calls import Calls

from ..emulator.aws import Aws
from ..provider.creation import Request
from ..provider.resources import create

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
