"""A library that is not the one that the repository asks for says what to run."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from bounded_context_cli.command import installed
from bounded_context_cli.command.installed import DISTRIBUTION, WrongLibrary, check, repository, repository_or_exit
from bounded_context_infra.configuration.project import NoProject, current

THERE = version(DISTRIBUTION)


def _repository(folder: Path, wanted: str, locked: str | None = None) -> Path:
    """A repository that asks for a version of the library, and has perhaps locked another."""
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "thing"\n'
        f'dependencies = ["{DISTRIBUTION}[runtime]=={wanted}"]\n'
        f'[dependency-groups]\ndev = ["{DISTRIBUTION}[infra,local]=={wanted}"]\n'
        '[tool.bounded-context]\ncontext = "thing.context:THING"\n'
    )
    if locked:
        (folder / "uv.lock").write_text(f'[[package]]\nname = "{DISTRIBUTION}"\nversion = "{locked}"\n')
    return folder


def test_the_version_that_is_asked_for_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the repository is that of `project.current`."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(_repository(tmp_path, THERE, locked=THERE)))
    assert repository() == current()
    assert repository().root == tmp_path


def test_another_version_than_the_project_asks_for_is_refused(tmp_path: Path) -> None:
    """The sentence has both versions and the remedy."""
    with pytest.raises(WrongLibrary) as refused:
        check(_repository(tmp_path, "0.0.1"))
    assert THERE in str(refused.value)
    assert "pyproject.toml asks for 0.0.1" in str(refused.value)
    assert "`uv sync`" in str(refused.value)


def test_another_version_than_the_lock_has_is_refused(tmp_path: Path) -> None:
    """The lock is what everybody else installs."""
    with pytest.raises(WrongLibrary, match=r"and uv\.lock asks for 0\.0\.1: run `uv sync`\.$"):
        check(_repository(tmp_path, THERE, locked="0.0.1"))


def test_a_library_that_is_not_installed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sources may still be on the path. The error names the file and the version."""

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installed, "version", missing)
    with pytest.raises(WrongLibrary, match=r"^bounded-context is not .* pyproject\.toml asks for 1\.2\.3: "):
        check(_repository(tmp_path, "1.2.3"))


def test_a_repository_that_names_no_version_takes_any(tmp_path: Path) -> None:
    """For instance one that works on the library itself."""
    (tmp_path / "pyproject.toml").write_text(f'dependencies = ["{DISTRIBUTION}[runtime]"]\n')
    check(tmp_path)


def test_a_command_ends_with_the_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no traceback."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(_repository(tmp_path, "0.0.1")))
    with pytest.raises(SystemExit, match="run `uv sync`"):
        repository_or_exit()
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", "/")
    with pytest.raises(SystemExit, match=r"\[tool\.bounded-context\]"):
        repository_or_exit()


def test_no_repository_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to install."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", "/")
    with pytest.raises(NoProject):
        repository()
