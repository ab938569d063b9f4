"""Loader for modules of the library that need only the standard library: a bake does not install the library."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from .library import CODE


def alone(distribution: str, name: str) -> ModuleType:
    """Load a module or package of the library, such as ``command.deferred`` of the distribution in the folder ``cli``.

    ``name`` has the folder in the distribution's package, if any, the module or package in it, and optionally a module
    of that package, as in ``views.pages.api``.
    """
    outer, inner = name.split(".")[:2], name.split(".")[2:]
    loaded = _loaded(distribution, *outer)
    return import_module(".".join((loaded.__name__, *inner))) if inner else loaded


@cache
def _loaded(distribution: str, *outer: str) -> ModuleType:
    folder, known = CODE[distribution].joinpath(*outer), f"alone_{outer[-1]}"
    file, inner = (folder / "__init__.py", [str(folder)]) if folder.is_dir() else (folder.with_suffix(".py"), None)
    spec = spec_from_file_location(known, file, submodule_search_locations=inner)
    assert spec is not None and spec.loader is not None  # noqa: S101 (there is a file)
    module = module_from_spec(spec)
    sys.modules[known] = module
    spec.loader.exec_module(module)
    return module
