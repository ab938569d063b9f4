"""The endpoints file, with which a second run joins the emulator of this run, and the parent commands of this run.

Two contexts have packages of the same names. Each context therefore runs in its own process and environment, and they
share an emulator as they would share an account.

A killed process (SIGKILL) does not signal its children. Without this module, a kept run and its emulator would never
end.
"""

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import psutil
from pydantic import TypeAdapter

from bounded_context.declaration.context import Context
from bounded_context_cli.command.errors import LocalRunError

from ..sample_lists import Samples
from .process import Emulator, is_ready

VERSION = 3
"""Version of the file format. Another version comes from a repository of another template version."""


@dataclass(frozen=True)
class Endpoints:
    """The context and the emulator of a run.

    `context` is the context's name, `outputs` are the outputs of its stack, `identity` is the column of the identity.
    `columns` maps the columns of a list to their kinds (`samples.KINDS`).
    """

    context: str
    emulator: Emulator
    outputs: Mapping[str, Any]
    identity: str
    columns: Mapping[str, str]


_ENDPOINTS: Final = TypeAdapter(Endpoints)


def of(context: Context[Any], emulator: Emulator, outputs: Mapping[str, Any]) -> Endpoints:
    """Return the endpoints of a deployed context."""
    return Endpoints(context.name, emulator, outputs, context.identity, Samples(context).columns)


@contextmanager
def published(file: Path, endpoints: Endpoints) -> Iterator[None]:
    """Write the endpoints file, and delete it at the end of the block.

    The file contains the keys of the emulator's root user.
    """
    environment = endpoints.emulator.client_environment()
    own = {"version": VERSION, "process": os.getpid(), "environment": environment}
    with standing(file, json.dumps(own | _ENDPOINTS.dump_python(endpoints, mode="json"), indent=2)):
        yield


@contextmanager
def standing(file: Path, text: str) -> Iterator[None]:
    """Write a text file atomically, and delete it at the end of the block unless another run has replaced it.

    Only the owner may read the file, because it may contain keys.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # NamedTemporaryFile creates the file with the mode 0600.
    with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}-", delete=False) as draft:
        draft.write(text)
    Path(draft.name).replace(file)
    try:
        yield
    finally:
        if file.exists() and file.read_text(encoding="utf-8") == text:
            file.unlink()


def read(file: Path) -> Endpoints:
    """Return the endpoints that another run has written.

    Raises:
        LocalRunError: the file is not an endpoints file, or its run has ended.
    """
    endpoints = _parse(file)
    if not is_ready(endpoints.emulator):
        raise LocalRunError(
            f"{file}: no answer at {endpoints.emulator.endpoint}: the run that wrote it has ended. Start it again."
        )
    return endpoints


def _parse(file: Path) -> Endpoints:
    try:
        document = json.loads(file.read_text())
        version = document.get("version", VERSION) if isinstance(document, dict) else VERSION
        if version != VERSION:
            raise LocalRunError(
                f"{file} has format {version}, and this run reads {VERSION}: generate both contexts again."
            )
        return _ENDPOINTS.validate_python(document)
    except OSError as error:
        raise LocalRunError(
            f"{file} cannot be read: {error.strerror}. A run with --keep --endpoints writes it."
        ) from error
    except ValueError as error:
        problem = str(error).splitlines()[0]
        raise LocalRunError(f"{file} was not written by --endpoints: {type(error).__name__}: {problem}.") from error


VARIABLE: Final = "BOUNDED_CONTEXT_STARTED_BY"
"""Environment variable with the process id of a launcher other than `uv`."""

PAUSE_SECONDS: Final = 0.5


@contextmanager
def ending_with_launchers() -> Iterator[None]:
    """Send SIGTERM to this process when a launcher ends. Stop watching at the end of the block."""
    watched = launchers(psutil.Process().parents(), os.environ.get(VARIABLE, ""))
    end = threading.Event()

    def watch() -> None:
        while not end.wait(PAUSE_SECONDS):
            if not all(map(is_running, watched)):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    if watched:
        threading.Thread(target=watch, name="launchers", daemon=True).start()
    try:
        yield
    finally:
        end.set()


def launchers(above: Sequence[psutil.Process], started_by: str = "") -> list[psutil.Process]:
    """Return the ancestors, nearest first, up to the topmost `uv` or process with the id `started_by`."""
    depths = [
        depth for depth, process in enumerate(above, 1) if process.name() == "uv" or str(process.pid) == started_by
    ]
    return list(above[: max(depths, default=0)])


def is_running(process: psutil.Process) -> bool:
    """Return whether a process runs. A process that has ended and that its parent did not collect does not run."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
