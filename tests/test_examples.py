"""``examples/payment/`` is the bake of the default answers."""

from pathlib import Path

import pytest

from template.bake import bake, files
from template.examples import EXAMPLE, left_alone, regenerate, supply
from template.library import REPOSITORY_OF_LIBRARY, VERSION

AGAIN = "examples/payment/ is not what the template bakes: run `uv run template examples` and look at the difference"


def test_the_example_is_the_bake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files with the same bytes, and the same ones executable."""
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    payment = bake(tmp_path)
    ignore = left_alone(payment)
    baked, kept = list(files(payment, ignore)), list(files(EXAMPLE, ignore))
    assert baked == kept, AGAIN
    for name in baked:
        assert (payment / name).read_bytes() == (EXAMPLE / name).read_bytes(), f"{name}: {AGAIN}"
        executable = [bool((root / name).stat().st_mode & 0o100) for root in (payment, EXAMPLE)]
        assert executable[0] == executable[1], f"{name}: {AGAIN}"


def test_a_new_bake_keeps_ignored_files(tmp_path: Path, payment: Path) -> None:
    """The virtual environment stays, a file that the template no longer has goes."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "kept").touch()
    (tmp_path / "old" / "older").mkdir(parents=True)
    (tmp_path / "old" / "older" / "gone.py").touch()
    count = regenerate(tmp_path)
    names = list(files(tmp_path, ()))
    assert names == sorted([*files(payment, left_alone(payment)), ".venv/kept"], key=names.index)
    assert count == len(names) - 1
    assert not (tmp_path / "old").exists()


def test_a_working_copy_gets_the_wheel_without_the_hash_of_the_previous_one(tmp_path: Path) -> None:
    """The version stays while the library is worked on."""
    lock, wheel = tmp_path / "uv.lock", tmp_path / "vendor" / f"bounded_context-{VERSION}-py3-none-any.whl"
    lock.touch()
    supply(tmp_path)
    assert wheel.exists()
    assert not lock.exists()
    lock.touch()
    supply(tmp_path)
    assert lock.exists()
    wheel.write_bytes(b"of other sources")
    supply(tmp_path)
    assert not lock.exists()
