"""Commands with paths relative to the current folder."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, get_args, get_type_hints

import pytest
from typer.models import ArgumentInfo

from template import adopt, cli, demo
from template.fleet import inbound_tests, members
from template.upkeep import check, commands, update

from .team import Team, copied
from .test_adopt import without_record

LINES = {
    "check": "check {repo}",
    "update": "update {repo} --no-input",
    "adopt_": "adopt {repo} --answers {file}",
    "show": "fleet {fleet} --html {page} --releases {figures}",
    "fleet update": "fleet update {fleet}",
    "impact": "fleet impact {repo} {fleet}",
    "portal": "fleet portal {fleet} {page} --releases {figures}",
    "new": "new --no-input --answers {file} --output-dir {fleet}",
    "demo": "demo --output {fleet} --answers {file} --file {file} --page {page} --dashboards {page}",
}
"""A command line for each function with a path. Two functions have the name `update`."""

FOLDERS = {
    "here": {
        "repo": "../fleet/Payment",
        "fleet": "../fleet",
        "file": "answers.yaml",
        "page": "page.html",
        "figures": "../figures",
    },
    "fleet/Payment": {
        "repo": ".",
        "fleet": "..",
        "file": "../../here/answers.yaml",
        "page": "../../here/page.html",
        "figures": "../../figures",
    },
}
"""The relative paths by current folder."""


def paths() -> Iterator[tuple[str, str, bool]]:
    """Yield each parameter with a path: the function, the parameter's name, and whether it is an option."""
    entries = [entry for group in cli.GROUPS.values() for entry in group.values()]
    for entry in entries:
        for name in entry.functions:
            function = getattr(import_module(entry.module), name)
            for parameter, hint in get_type_hints(function, include_extras=True).items():
                kind, *about = get_args(hint) or (hint,)
                if Path in (kind, *get_args(kind)):
                    known = f"fleet {name}" if entry.is_group and f"fleet {name}" in LINES else name
                    yield known, parameter, not any(isinstance(item, ArgumentInfo) for item in about)


def test_each_parameter_with_a_path_is_in_a_command_line() -> None:
    """A new command or option needs one."""
    parameters = list(paths())
    assert {name for name, _, _ in parameters} == set(LINES)
    missing = [
        (name, parameter)
        for name, parameter, option in parameters
        if option and f"--{parameter.replace('_', '-')}" not in LINES[name].split()
    ]
    assert missing == []


@pytest.fixture
def payment(baked: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A repository in a fleet. Bakes, its own commands, the library's survey and the demo's run are stand-ins."""

    def baked_to(folder: Path, name: str = "Payment") -> Path:
        return Path(shutil.copytree(baked("payment"), folder / name))

    def bake_of(_release: object, _tree: Path, _answers: object, folder: Path) -> Path:
        bake = baked_to(folder)
        if folder.name == "new":
            (bake / "new").write_text("of the new version\n")
        return bake

    def run(command: list[str], project: Path, *_: object) -> int:
        assert project.is_dir()
        named = [word.partition("=")[2] for word in command if word.startswith(("--file", "--page", "--dash"))]
        assert named
        assert all(Path(path).is_absolute() for path in named)
        return 0

    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "answers.yaml").write_text("default_context:\n  context_name: Order\n", encoding="utf-8")
    monkeypatch.setattr(check, "bakes_of", lambda _release, _tree, _answers, folder: [baked_to(folder)])
    for module in (adopt, update):
        monkeypatch.setattr(module, "bake_of", bake_of)
    monkeypatch.setattr(commands, "_context", lambda *_: 0)
    monkeypatch.setattr(demo, "_run", run)
    monkeypatch.setattr(demo, "bake", lambda folder, _: baked_to(folder, "Demo"))
    monkeypatch.setattr(inbound_tests, "run_uv", lambda _, *words: CompletedProcess(words, 0, "", ""))
    monkeypatch.setattr(
        members, "survey_of", lambda groups: [_surveyed(folder) for group in groups for folder in group]
    )
    return Team(copied(baked("payment"), tmp_path / "fleet"))


def _surveyed(folder: Path) -> dict[str, Any]:
    assert (folder / "pyproject.toml").is_file()
    return {"name": "payment", "owner": "us", "publishes": {}, "policies": {}, "stacks": {}}


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", LINES)
def test_a_relative_path_is_accepted(
    payment: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    """From another folder, and as `.` and `..`: the command ends without a failure, and writes at the right place."""
    if name == "adopt_":
        without_record(payment)
        (tmp_path / "here" / "answers.yaml").write_text("default_context: {owner: payments-team}\n", encoding="utf-8")
    (tmp_path / "figures").mkdir()
    before = {path.name for path in (tmp_path / folder).iterdir()}
    monkeypatch.chdir(tmp_path / folder)
    assert cli.main(shlex.split(LINES[name].format(**FOLDERS[folder]))) == 0
    written = {
        "update": payment.folder / "new",
        "adopt_": payment.folder / ".template.json",
        "show": tmp_path / "here" / "page.html",
        "new": tmp_path / "fleet" / "Order" / ".template.json",
    }
    assert written.get(name, payment.folder).exists()
    after = {path.name for path in (tmp_path / folder).iterdir()}
    assert after - before <= {"page.html", ".template.json", "new"}
