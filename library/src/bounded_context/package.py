"""Builds what the functions run: `code.zip`, sources, and `layer.zip`, the packages of others that they need.

`code.zip` holds the context's package and the library's runtime, as it is installed here; `layer.zip` what `layer.txt`
pins by hash. `python -m bounded_context.package` builds for Lambda. The same sources give the same bytes on every
machine, so that a function whose code has not changed gets no new version: entries are sorted, have one fixed time, and
are not compressed (what zlib writes differs between its versions; with 28 MB the layer is below the 50 MB that Lambda
takes).
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from .installed import repository
from .project import Project, ProjectError
from .typed import typed
from .usage import Usage

LIBRARY: Final = Path(__file__).parent
REQUIREMENTS: Final = LIBRARY / "data" / "layer.txt"

TOOLS: Final = frozenset(
    {
        *(
            "audit",
            "check",
            "contracts",
            "cost",
            "data",
            "docs",
            "drawing",
            "infra",
            "local",
            "pages",
            "permissions",
            "picture",
            "pipeline",
            "policies",
            "pull_requests",
            "redrive",
            "rollout",
            "sandbox",
            "smoke_account",
            "survey",
        ),
        *("testing", "collected.py", "graph.py", "installed.py", "package.py", "project.py"),
        *("pulumi_files.py", "pulumi_program.py", "strategy.py", "typed.py", "usage.py"),
    }
)
"""The parts of the library that no function runs: a change of a tool gives no function a new version."""

LAMBDA_TARGET = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13")

_LOCAL_EXTRAS = ("boto3", "s3transfer")
"""What the Lambda runtime has and the embedded AWS, which brings botocore, has not."""

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""

_INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", ".lock", "uv_cache.json", "direct_url.json"}
"""What an installer notes about itself: it names this machine's paths."""


class PackageError(RuntimeError):
    """The package cannot be built; the message says what to do."""


def build_lambda(project: Project) -> Path:
    """Build for Lambda; returns the folder of code.zip and layer.zip. Raises PackageError."""
    return build(project.sources, project.build, LAMBDA_TARGET)


def build_local(project: Project, python: Path) -> Path:
    """Build for functions that run under the interpreter `python` of this machine; returns the folder of both archives.

    The layer's packages lie unpacked and compiled beside the archive, which leads there: each function's process would
    unpack and compile them anew.

    Raises:
        PackageError: as build.
    """
    folder, target = project.build / "local", ("--python", str(python))
    extras = tuple(f"{name}=={version(name)}" for name in _LOCAL_EXTRAS)

    def unpack() -> None:
        packages = folder / "layer"
        shutil.rmtree(packages, ignore_errors=True)
        _install(packages, (*target, "--compile-bytecode"), extras)
        _lead(packages, folder / "layer.zip")

    return _built(project.sources, folder, _layer_key((*target, str(folder.resolve())), extras), unpack)


def _lead(packages: Path, archive: Path) -> None:
    # Of a layer's site-packages Lambda reads .pth files, too, and so does the embedded AWS.
    with tempfile.TemporaryDirectory() as folder:
        leading = Path(folder) / "layer.pth"
        leading.write_text(f"import sys; sys.path.insert(0, {str(packages.resolve())!r})\n", encoding="utf-8")
        _write_zip(archive, [("python/lib/python3/site-packages/layer.pth", leading)])


def build(sources: Path, folder: Path, target: tuple[str, ...], extras: tuple[str, ...] = ()) -> Path:
    """Write both archives into a folder, and return it; the layer only if its requirements or its target changed.

    Args:
        sources: the folder of the context's package.
        folder: where the archives go; it is made.
        target: uv's options that say for which interpreter and machine the layer is.
        extras: requirements of the layer that are not pinned by hash.

    Raises:
        PackageError: there are no sources, or uv cannot install the layer.
    """
    key = _layer_key(target, extras)
    return _built(sources, folder, key, lambda: write_layer(folder / "layer.zip", target, extras))


def _built(sources: Path, folder: Path, key: str, make_layer: Callable[[], None]) -> Path:
    """Write the code into a folder, and have the layer made if that in it has another key; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_code(sources, folder / "code.zip")
    made = folder / "layer.key"
    if not (folder / "layer.zip").exists() or not made.exists() or made.read_text() != key:
        make_layer()
        made.write_text(key)
    return folder


def write_code(sources: Path, archive: Path) -> None:
    """Write the package in `sources` and the library's runtime into `archive`.

    Raises PackageError if there is no package.
    """
    ours = list(_files(sources))
    if not any(path.suffix == ".py" for path in ours):
        raise PackageError(f"{sources} holds no Python source: build from the repository that holds the functions.")
    packages = {sources: ours, LIBRARY: list(_runtime())}
    _write_zip(archive, (_entry(path, folder) for folder, files in packages.items() for path in files))


def write_layer(archive: Path, target: tuple[str, ...], extras: tuple[str, ...] = ()) -> None:
    """Install the pinned requirements (and unpinned-by-hash `extras`) for `target` and write them into `archive`."""
    with tempfile.TemporaryDirectory() as installed:
        root = Path(installed)
        _install(root, target, extras)
        _write_zip(archive, ((f"python/{path.relative_to(root)}", path) for path in _files(root)))


def _install(folder: Path, target: tuple[str, ...], extras: tuple[str, ...]) -> None:
    _uv("pip", "install", "--require-hashes", "-r", str(REQUIREMENTS), "--target", str(folder), *target)
    if extras:
        _uv("pip", "install", *extras, "--target", str(folder), *target)


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


def _runtime() -> Iterator[Path]:
    """The library's sources that functions run."""
    for path in _files(LIBRARY):
        if path.suffix == ".py" and path.relative_to(LIBRARY).parts[0] not in TOOLS:
            yield path


def _entry(path: Path, package: Path) -> tuple[str, Path]:
    return f"{package.name}/{path.relative_to(package)}", path


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        ours = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in ours and ours[0] != "bin" and path.name not in _INSTALLER_FILES:
            yield path


def _write_zip(archive: Path, entries: Iterable[tuple[str, Path]]) -> None:
    """Write an archive of files by their names in it."""
    partial = archive.with_suffix(".partial")
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
    # Not in the project's folder: uv would add the project's own constraints to the layer's pins.
    elsewhere = tempfile.gettempdir()
    result = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise PackageError(f"uv could not install the layer: {result.stderr.strip()}")


_ABOUT: Final = "Builds the functions' code and their layer, as AWS Lambda needs them."
_EXAMPLES: Final = {"": "build/code.zip and build/layer.zip, with their hashes"}
_STATUSES: Final = {0: "both are there", 1: "they could not be built", 2: "it takes no arguments"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Build for Lambda and say what was built."""
    Usage(typed("package", "package"), _EXAMPLES, _STATUSES).parser(_ABOUT).parse_args(arguments)
    try:
        project = repository()
        folder = build_lambda(project)
    except (ProjectError, PackageError) as error:
        sys.exit(str(error))
    for name in ("code.zip", "layer.zip"):
        archive = folder / name
        place, size = archive.relative_to(project.root), archive.stat().st_size
        sys.stdout.write(f"{place}  {size:>10,} bytes  sha256 {digest(archive)}\n")


if __name__ == "__main__":
    main()
