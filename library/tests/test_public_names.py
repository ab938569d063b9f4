"""What the library offers: a change of a name or of a signature is seen as one, and is a new version."""

import importlib
import inspect
import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bounded_context.declaration.structure import Structure
from bounded_context_cli import docs
from tests.signatures import HEADING, section

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
    namespace = importlib.import_module(module)
    for name in sorted(namespace.__all__):
        value = getattr(namespace, name)
        yield f"{namespace.__name__}.{name}{_signature(value)}"
        if inspect.isclass(value) and value.__module__.startswith("bounded_context"):
            yield from (f"{namespace.__name__}.{name}.{member}" for member in sorted(_members(value)))


def _members(kind: type) -> Iterator[str]:
    for name, member in {**_inherited(kind), **vars(kind)}.items():
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, _MEMBERS)):
            yield name + _signature(getattr(kind, name))


def _inherited(kind: type) -> dict[str, Any]:
    """Return what a context inherits from the class of its fields, which is not public."""
    return dict(vars(Structure)) if issubclass(kind, Structure) else {}


def _signature(value: Any) -> str:
    if not callable(value) or (inspect.isclass(value) and issubclass(value, Enum)):
        return ""
    if inspect.isclass(value) and issubclass(value, BaseModel):
        value.model_rebuild()  # some are built on first use, and have no signature of their own before
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    # Names and kinds of parameters, and which of them may be left out: annotations are the type checker's matter.
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    shortened = [
        parameter if parameter.default is parameter.empty else parameter.replace(default=...)
        for parameter in parameters
    ]
    return str(signature.replace(parameters=shortened, return_annotation=inspect.Signature.empty))


def _text() -> str:
    return "\n".join(line for module in MODULES for line in _public(module)) + "\n"


def test_the_public_names_equal_the_snapshot() -> None:
    """Names, parameters and what may be left out."""

    if os.environ.get("WRITE_PUBLIC_NAMES"):
        KEPT.write_text(_text(), encoding="utf-8")
    assert _text().splitlines() == KEPT.read_text(encoding="utf-8").splitlines(), AGAIN


PAGE = docs.FOLDER / "library.md"


def test_the_page_has_the_signature_of_each_public_name() -> None:
    """With types and defaults, as in the code; classes with their constructor and members."""
    head, heading, printed = PAGE.read_text(encoding="utf-8").partition(f"{HEADING}\n")
    expected = "\n".join(section(module) for module in MODULES)
    if os.environ.get("WRITE_PUBLIC_NAMES"):
        introduction, printed = printed.partition("###")[0], expected
        PAGE.write_text(f"{head}{heading}{introduction}{expected}", encoding="utf-8")
    assert printed[printed.index("###") :] == expected, AGAIN


def test_a_name_of_the_snapshot_is_on_the_page() -> None:
    """Also members of classes, and `aws.shards` with the methods of its result."""
    sections = dict(
        re.findall(r"^### ([\w.]+)\n\n```python\n(.*?)^```$", docs.page("library"), re.MULTILINE | re.DOTALL)
    )
    lines = [line.partition("(")[0] for line in KEPT.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 300
    for line in lines:
        module = max((module for module in MODULES if line.startswith(f"{module}.")), key=len)
        name = line.rpartition(".")[2]
        assert re.search(rf"^ *(class |def |){name}\b[(:]", sections[module], re.MULTILINE), line
    assert "def shards(context: Context[A]) -> AggregateShards[A]\n" in sections["bounded_context.aws"]
    assert "class Slice(aggregates: Sequence[A_co], last: str | None)\n" in sections["bounded_context.aws"]


def test_every_public_name_has_a_docstring() -> None:
    """In a docstring of its own."""
    silent = [
        f"{module}.{name}"
        for module in MODULES
        for name in importlib.import_module(module).__all__
        for value in [getattr(importlib.import_module(module), name)]
        if (inspect.isclass(value) or inspect.isfunction(value)) and not (value.__doc__ or "").strip()
    ]
    assert silent == []
