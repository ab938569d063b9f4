"""Build the functions' archives: `code.zip`, the sources, and `layer.zip`, the third-party packages.

`code.zip` contains the context's package and the installed library's runtime. `layer.zip` contains the packages that
`layer.txt` pins by hash. `context package` builds for Lambda.

The same sources give the same bytes on every machine, so a function without a change of its code gets no new version.
Therefore entries are sorted, have a fixed time, and are not compressed, because the output of zlib differs between its
versions. The layer has 49 MB, and half of it is the AWS SDK.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

from bounded_context_infra.configuration.defaults import PYTHON
from bounded_context_infra.configuration.project import Project, ProjectError

from .command.installed import repository
from .command.output import fail
from .programs.environment import LAYER

RUNTIME: Final = Path(str(files("bounded_context")))
"""The package of the runtime, which functions run."""

LAMBDA_TARGET = ("--python-platform", "aarch64-manylinux2014", "--python-version", PYTHON)

LARGEST_LAYER: Final = 50 * 2**20
"""Bytes of a layer that Lambda accepts in a request (Lambda developer guide, "Lambda quotas")."""

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that zip supports."""

_INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", ".lock", "uv_cache.json", "direct_url.json"}
"""Files of an installer, which contain paths of this machine."""


class PackageError(RuntimeError):
    """The package cannot be built. The message names the remedy."""


def build_lambda(project: Project) -> Path:
    """Build for Lambda, and return the folder of code.zip and layer.zip. Raises PackageError."""
    return build(project.sources, project.build, LAMBDA_TARGET)


def build_local(project: Project, python: Path) -> Path:
    """Build for functions that run under this machine's interpreter `python`, and return the folder of both archives.

    The layer's packages are unpacked and compiled in a folder, and the archive only refers to that folder. Otherwise
    each function's process would unpack and compile them.

    Raises:
        PackageError: as build.
    """
    folder, target = project.build / "local", ("--python", str(python))

    def unpack() -> None:
        packages = folder / "layer"
        shutil.rmtree(packages, ignore_errors=True)
        install(packages, (*target, "--compile-bytecode"))
        _write_reference(packages, folder / "layer.zip")

    return _built(project.sources, folder, _layer_key((*target, str(folder.resolve()))), unpack)


def _write_reference(packages: Path, archive: Path) -> None:
    # Lambda and the embedded AWS read .pth files in a layer's site-packages.
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "layer.pth"
        reference.write_text(f"import sys; sys.path.insert(0, {str(packages.resolve())!r})\n", encoding="utf-8")
        _write_zip(archive, [("python/lib/python3/site-packages/layer.pth", reference)])


def build(sources: Path, folder: Path, target: tuple[str, ...]) -> Path:
    """Write both archives into a folder and return it. The layer is only built if its requirements or target changed.

    Args:
        sources: the folder of the context's package.
        folder: the folder for the archives, created if it is missing.
        target: uv's options for the layer's interpreter and machine.

    Raises:
        PackageError: there are no sources, or uv cannot install the layer.
    """
    return _built(sources, folder, _layer_key(target), lambda: write_layer(folder / "layer.zip", target))


def _built(sources: Path, folder: Path, key: str, make_layer: Callable[[], None]) -> Path:
    """Write the code into a folder, and build the layer if its key differs. Return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_code(sources, folder / "code.zip")
    key_file = folder / "layer.key"
    if not (folder / "layer.zip").exists() or not key_file.exists() or key_file.read_text() != key:
        make_layer()
        key_file.write_text(key)
    return folder


def write_code(sources: Path, archive: Path) -> None:
    """Write the package in `sources` and the library's runtime into `archive`.

    Raises PackageError without a package.
    """
    ours = list(_files(sources))
    if not any(path.suffix == ".py" for path in ours):
        raise PackageError(f"{sources} has no Python source: build in the repository of the functions.")
    packages = {sources: ours, RUNTIME: _python(RUNTIME)}
    entries = ((folder, path) for folder, files in packages.items() for path in files)
    _write_zip(archive, ((f"{folder.name}/{path.relative_to(folder)}", path) for folder, path in entries))


def write_layer(archive: Path, target: tuple[str, ...]) -> None:
    """Install the pinned requirements for `target`, and write them into `archive`. Raises PackageError if too large."""
    with tempfile.TemporaryDirectory() as installed:
        root = Path(installed)
        install(root, target)
        _write_zip(archive, ((f"python/{path.relative_to(root)}", path) for path in _files(root)))
    if (size := archive.stat().st_size) > LARGEST_LAYER:
        raise PackageError(f"{archive} has {size:,} bytes, and Lambda accepts {LARGEST_LAYER:,}: pin smaller packages.")


def install(folder: Path, target: tuple[str, ...], requirements: Path | None = None) -> None:
    """Install requirements with hashes, by default those of the layer, into a folder for a target."""
    _uv("pip", "install", "--require-hashes", "-r", str(requirements or LAYER), "--target", str(folder), *target)


def digest(archive: Path) -> str:
    """Return the SHA-256 of the archive in hex."""
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def _layer_key(target: tuple[str, ...]) -> str:
    parts = [LAYER.read_bytes(), *(part.encode() for part in target)]
    if "--python" in target:
        parts.append(_interpreter(target[1]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _interpreter(python: str) -> str:
    """Return the version and platform of an interpreter, since an upgrade does not change its path."""
    code = "import sys, sysconfig; print(sys.version, sysconfig.get_platform())"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603


def _python(root: Path) -> Iterator[Path]:
    """Yield the sources of a package, without its data."""
    return (path for path in _files(root) if path.suffix == ".py")


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        ours = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in ours and ours[0] != "bin" and path.name not in _INSTALLER_FILES:
            yield path


def _write_zip(archive: Path, entries: Iterable[tuple[str, Path]]) -> None:
    """Write an archive from pairs of an entry's name and its file. Several runs may write it at a time."""
    partial = archive.with_suffix(f".{os.getpid()}.partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
        for name, path in sorted(entries):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 * 2**16
            packed.writestr(entry, path.read_bytes())
    partial.replace(archive)


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise PackageError("uv is not on the PATH: install it (for instance by `pipx install uv`) and build again.")
    command = [uv, *arguments, "--no-deps", "--only-binary", ":all:", "--quiet"]
    # In the project's folder, uv would add the project's constraints to the layer's pins.
    elsewhere = tempfile.gettempdir()
    result = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise PackageError(f"uv could not install the layer: {result.stderr.strip()}")


def package() -> int:
    """Build build/code.zip and build/layer.zip for AWS Lambda, and print their sizes and hashes.

    Examples:
      context package

    Exit status:
      0  both archives are built
      1  an archive could not be built
    """
    try:
        project = repository()
        folder = build_lambda(project)
    except (ProjectError, PackageError) as error:
        return fail(str(error))
    for name in ("code.zip", "layer.zip"):
        archive = folder / name
        place, size = archive.relative_to(project.root), archive.stat().st_size
        sys.stdout.write(f"{place}  {size:>10,} bytes  sha256 {digest(archive)}\n")
    return 0
