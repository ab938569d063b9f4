"""Execution of a Pulumi program in this process."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi


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
