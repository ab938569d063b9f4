"""What the library offers: a change of a name or of a signature is seen as one, and is a new version."""

import importlib
import inspect
import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bounded_context.declaration.structure import Structure

MODULES = (
    *("bounded_context", "bounded_context.aws", "bounded_context.lists", "bounded_context.handlers"),
    *("bounded_context_infra", "bounded_context_infra.pipeline"),
    *("bounded_context.testing", "bounded_context_cli.testing"),
)
_MEMBERS = property | classmethod | staticmethod

KEPT = Path(__file__).with_name("public_names.txt")
AGAIN = (
    "what is public has changed: if that is meant, write it down with `WRITE_PUBLIC_NAMES=1 uv run pytest -n 0 "
    "library/tests/test_public_names.py`, and say it in the CHANGELOG"
)


def _public(module: str) -> Iterator[str]:
    """A line for each public name of a module, and for each public member of a class."""
    found = importlib.import_module(module)
    for name in sorted(found.__all__):
        one = getattr(found, name)
        yield f"{found.__name__}.{name}{_signature(one)}"
        if inspect.isclass(one) and one.__module__.startswith("bounded_context"):
            yield from (f"{found.__name__}.{name}.{member}" for member in sorted(_members(one)))


def _members(kind: type) -> Iterator[str]:
    for name, member in {**_inherited(kind), **vars(kind)}.items():
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, _MEMBERS)):
            yield name + _signature(getattr(kind, name))


def _inherited(kind: type) -> dict[str, Any]:
    """Return what a context inherits from the class of its fields, which is not public."""
    return dict(vars(Structure)) if issubclass(kind, Structure) else {}


def _signature(one: Any) -> str:
    if not callable(one) or (inspect.isclass(one) and issubclass(one, Enum)):
        return ""
    if inspect.isclass(one) and issubclass(one, BaseModel):
        one.model_rebuild()  # some are built on first use, and have no signature of their own before
    try:
        signature = inspect.signature(one)
    except (TypeError, ValueError):
        return ""
    # Names and kinds of parameters, and which of them may be left out: annotations are the type checker's matter.
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    shown = [one if one.default is one.empty else one.replace(default=...) for one in parameters]
    return str(signature.replace(parameters=shown, return_annotation=inspect.Signature.empty))


def _text() -> str:
    return "\n".join(line for module in MODULES for line in _public(module)) + "\n"


def test_what_is_public_is_what_was_written_down() -> None:
    """Names, parameters and what may be left out."""

    if os.environ.get("WRITE_PUBLIC_NAMES"):
        KEPT.write_text(_text(), encoding="utf-8")
    assert _text().splitlines() == KEPT.read_text(encoding="utf-8").splitlines(), AGAIN


def test_every_public_name_says_what_it_is() -> None:
    """In a docstring of its own."""
    silent = [
        f"{module}.{name}"
        for module in MODULES
        for name in importlib.import_module(module).__all__
        for one in [getattr(importlib.import_module(module), name)]
        if (inspect.isclass(one) or inspect.isfunction(one)) and not (one.__doc__ or "").strip()
    ]
    assert silent == []
