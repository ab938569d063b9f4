"""The patches of the emulator: each test of theirs fails without the patch's code, and passes with it.

The launcher gives the emulator the same code as `git apply`, and refuses a file that a patch does not fit.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from bounded_context_cli.programs.environment import environment
from bounded_context_local.emulator.process import PINS
from bounded_context_local.extensions import launcher
from bounded_context_local.extensions.launcher import PATCHES, patched

SMALL: Final = """diff --git a/ministack/small.py b/ministack/small.py
index f719efd..2bdf67a 100644
--- a/ministack/small.py
+++ b/ministack/small.py
@@ -1,1 +1,1 @@
-two
+three
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the pinned emulator."""
    home = environment(tmp_path_factory.mktemp("build"), PINS)
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


@pytest.mark.nightly
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_repairs_the_defect_that_its_test_shows(patch: Path, packages: Path, tmp_path: Path) -> None:
    shutil.copytree(packages / "ministack", tmp_path / "ministack")
    for earlier in PATCHES[: PATCHES.index(patch)]:
        _apply(earlier, tmp_path, "ministack/*")
    _apply(patch, tmp_path, "tests/*")
    assert _tests(tmp_path, packages) == 1
    _apply(patch, tmp_path, "ministack/*")
    assert _tests(tmp_path, packages) == 0


@pytest.mark.nightly
def test_the_launcher_applies_the_patches_as_git_does(packages: Path, tmp_path: Path) -> None:
    shutil.copytree(packages / "ministack", tmp_path / "ministack")
    for patch in PATCHES:
        _apply(patch, tmp_path, "ministack/*")
    sources = patched(packages)
    assert sources == {name: (tmp_path / f"{name.replace('.', '/')}.py").read_bytes() for name in sources}
    assert sources.keys() == {
        "ministack.services.cloudwatch",
        "ministack.services.dynamodb",
        "ministack.services.firehose",
        "ministack.services.sns",
        "ministack.core.iam_actions",
    }


@pytest.mark.parametrize("content", ["one\n", "three\n"], ids=["another pin", "the defect is repaired upstream"])
def test_a_file_that_a_patch_does_not_fit_ends_the_start(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a new pin fails at its first start, with the patch and the file."""
    small, patch = tmp_path / "ministack" / "small.py", tmp_path / "0001-small.patch"
    small.parent.mkdir()
    patch.write_text(SMALL)
    monkeypatch.setattr(launcher, "PATCHES", [patch])
    small.write_text("two\n")
    assert patched(tmp_path) == {"ministack.small": b"three\n"}
    small.write_text(content)
    with pytest.raises(SystemExit, match=r"0001-small\.patch .*ministack/small\.py"):
        patched(tmp_path)
