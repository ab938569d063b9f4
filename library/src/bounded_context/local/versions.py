"""Other versions of a deployed function: its code with one file replaced, published as an ordinary deployment does."""

import io
import zipfile
from pathlib import Path

from .aws import Calls


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
