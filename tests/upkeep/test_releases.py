"""The versions of the template, as its own file, its history and its CHANGELOG have them."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from template.cli import main
from template.library import REPOSITORY, VERSION
from template.upkeep.git import Git
from template.upkeep.releases import Release, behind, between, notes, release, releases

RELEASED = [one for one in releases() if one.commit]


def test_the_last_version_is_the_templates_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Released or not, which the list says."""
    assert main(["versions", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["version"] for one in told] == [one.version for one in releases()]
    assert (told[-1]["version"], told[-1]["released"]) == (VERSION, bool(releases()[-1].commit))
    assert main(["versions"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(releases())


@pytest.mark.parametrize("one", RELEASED, ids=lambda one: one.version)
def test_a_release_is_the_commit_that_has_its_version(one: Release) -> None:
    """In this clone's history, unless it is a shallow one."""
    git = Git(REPOSITORY)
    found = git.run("show", f"{one.commit}:pyproject.toml")
    if found.returncode:
        pytest.skip("this clone does not have the whole history")
    assert tomllib.loads(found.stdout.decode())["project"]["version"] == one.version
    assert re.search(rf"^## {re.escape(one.version)} - {one.date}$", git("show", f"{one.commit}:CHANGELOG.md"), re.M)


@pytest.mark.parametrize("one", releases(), ids=lambda one: one.version)
def test_the_changelog_says_what_a_version_brings(one: Release) -> None:
    """An update shows it on the way."""
    assert "### Added" in notes(one.version)
    assert "\n## " not in notes(one.version)


def test_the_way_from_a_version_to_another() -> None:
    """Oldest first; none leads back, and a tag is the version that it names."""
    first, last = releases()[0], releases()[-1]
    assert between(first, last) == releases()[1:]
    assert between(last, first) == ()
    assert behind(first.version) == len(releases()) - 1
    assert release(f"v{first.version}") == first
