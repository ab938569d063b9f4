"""The modules of a partner kit: the check, the declaration, and all modules that both import."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grimp
import pydantic

from bounded_context_infra.configuration.project import Project, ProjectError

from ..package import RUNTIME

COMPILED: Final = "pydantic_core"
PURE: Final = ("annotated_types", "pydantic", "typing_extensions", "typing_inspection")

_TOOLS: Final = Path(__file__).parents[1]
_CHECK: Final = f"{_TOOLS.name}.partner_kit.check"
_KNOWN: Final = {*PURE, COMPILED, *sys.stdlib_module_names}
_START: Final = (
    f"import sys; folder, packages, context, *absent = sys.argv[1:]; sys.path[:0] = [folder]; sys.path += [packages]; "
    f"from {_CHECK} import declared; declared(context, absent)"
)


class KitError(ProjectError):
    """The kit cannot be built; the message has the reason."""


@dataclass(frozen=True)
class Modules:
    """The modules of a kit.

    ``sources`` are the files by their names in the archive. ``absent`` are the modules that the declaration imports,
    and that the kit lacks: the service's adapters, and other packages than pydantic.
    """

    sources: Mapping[str, Path]
    absent: tuple[str, ...]


def modules_of(project: Project) -> Modules:
    """Return the modules of a kit."""
    declaration = str(project.settings["context"]).partition(":")[0]
    own = declaration.partition(".")[0]
    roots = {RUNTIME.name: RUNTIME, _TOOLS.name: _TOOLS, own: project.sources}
    graph = grimp.build_graph(
        *roots, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    # The library imports parts of a declaration, such as `Deadline`, when they are named, which a graph does not show.
    modules, absent = _closure(graph, {_CHECK, *graph.find_descendants(f"{RUNTIME.name}.domain")}), set[str]()
    remaining = [declaration]
    while remaining:
        module = remaining.pop()
        modules |= (packages := _with_packages(module))
        for imported in {name for package in packages for name in graph.find_modules_directly_imported_by(package)}:
            if imported.partition(".")[0] == own:
                remaining += [imported] if imported not in modules else []
            elif _is_absent(closure := _closure(graph, {imported}), roots):
                absent.add(imported)
            else:
                modules |= closure
    named = sorted(name for name in modules if name.partition(".")[0] in roots)
    return Modules({name: file for module in named for name, file in [_file(module, roots)]}, tuple(sorted(absent)))


def _file(module: str, roots: Mapping[str, Path]) -> tuple[str, Path]:
    """Return the name in the archive and the file of a module."""
    root, *parts = module.split(".")
    folder = roots[root].joinpath(*parts)
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return f"{root}/{file.relative_to(roots[root]).as_posix()}", file


def _with_packages(module: str) -> set[str]:
    """Return a module and the packages that contain it, which its import runs."""
    return {module.rsplit(".", depth)[0] for depth in range(module.count(".") + 1)}


def _closure(graph: Any, modules: set[str]) -> set[str]:
    """Return modules with all that they import."""
    closure = {name for module in modules for name in _with_packages(module)}
    closure |= {name for module in closure for name in graph.find_upstream_modules(module)}
    return closure if closure == modules else _closure(graph, closure)


def _is_absent(closure: set[str], roots: Mapping[str, Path]) -> bool:
    return any(name.partition(".")[0] not in _KNOWN.union(roots) for name in closure)


@contextmanager
def placed(modules: Modules) -> Iterator[tuple[Path, Path]]:
    """Write the modules of a kit into a temporary folder; yield it, and a folder with the kit's packages alone."""
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder, ".packages")
        packages.mkdir()
        for package in Path(pydantic.__file__).parents[1].iterdir():
            if package.stem in (*PURE, COMPILED):
                (packages / package.name).symlink_to(package)
        for name, source in modules.sources.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read_bytes())
        yield Path(folder), packages


def require_start(project: Project, modules: Modules) -> None:
    """Import the declaration with the modules of a kit alone. Raises KitError."""
    reference = str(project.settings["context"])
    with placed(modules) as (folder, packages):
        words = ("-I", "-S", "-B", "-c", _START, str(folder), str(packages), reference, *modules.absent)
        result = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        raise KitError("".join(_sentence(result.stderr, reference, modules, project)))


def _sentence(traceback: str, reference: str, modules: Modules, project: Project) -> Iterator[str]:
    own = re.findall(rf'File ".*[\\/]({project.sources.name}[\\/].*)", line (\d+)', traceback)
    if own:
        file, line = own[-1]
        yield f"{project.sources.parent.name}/{Path(file).as_posix()}:{line}: "
    yield f"a partner kit cannot import {reference} ({traceback.strip().splitlines()[-1]})"
    if modules.absent:
        yield f": it lacks {', '.join(modules.absent)}. Use them in the functions of rules only"
    yield "."
