"""Contexts baked by each version that is in this clone's history, as teams have them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from template.upkeep.bakes import bake_of
from template.upkeep.errors import Unreachable
from template.upkeep.releases import release
from template.upkeep.sources import sources

from .team import BakedBy, Team, copied

ANSWERS = {"context_name": "Payment"}


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


@pytest.fixture
def baked_by(bakes: Callable[[str], Path], tmp_path: Path) -> BakedBy:
    """Gives a team the repository that a version bakes, committed."""
    return lambda version: Team(copied(bakes(version), tmp_path / "team"))
