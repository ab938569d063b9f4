"""Which functions a change of the context's sources concerns: those whose entry points import what changed."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
from grimp import ImportGraph
from grimp.exceptions import GrimpException


def concerned(package: str, handlers: Mapping[str, str], sources: Path, changed: Iterable[Path]) -> list[str]:
    """Return the functions that run what changed; all of them where nobody can tell.

    Args:
        package: the name of the context's package.
        handlers: each function's entry point by the function's name; those of the library load `<package>.context`.
        sources: the package's folder.
        changed: files below it.
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
    """Return the modules of the package that an entry point imports, and the packages that they are in."""
    module = handler.rpartition(".")[0]
    root = module if module in graph.modules else f"{package}.context"
    found = {root, *graph.find_upstream_modules(root)}
    return found | {parent for one in found for parent in _parents(one)}


def _parents(module: str) -> Iterable[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))
