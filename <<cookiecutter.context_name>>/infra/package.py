"""Builds what the functions run: `code.zip`, the context's sources, and `layer.zip`, their dependencies.

`python -m infra.package` builds for Lambda. The same sources give the same bytes on every machine, so that a function
whose code has not changed gets no new version: entries are sorted, have one fixed time, and are not compressed
(what zlib writes differs between its versions; with 28 MB the layer is below the 50 MB that Lambda takes).
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from .context import CONTEXT

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / CONTEXT
REQUIREMENTS = ROOT / "requirements-layer.txt"
BUILD = ROOT / "build"

LAMBDA_TARGET = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13")

_LOCAL_EXTRAS = ("boto3", "s3transfer")
"""What the Lambda runtime has and the embedded AWS, which brings botocore, has not."""

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""

_INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", ".lock", "uv_cache.json", "direct_url.json"}
"""What an installer notes about itself: it names this machine's paths."""


class PackageError(RuntimeError):
    """The package cannot be built; the message says what to do."""


def build_lambda() -> Path:
    """Build for Lambda; returns the folder of code.zip and layer.zip. Raises PackageError."""
    return build(BUILD, LAMBDA_TARGET)


def build_local(python: Path) -> Path:
    """Build for functions that run under the interpreter `python` of this machine; otherwise as build_lambda."""
    extras = tuple(f"{name}=={version(name)}" for name in _LOCAL_EXTRAS)
    return build(BUILD / "local", ("--python", str(python)), extras)


def build(folder: Path, target: tuple[str, ...], extras: tuple[str, ...] = ()) -> Path:
    """Write both archives into `folder`; the layer only if its requirements or its target changed."""
    folder.mkdir(parents=True, exist_ok=True)
    write_code(SOURCES, folder / "code.zip")
    key = _layer_key(target, extras)
    made = folder / "layer.key"
    if not (folder / "layer.zip").exists() or not made.exists() or made.read_text() != key:
        write_layer(folder / "layer.zip", target, extras)
        made.write_text(key)
    return folder


def write_code(sources: Path, archive: Path) -> None:
    """Write the package `sources` into `archive`. Raises PackageError if there is nothing to write."""
    entries = [(path, f"{sources.name}/{path.relative_to(sources)}") for path in _files(sources)]
    if not any(path.suffix == ".py" for path, _ in entries):
        raise PackageError(f"{sources} holds no Python source: build from the repository that holds the functions.")
    _write_zip(archive, entries)


def write_layer(archive: Path, target: tuple[str, ...], extras: tuple[str, ...] = ()) -> None:
    """Install the pinned requirements (and unpinned-by-hash `extras`) for `target` and write them into `archive`."""
    with tempfile.TemporaryDirectory() as installed:
        _uv("pip", "install", "--require-hashes", "-r", str(REQUIREMENTS), "--target", installed, *target)
        if extras:
            _uv("pip", "install", *extras, "--target", installed, *target)
        root = Path(installed)
        _write_zip(archive, ((path, f"python/{path.relative_to(root)}") for path in _files(root)))


def digest(archive: Path) -> str:
    """The SHA-256 of the archive's bytes, in hex."""
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def _layer_key(target: tuple[str, ...], extras: tuple[str, ...]) -> str:
    parts = [REQUIREMENTS.read_bytes(), *(part.encode() for part in (*target, *extras))]
    if "--python" in target:
        parts.append(_interpreter(target[1]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _interpreter(python: str) -> str:
    """The version and platform of an interpreter: a path alone does not tell that it was upgraded."""
    code = "import sys, sysconfig; print(sys.version, sysconfig.get_platform())"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        ours = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in ours and ours[0] != "bin" and path.name not in _INSTALLER_FILES:
            yield path


def _write_zip(archive: Path, entries: Iterable[tuple[Path, str]]) -> None:
    partial = archive.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
        for path, name in entries:
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
    # Not in the project's folder: uv would add the project's own constraints to the layer's pins.
    elsewhere = tempfile.gettempdir()
    result = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise PackageError(f"uv could not install the layer: {result.stderr.strip()}")


def main() -> None:
    """Build for Lambda and say what was built."""
    try:
        folder = build_lambda()
    except PackageError as error:
        sys.exit(str(error))
    for name in ("code.zip", "layer.zip"):
        archive = folder / name
        sys.stdout.write(
            f"{archive.relative_to(ROOT)}  {archive.stat().st_size:>10,} bytes  sha256 {digest(archive)}\n"
        )


if __name__ == "__main__":
    main()
