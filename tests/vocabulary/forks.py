"""Runs a task for each item in a fork of this process, so that imports and patches are shared."""

import gc
import importlib
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NoReturn, TypeVar

Item = TypeVar("Item")
Task = Callable[[Item, Path], list[str]]

_OF_A_FUNCTION = ("__main__", "bounded_context.aws", "bounded_context.handlers", "bounded_context.telemetry")
"""Modules that read the variables of a function when they are imported."""


def preload(task: Callable[[Path], object]) -> None:
    """Run a task in a fork, and import the modules that it loaded: later forks do not load them again."""

    def loaded(_: int, folder: Path) -> list[str]:
        task(folder)
        of_folder = str(folder.parent)
        loaded_modules = {name: module for name, module in sys.modules.items() if type(module) is ModuleType}
        modules = {name: str(getattr(module, "__file__", None) or of_folder) for name, module in loaded_modules.items()}
        return [name for name, file in modules.items() if not file.startswith(of_folder)]

    [(_, names, _)] = forked([0], loaded, 1)
    for name in (name for name in names if not name.startswith(_OF_A_FUNCTION)):
        with suppress(ImportError):
            # An attribute loads a module that Pulumi imports lazily: its loading by two threads may fail.
            getattr(importlib.import_module(name), "__all__", None)


def forked(items: Iterable[Item], task: "Task[Item]", processes: int) -> Iterator[tuple[Item, list[str], Path]]:
    """Yield each item with the sentences of its task, and the task's folder, which is removed afterwards."""
    gc.disable()
    gc.freeze()
    sys.dont_write_bytecode = True  # the files of a task are read once
    with TemporaryDirectory(prefix="vocabulary-") as scratch:
        running: dict[int, tuple[Item, Path]] = {}
        for number, item in enumerate(items):
            if len(running) == processes:
                yield from _ended(running)
            folder = Path(scratch) / str(number)
            if process := os.fork():
                running[process] = item, folder
            else:
                _run(item, folder, task)
        while running:
            yield from _ended(running)


def _ended(running: dict[int, tuple[Item, Path]]) -> Iterator[tuple[Item, list[str], Path]]:
    process, status = os.wait()
    item, folder = running.pop(process)
    result = folder.with_suffix(".json")
    ended = [] if result.exists() else [f"the process ended with {os.waitstatus_to_exitcode(status)}"]
    yield item, ended or json.loads(result.read_text(encoding="utf-8")), folder
    shutil.rmtree(folder, ignore_errors=True)


def _run(item: Item, folder: Path, task: "Task[Item]") -> NoReturn:
    try:
        result = task(item, folder)
    except BaseException:
        result = [traceback.format_exc()]
    folder.with_suffix(".json").write_text(json.dumps(result), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)
