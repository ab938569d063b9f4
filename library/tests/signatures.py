"""The signatures of public names as text: the sections of the page `library`, a section for each module."""

import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, ForwardRef, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from bounded_context.application.ports import Reply, Slice, System
from bounded_context.declaration.structure import Structure

_WIDTH = 136
_LONGEST_DEFAULT = 24
_INPUT = re.compile(r"(\w+) \| Awaitable\[\1\] \| Output\[T\]")
"""Pulumi's `Input`, whose name is lost at run time."""

RESULTS = {"bounded_context.aws": (Slice, System, Reply)}
"""Classes that functions of a module return, and that have no public name."""

HEADING = "## Signatures"


def section(module: str) -> str:
    """Return a block with the signature of each public name of a module, and of the public members of its classes."""
    namespace = importlib.import_module(module)
    values = [(name, getattr(namespace, name)) for name in sorted(namespace.__all__)]
    values += [(kind.__name__, kind) for kind in RESULTS.get(module, ())]
    lines = [line for name, value in values for line in _lines(name, value)]
    return "\n".join((f"### {module}", "", "```python", *lines, "```", ""))


def _lines(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value) and not get_origin(value):
        yield from _wrapped(f"class {name}{_constructor(value)}")
        if value.__module__.startswith("bounded_context"):
            for member in sorted(_members(value)):
                yield from _wrapped(f"    {member}")
    elif inspect.isroutine(value) or hasattr(value, "__wrapped__"):
        yield from _wrapped(f"def {name}{_signature(value)}")
    else:
        kind = _text(value) if get_origin(value) or isinstance(value, TypeVar) else type(value).__name__
        yield from _wrapped(f"{name}: {kind}")


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _constructor(kind: Any) -> str:
    if issubclass(kind, Enum):
        return f"(Enum): {', '.join(kind.__members__)}"
    if getattr(kind, "_is_protocol", False):
        return "(Protocol)"
    if issubclass(kind, BaseModel):
        kind.model_rebuild()  # some are built on first use
    try:
        return _signature(kind).partition(" -> ")[0]
    except (TypeError, ValueError):
        return "(*args)"


def _members(kind: type) -> Iterator[str]:
    # A context inherits from the class of its fields, which is not public.
    inherited = dict(vars(Structure)) if issubclass(kind, Structure) else {}
    for name, member in {**inherited, **vars(kind)}.items():
        if not name.startswith("_") and isinstance(member, property):
            yield f"{name}: {_text(inspect.signature(member.fget).return_annotation)}"  # pyrefly: ignore
        elif not name.startswith("_") and (
            inspect.isfunction(member) or isinstance(member, classmethod | staticmethod)
        ):
            yield f"def {name}{_signature(getattr(kind, name))}"


class _Written:
    """A text that a signature prints as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _signature(value: Any) -> str:
    signature = inspect.signature(value)
    parameters = [
        parameter.replace(annotation=_written(parameter.annotation), default=_default(parameter.default))
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    return str(signature.replace(parameters=parameters, return_annotation=_written(signature.return_annotation)))


def _written(annotation: Any) -> Any:
    return annotation if annotation is inspect.Signature.empty else _Written(_text(annotation))


def _default(value: Any) -> Any:
    text = repr(value)
    short = len(text) <= _LONGEST_DEFAULT and not text.startswith(("<", "Pydantic"))
    return value if value is inspect.Parameter.empty or short else _Written("...")


def _text(annotation: Any) -> str:
    """Return a type as people write it: without modules, and without the metadata of pydantic."""
    if isinstance(annotation, str | ForwardRef):
        return annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation.strip("'\"")
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _text(arguments[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is Union or type(annotation).__name__ == "UnionType":
        return _INPUT.sub(r"Input[\1]", " | ".join(map(_text, arguments)))
    if isinstance(annotation, list):
        return f"[{', '.join(map(_text, annotation))}]"
    if annotation in (None, type(None)):
        return "None"
    if annotation is ...:
        return "..."
    name = getattr(origin or annotation, "__name__", str(annotation))
    return f"{name}[{', '.join(map(_text, arguments))}]" if arguments else name
