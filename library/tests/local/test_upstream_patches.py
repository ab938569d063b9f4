"""The patches for the emulator's authors: each test of theirs fails without the patch's code, and passes with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from bounded_context.tools.programs.environment import environment

PATCHES: Final = sorted((Path(__file__).parents[2] / "upstream").glob("*.patch"))

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the pinned emulator."""
    home = environment(tmp_path_factory.mktemp("build"), "emulator")
    return next(home.glob("lib/python*/site-packages"))


def _apply(patch: Path, folder: Path, only: str) -> None:
    command = ["git", "apply", f"--include={only}", str(patch)]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603


def _tests(folder: Path, packages: Path) -> int:
    """Run the tests of the patch against the copy, and return pytest's exit status."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "tests"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(packages)))}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_repairs_the_defect_that_its_test_shows(patch: Path, packages: Path, tmp_path: Path) -> None:
    shutil.copytree(packages / "ministack", tmp_path / "ministack")
    _apply(patch, tmp_path, "tests/*")
    assert _tests(tmp_path, packages) == 1
    _apply(patch, tmp_path, "ministack/*")
    assert _tests(tmp_path, packages) == 0


def test_there_is_a_patch_for_each_defect() -> None:
    assert len(PATCHES) == 2
