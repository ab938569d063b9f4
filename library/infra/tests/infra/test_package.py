"""The package: the same sources give the same bytes, and what is missing is said."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounded_context_cli import package
from bounded_context_infra.configuration.project import Project, current
from tests.console import context


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A small package with a cache that must not be packed."""
    folder = tmp_path / "context"
    (folder / "handlers").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    for name in (
        "__init__.py",
        "handlers/__init__.py",
        "handlers/b.py",
        "handlers/a.py",
        "__pycache__/x.cpython-311.pyc",
    ):
        (folder / name).write_text(f"# {name}\n")
    return folder


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as packed:
        return packed.namelist()


def test_the_same_sources_have_the_same_bytes(sources: Path, tmp_path: Path) -> None:
    """Neither the time of a file nor the order of its creation counts."""
    package.write_code(sources, tmp_path / "first.zip")
    (sources / "handlers" / "a.py").unlink()
    (sources / "handlers" / "a.py").write_text("# handlers/a.py\n")
    os.utime(sources / "__init__.py", (1, 1))
    (sources / "__init__.py").chmod(0o600)
    package.write_code(sources, tmp_path / "second.zip")
    assert package.digest(tmp_path / "first.zip") == package.digest(tmp_path / "second.zip")


def test_entries_are_sorted_and_have_one_time(tmp_path: Path) -> None:
    """What a file system or a clock would decide is decided once."""
    folder = tmp_path / "context"
    (folder / "m").mkdir(parents=True)
    for number in (7, 3, 30, 1, 25, 12, 9, 18, 4, 22):
        (folder / f"m{number:02}.py").touch()
        (folder / "m" / f"m{number:02}.py").touch()
    package.write_code(folder, tmp_path / "code.zip")
    with zipfile.ZipFile(tmp_path / "code.zip") as packed:
        entries = packed.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_two_runs_of_a_repository_write_its_archive_at_a_time(tmp_path: Path) -> None:
    """The archive is whole, and neither run fails."""
    source, archive, both = tmp_path / "a.py", tmp_path / "code.zip", multiprocessing.get_context("fork")
    source.write_text("x = 1")
    opened = both.Barrier(2)

    def entries() -> Iterator[tuple[str, Path]]:
        opened.wait(30)
        yield "a.py", source

    runs = [both.Process(target=lambda: package._write_zip(archive, entries())) for _ in range(2)]
    for process in runs:
        process.start()
    for process in runs:
        process.join()
    assert [process.exitcode for process in runs] == [0, 0]
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("a.py") == b"x = 1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "code.zip"]


def test_a_changed_source_has_other_bytes(sources: Path, tmp_path: Path) -> None:
    """Otherwise a change would never be deployed."""
    package.write_code(sources, tmp_path / "first.zip")
    (sources / "handlers" / "a.py").write_text("# changed\n")
    package.write_code(sources, tmp_path / "second.zip")
    assert package.digest(tmp_path / "first.zip") != package.digest(tmp_path / "second.zip")


def test_the_archive_holds_the_package_without_caches(sources: Path, tmp_path: Path) -> None:
    """The folder itself is in it, since handlers are named `<context>.handlers.<name>`."""
    package.write_code(sources, tmp_path / "code.zip")
    expected = ["context/__init__.py", "context/handlers/__init__.py", "context/handlers/a.py", "context/handlers/b.py"]
    assert [name for name in names(tmp_path / "code.zip") if not name.startswith("bounded_context/")] == expected


def test_the_archive_holds_the_runtime_and_no_other_distribution(sources: Path, tmp_path: Path) -> None:
    """A change of a tool gives no function a new version."""
    package.write_code(sources, tmp_path / "code.zip")
    own = package.RUNTIME.rglob("*.py")
    library = {name for name in names(tmp_path / "code.zip") if name.startswith("bounded_context")}
    assert library == {f"bounded_context/{path.relative_to(package.RUNTIME)}" for path in own}
    assert all(name.endswith(".py") for name in names(tmp_path / "code.zip"))


def test_no_sources_are_refused(tmp_path: Path) -> None:
    """An empty archive would deploy functions that cannot start."""
    with pytest.raises(package.PackageError, match=str(tmp_path / "absent")):
        package.write_code(tmp_path / "absent", tmp_path / "code.zip")
    assert not (tmp_path / "code.zip").exists()


def test_a_missing_uv_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the program and the variable."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(package.PackageError, match=r"^uv .*\bPATH\b"):
        package.write_layer(tmp_path / "layer.zip", package.LAMBDA_TARGET)


def test_a_failed_installation_has_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What uv says is passed on; nothing half-built is left."""
    unpinned = tmp_path / "requirements.txt"
    unpinned.write_text("pydantic==2.14.4\n")
    monkeypatch.setattr(package, "LAYER", unpinned)
    with pytest.raises(package.PackageError, match="hash"):
        package.write_layer(tmp_path / "layer.zip", package.LAMBDA_TARGET)
    assert not (tmp_path / "layer.zip").exists()


def test_the_layer_is_built_once_for_its_requirements_and_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is packed every time, the layer only when it would differ."""
    built: list[tuple[str, ...]] = []

    def note(archive: Path, target: tuple[str, ...]) -> None:
        built.append(target)
        archive.write_bytes(b"layer")

    monkeypatch.setattr(package, "write_layer", note)
    for target in (package.LAMBDA_TARGET, package.LAMBDA_TARGET, ("--python", sys.executable)):
        package.build(current().sources, tmp_path, target)
    assert built == [package.LAMBDA_TARGET, ("--python", sys.executable)]


def test_a_layer_that_lambda_would_refuse_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda accepts 50 MB in a request."""
    monkeypatch.setattr(package, "install", lambda folder, _: (folder / "large.py").write_text("x" * 10))
    package.write_layer(tmp_path / "layer.zip", package.LAMBDA_TARGET)
    monkeypatch.setattr(package, "LARGEST_LAYER", 9)
    with pytest.raises(package.PackageError, match=r"layer\.zip"):
        package.write_layer(tmp_path / "layer.zip", package.LAMBDA_TARGET)


def test_functions_of_this_machine_share_one_unpacked_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive leads to it, before whatever else is installed; it is made anew when it would differ."""
    shared = Project(tmp_path, {"context": "payment.context:PAYMENT"})
    shutil.copytree(current().sources, shared.sources)
    versions = iter("12")

    def install(folder: Path, target: tuple[str, ...]) -> None:
        assert "--compile-bytecode" in target
        folder.mkdir()
        (folder / "pydantic.py").write_text(f"VERSION = {next(versions)}")

    monkeypatch.setattr(package, "install", install)
    for _ in range(2):
        assert _layer_of(package.build_local(shared, Path(sys.executable))) == "1"
    changed = tmp_path / "layer.txt"
    changed.write_text("")
    monkeypatch.setattr(package, "LAYER", changed)
    assert _layer_of(package.build_local(shared, Path(sys.executable))) == "2"


def _layer_of(folder: Path) -> str:
    """Return what a function finds that reads the layer as Lambda does."""
    layer = folder / "unpacked"
    shutil.unpack_archive(folder / "layer.zip", layer)
    read = f"import site; site.addsitedir({str(layer / 'python/lib/python3/site-packages')!r}); import pydantic"
    command = [sys.executable, "-c", f"{read}; print(pydantic.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def test_the_code_archive_holds_every_handler(tmp_path: Path) -> None:
    """The real sources pack."""
    project = current()
    steps = {f"{project.package}/list_steps.py", "bounded_context/handlers/list_steps.py"}
    handlers = {*steps, "bounded_context/handlers/entry_points.py"}
    package.write_code(project.sources, tmp_path / "code.zip")
    assert handlers <= set(names(tmp_path / "code.zip"))


def test_a_repository_with_another_library_version_gets_no_archives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be packed is not what it was tested with."""
    (tmp_path / "pyproject.toml").write_text(
        'dependencies = ["bounded-context==0.0.1"]\n[tool.bounded-context]\ncontext = "context:CONTEXT"\n'
    )
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(tmp_path))
    assert context("package") == 1
    assert capsys.readouterr().err.endswith("asks for 0.0.1: run `uv sync`.\n")
    assert not (tmp_path / "build").exists()
