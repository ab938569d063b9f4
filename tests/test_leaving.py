"""The ways out of the library: the numbers of the page are true, and a repository with the library's sources works."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from bounded_context_cli import eject
from bounded_context_cli.docs import section, steps
from bounded_context_infra.configuration import project

from template.bake import bake
from template.library import CODE, DISTRIBUTIONS
from template.names import REPOSITORY
from template.processes import environment

ROUNDED = 0.05
"""The share by which a number of the page may differ: it is rounded."""

_ROW = re.compile(r"^\| (`.+?`|all)(, together)? \| ([\d,]+) \|", re.MULTILINE)
_FIRST_TWO = {"bounded_context", "bounded_context_infra"}


def stated(anchor: str) -> dict[str, int]:
    """Return the numbers of lines in a section's table."""
    return {name: int(number.replace(",", "")) for name, _, number in _ROW.findall(section("leaving", anchor))}


def differing(stated_lines: dict[str, int], lines: dict[str, int]) -> dict[str, int]:
    """Return the counted lines of each part whose number on the page is another."""
    assert stated_lines.keys() == lines.keys()
    return {name: count for name, count in lines.items() if abs(stated_lines[name] - count) > count * ROUNDED}


def test_the_page_has_the_lines_of_each_distribution() -> None:
    """A number that is too low by a tenth is detected."""
    sources = {f"`{name}`": CODE[folder] for name, folder in DISTRIBUTIONS.items()}
    lines = {
        name: sum(len(path.read_text("utf-8").splitlines()) for path in code.rglob("*.py"))
        for name, code in sources.items()
    }
    lines["all"] = sum(lines.values())
    page = stated("fork-it")
    assert differing(page, lines) == {}
    assert [*differing({**page, "all": page["all"] * 9 // 10}, lines)] == ["all"]
    for name in ("README.md", "library/docs/explanation/alternatives.md"):
        assert f"{page['all'] // 1000},000 lines" in (REPOSITORY / name).read_text(encoding="utf-8")


def test_the_page_has_the_lines_of_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps have a common row."""
    monkeypatch.setenv(project.VARIABLE, str(REPOSITORY / "examples" / "payment"))
    lines = {f"`{name}`": len(part.code.splitlines()) for name, part in eject.parts(project.current()).items()}
    names = [name for name in lines if name.startswith("`step ")]
    together = "`step " + ", `".join(name.removeprefix("`step ") for name in names)
    lines[together] = sum(lines.pop(name) for name in names)
    assert differing(stated("eject-parts"), lines) == {}


def test_a_repository_imports_the_first_two_distributions() -> None:
    """In its code and its Pulumi programs."""
    folders = [REPOSITORY / "examples" / "payment" / name for name in ("src", "infra")]
    trees = [ast.parse(path.read_text("utf-8")) for folder in folders for path in folder.rglob("*.py")]
    modules = {node.module or "" for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules if module.startswith("bounded_context")} == _FIRST_TWO


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_repository_with_the_sources_of_the_library_passes_its_check(tmp_path: Path) -> None:
    """The commands of the page run in order, and a change of the sources takes effect."""
    folder, said = bake(tmp_path), section("leaving", "fork-it")
    fork, check, again = re.findall(r"^```sh\n(.*?)^```$", said, re.MULTILINE | re.DOTALL)
    for step in steps(said, "payment"):
        step.follow(folder)
    run("git init --quiet && git add --all", folder)
    run(f"{fork}git add --all\n{check}", folder)
    source = folder / "library" / "cli" / "src" / "bounded_context_cli" / "docs" / "leaving.md"
    source.write_text("# Left\n", encoding="utf-8")
    assert run(f"{again}uv run --quiet context docs leaving", folder) == "# Left\n"


def run(commands: str, folder: Path) -> str:
    """Run the commands with this template in the place of the clone beside the repository, and return their output."""
    command = ["bash", "-ec", commands.replace("../template", f"'{REPOSITORY}'")]
    result = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
