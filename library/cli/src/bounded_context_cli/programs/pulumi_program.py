"""Execution of a Pulumi program in this process."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi

from bounded_context_infra.configuration.places import placed


def execute(folder: Path) -> pulumi.Output[dict[str, Any]]:
    """Execute the program in a folder as Pulumi does, and return its exports.

    Afterwards the folder's modules are unloaded, because another program's modules may have the same names.
    """
    before = set(sys.modules)
    try:
        runpy.run_path(str(folder), run_name="__main__")
    finally:
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[name]
    exported: dict[str, Any] = getattr(pulumi.runtime.get_root_resource(), "outputs", {})
    return pulumi.Output.all(**exported)


def placed_in(folder: Path, error: BaseException) -> str:
    """Return the error of a program as a line with its place in the repository.

    Without a line in the traceback, the place is the program. asyncio loses the traceback of an output's function if
    several outputs depend on it.
    """
    return placed(error, folder.parents[1], f"infra/{folder.name}/__main__.py")
