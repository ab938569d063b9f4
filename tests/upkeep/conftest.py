"""Contexts baked by each version that is in this clone's history, as teams have them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from template import adopt
from template.upkeep import check, update
from template.upkeep.bakes import bake_of
from template.upkeep.errors import CannotTell, Unreachable
from template.upkeep.releases import Release, release
from template.upkeep.sources import sources

from .team import BakedBy, Team, copied

ANSWERS = {"context_name": "Payment"}
Answers = Mapping[str, str]


@pytest.fixture(scope="session")
def bakes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Bakes the default answers by a version, each once; a version that is not in a shallow clone is skipped."""

    @cache
    def bake(version: str) -> Path:
        try:
            with sources(release(version)) as tree:
                return bake_of(release(version), tree, ANSWERS, tmp_path_factory.mktemp(f"v{version}"))
        except Unreachable as error:
            pytest.skip(str(error))

    return bake


@pytest.fixture(scope="session", autouse=True)
def _bake_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Updates copy an earlier bake of the same version and answers: a bake is most of an update's time."""
    baked: dict[tuple[Release, str], Path] = {}

    def copy_of(release: Release, tree: Path, answers: Answers, folder: Path) -> Path:
        key = (release, json.dumps(answers, sort_keys=True))
        if key not in baked:
            baked[key] = bake_of(release, tree, answers, tmp_path_factory.mktemp("once"))
        return shutil.copytree(baked[key], folder / baked[key].name, symlinks=True)

    def copies_of(release: Release, tree: Path, answers: Sequence[Answers], folder: Path) -> list[Path | CannotTell]:
        return [
            _or_error(copy_of, release, tree, answer_set, folder / str(number))
            for number, answer_set in enumerate(answers)
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "bakes_of", copies_of)
        patch.setattr(update, "bake_of", copy_of)
        patch.setattr(adopt, "bake_of", copy_of)
        yield


def _or_error(bake: Callable[..., Path], *of: object) -> Path | CannotTell:
    try:
        return bake(*of)
    except CannotTell as error:
        return error


@pytest.fixture
def baked_by(bakes: Callable[[str], Path], tmp_path: Path) -> BakedBy:
    """Gives a team the repository that a version bakes, committed."""
    return lambda version: Team(copied(bakes(version), tmp_path / "team"))
