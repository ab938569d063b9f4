"""Other versions of a deployed function."""

import zipfile
from pathlib import Path

import pytest

from bounded_context.local import versions


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr("code/one.py", "ONE = 1\n")
        entries.writestr("code/two.py", "TWO = 2\n")
    return archive


def test_a_version_differs_in_one_file(deployed: Path, tmp_path: Path) -> None:
    """The archive that was deployed stays as it is."""
    changed = tmp_path / "changed.zip"
    changed.write_bytes(versions.with_file(deployed, "code/two.py", "TWO = 3\n"))
    assert versions.source_of(changed, "code/two.py") == "TWO = 3\n"
    assert versions.source_of(changed, "code/one.py") == "ONE = 1\n"
    assert versions.source_of(deployed, "code/two.py") == "TWO = 2\n"


def test_a_file_that_is_not_there_is_no_version(deployed: Path) -> None:
    with pytest.raises(KeyError, match=r"three\.py"):
        versions.with_file(deployed, "code/three.py", "")
