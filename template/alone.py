"""Loader for modules of the library that need only the standard library: a bake does not install the library."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from .library import SOURCES


def alone(name: str) -> ModuleType:
    """Load a module or package of the library's tools, such as ``command.deferred``.

    ``name`` has the folder below ``tools``, the module or package in it, and optionally a module of that package, as in
    ``views.pages.api``.
    """
    folder, outer, *inner = name.split(".")
    loaded = _loaded(folder, outer)
    return import_module(".".join((loaded.__name__, *inner))) if inner else loaded


@cache
def _loaded(floor: str, name: str) -> ModuleType:
    folder, known = SOURCES / "src" / "bounded_context" / "tools" / floor / name, f"bounded_context_{name}"
    file, inner = (folder / "__init__.py", [str(folder)]) if folder.is_dir() else (folder.with_suffix(".py"), None)
    spec = spec_from_file_location(known, file, submodule_search_locations=inner)
    assert spec is not None and spec.loader is not None  # noqa: S101 (there is a file)
    module = module_from_spec(spec)
    sys.modules[known] = module
    spec.loader.exec_module(module)
    return module
