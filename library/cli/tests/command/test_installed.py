"""A library that is not the one that the repository asks for says what to run."""

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from pathlib import Path

import pytest

from bounded_context_cli.command import commands, deferred, installed
from bounded_context_cli.command.commands import ELSEWHERE, REGISTRY
from bounded_context_cli.command.installed import (
    DISTRIBUTION,
    WrongLibrary,
    check,
    of_distribution,
    repository,
    repository_or_exit,
)
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


def test_a_matching_version_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the repository is that of `project.current`."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(_repository(tmp_path, THERE, locked=THERE)))
    assert repository() == current()
    assert repository().root == tmp_path


def test_a_version_that_differs_from_the_projects_is_refused(tmp_path: Path) -> None:
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


def test_a_repository_that_names_no_version_accepts_any(tmp_path: Path) -> None:
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


def test_a_missing_repository_is_no_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to install."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", "/")
    with pytest.raises(NoProject):
        repository()


OTHERS = tuple(f"{DISTRIBUTION}-{name}" for name in ("infra", "cli", "operations", "local", "platform", "lab"))


def _versions(other: str, installed: str | None) -> Callable[[str], str]:
    """Return the reader of installed versions, with another version of a distribution, or without it."""

    def read(name: str) -> str:
        if name == other and installed is None:
            raise PackageNotFoundError(name)
        return str(installed) if name == other else version(name)

    return read


@pytest.mark.parametrize("other", OTHERS)
def test_distributions_of_different_versions_are_refused(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "version", _versions(other, "0.0.9"))
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(_repository(tmp_path, THERE, locked=THERE)))
    with pytest.raises(SystemExit) as refused:
        repository_or_exit()
    [sentence] = str(refused.value.code).splitlines()
    assert {f"{other} 0.0.9", f"{DISTRIBUTION} {THERE}"} <= {*sentence.partition(" are installed")[0].split(" and ")}
    assert sentence.endswith(f": pin {other}=={THERE} in pyproject.toml, and run `uv sync`.")


@pytest.mark.parametrize("other", OTHERS)
def test_a_repository_may_be_without_other_distributions(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "version", _versions(other, None))
    check(_repository(tmp_path, THERE))


def test_a_part_of_a_missing_distribution_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "version", _versions("bounded-context-lab", None))
    with pytest.raises(WrongLibrary) as refused:
        of_distribution("bounded_context_lab.storm")
    assert str(refused.value) == deferred.not_installed("bounded-context-lab")
    assert "`uv add --dev bounded-context-lab`" in str(refused.value)


def _tables() -> dict[str, deferred.Groups]:
    """Return the commands of each distribution but the console script's own."""
    points: Iterable[EntryPoint] = entry_points(group=REGISTRY)
    return {f"{DISTRIBUTION}-{point.name}": point.load() for point in points if point.name != "cli"}


def test_the_remedies_without_a_distribution_have_its_commands() -> None:
    tables = {name: {title: (*entries,) for title, entries in table.items()} for name, table in _tables().items()}
    assert tables == ELSEWHERE


def test_each_command_of_a_missing_distribution_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = [point for point in entry_points(group=REGISTRY) if point.name == "cli"]
    monkeypatch.setattr(commands, "entry_points", lambda group: own if group == REGISTRY else [])
    groups = commands._registered()
    for distribution, table in _tables().items():
        for name in (name for entries in table.values() for name in entries):
            assert deferred.run("context", "", groups, [name]) == 1
            [line] = capsys.readouterr().err.splitlines()
            assert line == f"Error: {name}: {deferred.not_installed(distribution)}"
