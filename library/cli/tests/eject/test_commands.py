"""`context eject`: a part of the library becomes the repository's, and works as before."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.declaration import entry_points
from bounded_context.declaration.structure import LIST_STEPS
from bounded_context_cli import eject
from bounded_context_cli.programs.recording import Graph, Program, run
from bounded_context_cli.promises import PROMISES, Repository
from bounded_context_infra.configuration import project
from tests.console import context

ROOT = project.current().root
COMPONENTS = ("Fanout", "HttpApi", "Inbound", "Inbox", "Schedule", "Table", "Workflow")
NAMES = ("workflow", *(f"step {name}" for name in LIST_STEPS), *(f"component {name}" for name in COMPONENTS))
[CURRENT] = [promise for promise in PROMISES if promise.name == "ejected-code-is-current"]


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the repository's code, and the current repository."""
    for part in ("infra/service", "src"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setenv(project.VARIABLE, str(tmp_path))
    return tmp_path


def repository() -> Repository:
    """The current repository, read anew."""
    project._project_at.cache_clear()
    return Repository(project.current())


def breaches() -> list[str]:
    """The findings about ejected code."""
    return CURRENT.breaches(repository())


def files(folder: Path) -> dict[str, str]:
    """The texts of a folder."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix in (".py", ".toml", ".json"))
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths}


def registered(graph: Graph) -> dict[str, Any]:
    """The inputs and options of each resource by its URN, without archives."""
    return {
        node.urn: (str({name: value for name, value in node.inputs.items() if name != "code"}), node.protect)
        for node in graph.nodes
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "names", [("workflow", "step import_list", "component Table"), pytest.param(NAMES, marks=pytest.mark.nightly)]
)
def test_parts_are_ejected_without_a_change_of_the_stack(names: tuple[str, ...], team: Path) -> None:
    """Their digests are recorded, and a second command changes nothing else."""
    assert [context("eject", *name.split()) for name in names] == [0] * len(names)
    ejected, before = repository(), files(team)
    assert set(ejected.project.settings["ejected"]) == {*names}
    assert breaches() == []
    assert ejected.project.list_workflow(PAYMENT) == (team / "workflow" / "list_import.asl.json").read_text()
    owned = Program(team / "infra" / "service", PAYMENT.name).run("prod")
    assert registered(owned) == registered(run("prod"))
    assert {context("eject", *name.split()) for name in names} == {0}
    assert {name: text for name, text in files(team).items() if name != "pyproject.toml"} == {
        name: text for name, text in before.items() if name != "pyproject.toml"
    }


def test_an_ejected_step_is_the_entry_point(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function of the repository replaces the library's."""
    assert context("eject", "step", "import_list") == 0
    text = (team / "src" / "payment" / "list_steps.py").read_text(encoding="utf-8")
    assert eject.function_of(text, "import_list") == (
        "@step(PAYMENT, PartEvent)\n"
        "def import_list(event: PartEvent, steps: ListImport) -> Step:\n"
        '    """Import a part of a list. Parts are imported in parallel."""\n'
        "    return steps.import_part(event.list_id, event.part)\n"
    )
    module = type("Spec", (), {"origin": str(team / "src" / "payment" / "list_steps.py")})
    monkeypatch.setattr(entry_points, "find_spec", lambda _: module)
    assert entry_points.entry_point(PAYMENT, "import_list") == "payment.list_steps.import_list"


@pytest.mark.parametrize("name", ["workflow", "step import_list", "component Table"])
def test_a_later_change_of_the_original_is_reported(name: str, team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line to write after the comparison."""
    context("eject", *name.split())
    monkeypatch.setattr(eject.LibraryPart, "digest", property(lambda part: f"{len(part.name):016}"))
    [breach] = breaches()
    line = f'"{name}" = "{len(name):016}"'
    assert breach.startswith("pyproject.toml:")
    assert breach.endswith(f"compare by `uv run context eject {name} --diff`, then write `{line}`.")
    assert context("eject", *name.split()) == 0
    assert (breaches(), line in (team / "pyproject.toml").read_text()) == ([], True)


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("workflow", "workflow/list_import.asl.json", '  "TimeoutSeconds": 86400'),
        ("step import_list", "src/payment/list_steps.py", "    return steps.import_part("),
        ("component Table", "infra/service/table.py", "class Table(Component):"),
    ],
)
def test_code_of_the_team_is_not_overwritten(
    name: str, path: str, text: str, team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The difference is printed on request, and the digest of the original stays the recorded one."""
    context("eject", *name.split())
    file = team / path
    file.write_text(file.read_text(encoding="utf-8").replace(text, f"    # ours\n{text}"), encoding="utf-8")
    before = files(team)
    capsys.readouterr()
    assert context("eject", *name.split()) == 2
    assert capsys.readouterr().err.startswith(f"Error: {path} has code of your own: ")
    assert context("eject", *name.split(), "--diff") == 0
    assert "+" in (difference := capsys.readouterr().out) and "# ours" in difference
    assert (files(team), breaches()) == (before, [])


def test_ejected_code_that_was_removed_is_reported(team: Path) -> None:
    """The library's code is used again, so the line has no purpose."""
    context("eject", "workflow")
    (team / "workflow" / "list_import.asl.json").unlink()
    [breach] = breaches()
    assert breach.endswith("remove the line.")
    text = (team / "pyproject.toml").read_text()
    (team / "pyproject.toml").write_text(text.replace('"workflow" =', '"component Nothing" ='))
    [breach] = breaches()
    assert "component Nothing" in breach


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("step", "import"), NAMES[1:5]),
        (("component", "Tabel"), NAMES[5:]),
        (("component", "Function"), NAMES[5:]),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_names(
    arguments: tuple[str, ...], names: tuple[str, ...], team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written."""
    before = files(team)
    assert context("eject", *arguments) == 2
    refusal = capsys.readouterr().err
    assert [name for name in names if name not in refusal] == []
    assert files(team) == before


def test_a_table_in_another_form_is_refused(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before any file is written."""
    file = team / "pyproject.toml"
    file.write_text(file.read_text().replace('PAYMENT"\n', 'PAYMENT"\nejected = {}\n', 1))
    before = files(team)
    project._project_at.cache_clear()
    assert context("eject", "workflow") == 2
    assert "[tool.bounded-context.ejected]" in capsys.readouterr().err
    assert files(team) == before
