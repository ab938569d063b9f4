"""Selection of the functions that a source change affects, by the imports of their entry points."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
from grimp import ImportGraph
from grimp.exceptions import GrimpException


def concerned(package: str, handlers: Mapping[str, str], sources: Path, changed: Iterable[Path]) -> list[str]:
    """Return the functions that import a changed file; all functions if the imports cannot be determined.

    Args:
        package: the name of the context's package.
        handlers: entry points by function name; the library's entry points load `<package>.context`.
        sources: the package's folder.
        changed: the changed files in this folder.
    """
    files = list(changed)
    if any(file.suffix != ".py" for file in files):
        return list(handlers)
    try:
        graph = grimp.build_graph(package, cache_dir=None)
    except GrimpException:
        return list(handlers)
    modules = {_module(package, file.relative_to(sources)) for file in files}
    return [name for name, handler in handlers.items() if modules & _imported(graph, package, handler)]


def _module(package: str, file: Path) -> str:
    parts = (package, *file.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(graph: ImportGraph, package: str, handler: str) -> set[str]:
    """Return the package's modules that an entry point imports, and their parent packages."""
    module = handler.rpartition(".")[0]
    root = module if module in graph.modules else f"{package}.context"
    found = {root, *graph.find_upstream_modules(root)}
    return found | {parent for name in found for parent in _parents(name)}


def _parents(module: str) -> Iterable[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))
