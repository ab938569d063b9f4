"""Parts of the library that need the standard library alone, loaded by themselves: nothing else of it is here."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from .library import SOURCES


def alone(name: str) -> ModuleType:
    """Return a module of the library, such as ``usage``, a package (``drawing``), or one within it (``pages.api``)."""
    outer, dot, inner = name.partition(".")
    loaded = _loaded(outer)
    return import_module(f"{loaded.__name__}.{inner}") if dot else loaded


@cache
def _loaded(name: str) -> ModuleType:
    folder, known = SOURCES / "src" / "bounded_context" / name, f"bounded_context_{name}"
    file, inner = (folder / "__init__.py", [str(folder)]) if folder.is_dir() else (folder.with_suffix(".py"), None)
    spec = spec_from_file_location(known, file, submodule_search_locations=inner)
    assert spec is not None and spec.loader is not None  # noqa: S101 (there is a file)
    module = module_from_spec(spec)
    sys.modules[known] = module
    spec.loader.exec_module(module)
    return module
