"""Attributes and arguments with a new name, in a team's copies of components."""

from __future__ import annotations

from pathlib import Path

from .repository import applied

IMPORT = "from bounded_context.infra import Endpoint as Door, Notice, Objective as Promise\n"


def test_copies_of_components_use_the_new_names(tmp_path: Path) -> None:
    """Comments and other arguments stay."""
    before = f'{IMPORT}stack.doors["a"] = Door(x)  # ours\nn = Notice("warning", says="late", section=a)\nx = table.given_up\n'
    after = (
        f'{IMPORT}stack.endpoints["a"] = Door(x)  # ours\nn = Notice("warning", effect="late", section=a)\n'
        "x = table.abandoned\n"
    )
    path = "infra/service/own.py"
    assert applied("members", tmp_path, {path: before}) == ({path: after}, [])


def test_other_files_stay(tmp_path: Path) -> None:
    """The code of functions, and files without the library."""
    files = {"src/loan/rules.py": f"{IMPORT}house.doors\n", "infra/service/own.py": "house.doors\n"}
    assert applied("members", tmp_path, files)[0] == files
