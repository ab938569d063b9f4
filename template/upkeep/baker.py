"""Bakes repositories of one version, as many at once as there are processors: a script, run by `bakes`.

It is another version's code that it runs, so it imports nothing of this one's: ``PYTHONPATH`` leads to that version's
files. It reads `[[argument, ...], ...]` from its standard input, the arguments of cookiecutter's command for each bake
with a file's path before them, which gets what that bake says; it writes the list of the exit statuses.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from cookiecutter.cli import main

with suppress(ImportError):
    import template.names  # noqa: F401  # pyright: ignore[reportUnusedImport] (cookiecutter loads it for each bake)


def _bake(said: str, arguments: list[str]) -> NoReturn:
    with open(said, "wb") as file:  # noqa: PTH123 (nothing more to import)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    status = 1
    try:
        main(arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _ended(running: dict[int, int], statuses: list[int]) -> None:
    process, status = os.wait()
    statuses[running.pop(process)] = os.waitstatus_to_exitcode(status)


def _all(bakes: list[list[str]]) -> list[int]:
    running: dict[int, int] = {}
    statuses = [1] * len(bakes)
    for number, (said, *arguments) in enumerate(bakes):
        if len(running) == (os.cpu_count() or 1):
            _ended(running, statuses)
        process = os.fork()
        if not process:
            _bake(said, arguments)
        running[process] = number
    while running:
        _ended(running, statuses)
    return statuses


@contextmanager
def _one_wheel() -> Iterator[None]:
    """Build the library once for all bakes, where that version takes one; if it cannot be built, each bake says so."""
    try:
        from template.library import BUILT, LibraryError, build
    except ImportError:
        yield
        return
    with TemporaryDirectory(prefix="template-") as folder:
        with suppress(LibraryError):
            build(Path(folder))
            os.environ[BUILT] = folder
        yield


def _main() -> None:
    bakes = json.load(sys.stdin)
    with _one_wheel():
        print(json.dumps(_all(bakes)))


if __name__ == "__main__":
    _main()
