"""The versions of the template, as its own file, its history and its CHANGELOG have them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from template.cli import main
from template.fleet.inbound_tests import require_current
from template.library import REPOSITORY, VERSION
from template.record import digest
from template.upkeep import migrations, sources
from template.upkeep.errors import TooOld
from template.upkeep.git import Git
from template.upkeep.releases import OLDEST, Release, behind, between, notes, release, releases
from template.upkeep.sources import updatable

from .team import Team, copied

RELEASED = [entry for entry in releases() if entry.commit]
TOO_OLD = [entry.version for entry in releases() if behind(entry.version) > behind(OLDEST)]
REMEDY = re.compile(r"run `(?P<command>[^`]+)`, commit the update, and run this again\.$")


def recorded(folder: Path, version: str) -> Team:
    """Return a repository with the record of a version alone."""
    answers = {"context_name": "Order"}
    content = {"template": version, "default_context": answers, "digest": digest(answers)}
    folder.mkdir(parents=True)
    (folder / ".template.json").write_text(json.dumps(content), encoding="utf-8")
    return Team(folder)


def test_the_last_version_is_the_templates_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Released or not, which the list says."""
    assert main(["versions", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["version"] for entry in entries] == [entry.version for entry in releases()]
    assert (entries[-1]["version"], entries[-1]["released"]) == (VERSION, bool(releases()[-1].commit))
    assert main(["versions"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(releases())


@pytest.mark.parametrize("entry", RELEASED, ids=lambda entry: entry.version)
def test_a_release_is_the_commit_that_has_its_version(entry: Release) -> None:
    """In this clone's history, unless it is a shallow one."""
    git = Git(REPOSITORY)
    result = git.run("show", f"{entry.commit}:pyproject.toml")
    if result.returncode:
        pytest.skip("this clone does not have the whole history")
    assert tomllib.loads(result.stdout.decode())["project"]["version"] == entry.version
    assert re.search(
        rf"^## {re.escape(entry.version)} - {entry.date}$", git("show", f"{entry.commit}:CHANGELOG.md"), re.M
    )


@pytest.mark.parametrize("entry", releases(), ids=lambda entry: entry.version)
def test_the_changelog_has_the_additions_of_a_version(entry: Release) -> None:
    """An update shows it on the way."""
    assert "### Added" in notes(entry.version)
    assert "\n## " not in notes(entry.version)


def test_the_way_from_a_version_to_another() -> None:
    """Oldest first; none leads back, and a tag is the version that it names."""
    first, last = releases()[0], releases()[-1]
    assert between(first, last) == releases()[1:]
    assert between(last, first) == ()
    assert behind(first.version) == len(releases()) - 1
    assert release(f"v{first.version}") == first


@pytest.mark.parametrize("version", TOO_OLD)
@pytest.mark.parametrize("command", [["update"], ["update", "--dry-run"], ["check"]], ids=" ".join)
def test_a_version_before_the_oldest_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], version: str
) -> None:
    """The sentence has both versions, and the command that updates first, with the commit of the oldest version."""
    team = recorded(tmp_path / "my order", version)
    before = team.everything()
    assert main([*command, str(team.folder)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    match = REMEDY.search(line)
    assert match
    assert {version, OLDEST, VERSION} <= set(re.findall(r"[0-9]+\.[0-9]+\.[0-9]+", line.partition("run `")[0]))
    words = shlex.split(match["command"])
    assert words[-3:] == ["template", "update", str(team.folder)]
    assert [word for word in words if word.endswith(f"@{release(OLDEST).commit}")]
    assert team.everything() == before


def test_a_version_before_the_oldest_is_unknown_to_a_campaign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its line has the remedy. The other repositories keep their states, and no branch is made."""
    old, oldest = recorded(tmp_path / "old", TOO_OLD[-1]), recorded(tmp_path / "oldest", OLDEST)
    before = [team.everything() for team in (old, oldest)]
    assert main(["fleet", "update", str(tmp_path), "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    states = {line["name"]: line for line in lines if "name" in line}
    assert {name: line["state"] for name, line in states.items()} == {"old": "unknown", "oldest": "to-update"}
    assert REMEDY.search(states["old"]["remedy"])
    assert [team.everything() for team in (old, oldest)] == before


def test_the_events_of_a_version_before_the_oldest_are_not_tested(tmp_path: Path) -> None:
    """Neither a changed repository's events nor a consumer's tests run: its environment is not built."""
    with pytest.raises(TooOld):
        require_current(recorded(tmp_path / "old", TOO_OLD[0]).folder)


def test_the_remedy_names_the_published_repository_without_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shallow clone or an installed template does not contain the commit."""
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path)
    monkeypatch.setattr(sources, "address", lambda: "https://example.com/our template")
    with pytest.raises(TooOld) as refused:
        updatable(tmp_path / "order", TOO_OLD[-1])
    match = REMEDY.search(str(refused.value))
    assert match
    assert f"git+https://example.com/our template@{release(OLDEST).commit}" in shlex.split(match["command"])


def test_the_steps_of_at_most_two_minors_remain() -> None:
    """Each version after the oldest has a folder of steps. The folders of older steps leave with their tests."""
    minors = list(dict.fromkeys(_minor(entry.version) for entry in releases()))
    modules = Path(migrations.__file__).parent.glob("v*_*_*/*.py")
    kept = {_minor(module.parent.name[1:].replace("_", ".")) for module in modules}
    assert kept == {_minor(entry.version) for entry in between(release(OLDEST), releases()[-1])}
    assert kept <= set(minors[-2:])


def _minor(version: str) -> str:
    return version.rpartition(".")[0]


@pytest.mark.nightly
@pytest.mark.e2e
def test_the_remedy_leads_to_the_oldest_version(bakes: Callable[[str], Path], tmp_path: Path) -> None:
    """The command of the sentence updates the repository; the update to this version then begins."""
    team = Team(copied(bakes(TOO_OLD[-1]), tmp_path / "team"))
    with pytest.raises(TooOld) as refused:
        updatable(team.folder, TOO_OLD[-1])
    match = REMEDY.search(str(refused.value))
    assert match
    result = subprocess.run(match["command"], shell=True, check=False, capture_output=True, text=True)  # noqa: S602
    assert (result.returncode, result.stdout.endswith("Green.\n")) == (0, True), result.stdout + result.stderr
    team.commit("updated")
    assert json.loads(team.read(".template.json"))["template"] == OLDEST
    assert main(["update", str(team.folder), "--no-input", "--dry-run"]) == 0
