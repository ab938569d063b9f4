"""`context add`: optional files, and GitHub's files, which the library continues to write."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bounded_context_cli import optional
from bounded_context_cli.optional.files import FILES, OWNED, texts
from bounded_context_cli.promises import Repository
from bounded_context_cli.promises.documents import written_files_are_current
from bounded_context_infra.configuration.project import Project, current
from tests.console import context

CHECK = ".github/workflows/check.yml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the repository's settings, without the optional files."""
    shutil.copytree(current().root / "infra", tmp_path / "infra")
    shutil.copy(current().root / "pyproject.toml", tmp_path)
    project = replace(current(), root=tmp_path)
    monkeypatch.setattr(optional, "repository", lambda: project)
    return project


def test_each_file_is_written_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A second call changes no file."""
    expected = [path for paths in FILES.values() for path in paths]
    assert context("add", *FILES) == 0
    assert capsys.readouterr().out.split() == expected
    assert context("add", *FILES) == 0
    assert capsys.readouterr().out == ""
    launch = json.loads((project.root / ".vscode/launch.json").read_text())
    assert launch["inputs"][0]["default"] == "register_payment"
    setup = yaml.safe_load((project.root / ".github/actions/setup/action.yml").read_text())
    assert setup["runs"]["steps"][-1]["with"]["aws-region"] == "eu-west-1"


def test_a_file_of_the_team_is_kept(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written then, and the error names the file."""
    mine = project.root / "renovate.json"
    mine.write_text("{}\n")
    assert context("add", "vscode", "renovate") == 2
    assert "renovate.json" in capsys.readouterr().err
    assert (mine.read_text(), (project.root / ".vscode").exists()) == ("{}\n", False)


def test_an_unknown_name_is_refused_with_the_names(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is written."""
    assert context("add", "vscode", "emacs") == 2
    error = capsys.readouterr().err
    assert [name for name in ("'emacs'", *FILES) if name not in error] == []
    assert not (project.root / ".vscode").exists()


def test_an_edited_workflow_is_written_again_unless_its_first_line_is_removed(project: Project) -> None:
    """The promise finds the edit until then."""
    where, path = Repository(project), project.root / CHECK
    assert list(written_files_are_current(where)) == []
    assert context("add", "github") == 0
    assert list(written_files_are_current(where)) == []
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace("timeout-minutes: 30", "timeout-minutes: 60"), encoding="utf-8")
    [sentence] = written_files_are_current(where)
    assert sentence.startswith(CHECK)
    assert context("add", "github") == 0
    assert path.read_text(encoding="utf-8") == written
    path.write_text(written.removeprefix(OWNED).replace("timeout-minutes: 30", "timeout-minutes: 60"), encoding="utf-8")
    assert list(written_files_are_current(where)) == []
    assert context("add", "github") == 2


def test_renovate_updates_the_library_unless_it_is_a_wheel() -> None:
    """No index has a wheel that a bake builds."""
    rules = [
        json.loads(text)["packageRules"][0] for wheel in (True, False) for _, text in texts("renovate", wheel=wheel)
    ]
    assert [rule.get("enabled", True) for rule in rules] == [False, True]
