"""The archive of the kit, for Python: the check, the context's rules, and pydantic for several systems and Pythons.

The archive contains the modules that the check and the declaration import, and no others.
"""

import io
import json
import re
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import grimp

from bounded_context_infra.configuration.project import Project, ProjectError

from ..programs.layer import LAYER
from ..release.package import RUNTIME, install
from . import start

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14", "3.15")
PLATFORMS: Final[Mapping[str, str]] = {
    start.native("Windows", "AMD64"): "x86_64-pc-windows-msvc",
    start.native("Darwin", "arm64"): "aarch64-apple-darwin",
    start.native("Darwin", "x86_64"): "x86_64-apple-darwin",
    start.native("Linux", "x86_64"): "x86_64-manylinux2014",
    start.native("Linux", "aarch64"): "aarch64-manylinux2014",
}
"""The systems of partners, by the archive of their compiled modules, each with uv's name."""

_TOOLS: Final = Path(__file__).parents[1]
_CHECK: Final = "bounded_context_cli.partner_kit.check"
_COMPILED: Final = "pydantic_core"
_PURE: Final = ("annotated_types", "pydantic", "typing_extensions", "typing_inspection")
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_SHEBANG: Final = b"#!/usr/bin/env python3\n"


class KitError(ProjectError):
    """The kit cannot be built; the message has the reason."""


def write(
    path: Path,
    project: Project,
    kit: Mapping[str, Any],
    pythons: Sequence[str] = PYTHONS,
    platforms: Mapping[str, str] = PLATFORMS,
) -> None:
    """Write the archive. ``kit`` has the values that the check reads.

    Raises:
        KitError: the declaration imports a package that the kit does not contain.
        PackageError: uv cannot install pydantic.
    """
    entries = {"__main__.py": Path(start.__file__).read_bytes(), "code/kit.json": json.dumps(kit).encode()}
    entries |= {f"code/{name}": source.read_bytes() for name, source in _sources(project)}
    entries |= _pydantic(pythons[0], platforms)
    entries |= {archive: _native(uv, pythons) for archive, uv in platforms.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in entries.items():
                packed.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    path.chmod(0o755)


def _sources(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of each module that the check and the declaration import."""
    declaration = str(project.settings["context"]).partition(":")[0]
    roots = {RUNTIME.name: RUNTIME, _TOOLS.name: _TOOLS, declaration.partition(".")[0]: project.sources}
    graph = grimp.build_graph(
        *roots, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    found = _closure(graph, {_CHECK, declaration})
    _refuse_others(graph, found, declaration, roots)
    for module in sorted(name for name in found if name.partition(".")[0] in roots):
        root, *parts = module.split(".")
        folder = roots[root].joinpath(*parts)
        file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        yield f"{root}/{file.relative_to(roots[root]).as_posix()}", file


def _closure(graph: Any, modules: set[str]) -> set[str]:
    """Return modules with all that they import. The import of a module also runs the packages that contain it."""
    packages = {module.rsplit(".", depth)[0] for module in modules for depth in range(1, module.count(".") + 1)}
    found = modules | packages
    found |= {name for module in found for name in graph.find_upstream_modules(module)}
    return found if found == modules else _closure(graph, found)


def _refuse_others(graph: Any, found: set[str], declaration: str, roots: Mapping[str, Path]) -> None:
    known = {*roots, *_PURE, _COMPILED, *sys.stdlib_module_names}
    for other in sorted(name for name in found if name.partition(".")[0] not in known):
        chain = " -> ".join(graph.find_shortest_chain(declaration, other) or (declaration,))
        raise KitError(f"{chain}: a partner kit does not contain {other.partition('.')[0]}.")


def _pydantic(python: str, platforms: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of pydantic and of the packages that it imports, without the compiled module."""
    with _installed((*_PURE, _COMPILED), python, next(iter(platforms.values()))) as folder:
        files = [path for path in sorted(folder.rglob("*.py")) if path.relative_to(folder).parts[0] != "bin"]
        return {f"code/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}


def _native(platform: str, pythons: Sequence[str]) -> bytes:
    """Return an archive of the compiled modules for a system: they differ little, so together they are small."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=6) as archive:
        for python in pythons:
            with _installed((_COMPILED,), python, platform) as folder:
                for path in sorted((folder / _COMPILED).glob("_pydantic_core.c*")):
                    entry = tarfile.TarInfo(path.name)
                    entry.size = path.stat().st_size
                    archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return packed.getvalue()


@contextmanager
def _installed(names: Sequence[str], python: str, platform: str) -> Iterator[Path]:
    """Install packages for a Python and a system into a temporary folder, as the functions' layer pins them."""
    with tempfile.TemporaryDirectory() as scratch:
        pins, packages = Path(scratch, "pins.txt"), Path(scratch, "packages")
        pins.write_text(_pins(names), encoding="utf-8")
        install(packages, ("--python-version", python, "--python-platform", platform), requirements=pins)
        yield packages


def _pins(names: Sequence[str]) -> str:
    pins = re.findall(r"^[\w-]+==(?:.*\\\n)*.*\n", LAYER.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = {name.replace("_", "-") for name in names}
    return "".join(pin for pin in pins if pin.partition("==")[0] in wanted)
