"""A script, run by `bakes`, that bakes repositories of one version, with as many processes as processors.

It runs another version's code, so it imports no modules of this version: ``PYTHONPATH`` points to that version's files.
Its standard input is `[[path, argument, ...], ...]`: for each bake the path of a file for the output, and the arguments
of cookiecutter's command. Its standard output is the list of exit statuses.
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

import template.names  # noqa: F401 (cookiecutter loads it for each bake)
from template.library import BUILT, LibraryError, build


def _bake(output: str, arguments: list[str]) -> NoReturn:  # pyrefly: ignore[bad-return] (`finally` ends the process)
    with open(output, "wb") as file:  # noqa: PTH123 (avoids an import)
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
    for number, (output, *arguments) in enumerate(bakes):
        if len(running) == (os.cpu_count() or 1):
            _ended(running, statuses)
        process = os.fork()
        if not process:
            _bake(output, arguments)
        running[process] = number
    while running:
        _ended(running, statuses)
    return statuses


@contextmanager
def _one_wheel() -> Iterator[None]:
    """Build the wheel once for all bakes. After a failed build, each bake reports it."""
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
