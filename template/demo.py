"""``template demo``: bake the default context and run it on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NoReturn

from .bake import bake

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DemoError(Exception):
    """The demo cannot start: the message says what is missing."""


def demo(output: Path | None, arguments: Sequence[str], keep: bool) -> int:
    """Bake Payment below ``output`` or a temporary folder, run its ``local`` there, return its exit status.

    Raises:
        DemoError: uv is not installed.
        cookiecutter.exceptions.CookiecutterException: the folder is there already.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise DemoError("The demo runs the context with uv, which is not on the PATH: pip install uv")
    signal.signal(signal.SIGTERM, _leave)
    with _folder(output, keep) as folder:
        project = bake(folder)
        print(f"Baked {project}", file=sys.stderr)
        return _run([uv, "run", "--quiet", "python", "-m", "local", *arguments], project)


def _leave(number: int, _: object) -> NoReturn:
    """Leave through every ``finally`` when we are asked to end while nothing else runs."""
    sys.exit(128 + number)


@contextmanager
def _folder(output: Path | None, keep: bool) -> Iterator[Path]:
    if output is not None:
        yield output
    elif keep:
        yield Path(mkdtemp(prefix="template-demo-"))
    else:
        # The emulator of a run that was killed may still write there.
        with TemporaryDirectory(prefix="template-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def _run(command: Sequence[str], project: Path) -> int:
    """Run a command to its end in a process group of its own, where a signal of ours arrives once, as Ctrl-C."""
    child: subprocess.Popen[bytes] | None = None
    stopped = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True
        if child is not None:
            _interrupt(child)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        child = subprocess.Popen(command, cwd=project, env=_environment(), start_new_session=True)
        if stopped:  # between the two lines above
            _interrupt(child)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _interrupt(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGINT)


def _environment() -> dict[str, str]:
    """Return our environment without what would make uv use our own virtual environment for the context."""
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}}
