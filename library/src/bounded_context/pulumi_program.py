"""Executes a Pulumi program in this process."""

import runpy
import sys
from pathlib import Path


def execute(folder: Path) -> None:
    """Execute the program of a folder as Pulumi does; the modules beside it are forgotten afterwards.

    Another program's modules may have the same names.
    """
    before = set(sys.modules)
    try:
        runpy.run_path(str(folder), run_name="__main__")
    finally:
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[name]
