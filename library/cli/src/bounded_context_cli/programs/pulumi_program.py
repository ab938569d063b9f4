"""Execution of a Pulumi program in this process.

A program creates hundreds of thousands of small objects that live until its end. Garbage collection takes a third of
its time under mocks.
"""

import asyncio
import gc
import runpy
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import known_types

from bounded_context_infra.configuration.project import placed


def execute(folder: Path) -> pulumi.Output[dict[str, Any]]:
    """Execute the program in a folder as Pulumi does, and return its exports."""
    with modules_of(folder):
        runpy.run_path(str(folder), run_name="__main__")
    exported: dict[str, Any] = getattr(pulumi.runtime.get_root_resource(), "outputs", {})
    return pulumi.Output.all(**exported)


@contextmanager
def modules_of(folder: Path) -> Iterator[None]:
    """Unload the modules of a program's folder afterwards: another program's modules may have the same names."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[name]


def placed_in(folder: Path, error: BaseException) -> str:
    """Return the error of a program as a line with its place in the repository.

    Without a line in the traceback, the place is the program. asyncio loses the traceback of an output's function if
    several outputs depend on it.
    """
    return placed(error, folder.parents[1], f"infra/{folder.name}/__main__.py")


@contextmanager
def silent_loop() -> Iterator[None]:
    """Set a new event loop for the thread, and afterwards the loop from before.

    The loop does not report the exceptions of futures: all outputs of a failed resource fail, and the program raises
    the first failure.
    """
    loop, before = asyncio.new_event_loop(), _loop()
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    try:
        with closing(loop):
            yield
    finally:
        asyncio.set_event_loop(before)


def _loop() -> asyncio.AbstractEventLoop | None:
    with suppress(RuntimeError):
        return asyncio.get_event_loop()
    return None


def _contains_unknowns(value: Any) -> bool:
    if type(value) is dict:
        return any(map(_contains_unknowns, value.values()))
    if type(value) is list:
        return any(map(_contains_unknowns, value))
    return known_types.is_unknown(value)


@contextmanager
def little_garbage() -> Iterator[None]:
    """Disable Python's garbage collector meanwhile, and restore its state afterwards.

    Pulumi's `contains_unknowns` defines a recursive function in each call: a cycle that only the collector frees, and
    two thirds of a program's objects. It is replaced by a function that does the same.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with patch("pulumi.runtime.rpc.contains_unknowns", _contains_unknowns):
            yield
    finally:
        if was_enabled:
            gc.enable()
