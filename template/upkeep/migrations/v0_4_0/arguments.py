"""Calls of `just` and of the library's modules as lists of strings in Python, such as the arguments of a process."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import libcst as cst

from .names import CONSOLE, LIBRARY, MODULES, RECIPES

Elements = Sequence[cst.BaseElement]


def arguments(module: cst.Module) -> str:
    """Return the code of a module in which lists and tuples call `context`."""
    return module.visit(_Lists()).code


class _Lists(cst.CSTTransformer):
    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        return updated_node.with_changes(elements=_replaced(updated_node.elements))

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:
        return updated_node.with_changes(elements=_replaced(updated_node.elements))


def _replaced(elements: Elements) -> Elements:
    """Replace the words `just`, RECIPE and PYTHON, `-m`, MODULE."""
    words = [_word(element) for element in elements]
    for place, (word, following) in enumerate(pairwise(words)):
        command = RECIPES.get(following) if word == "just" else _command(following) if word == "-m" and place else None
        if command is not None:
            first = place if word == "just" else place - 1
            replaced = _strings(command, elements[place + 1])
            return [*elements[:first], *_program(elements[first]), *replaced, *_replaced(elements[place + 2 :])]
    return elements


def _command(module: str) -> str | None:
    return MODULES.get(module.removeprefix(f"{LIBRARY}.")) if module.startswith(f"{LIBRARY}.") else None


def _word(element: cst.BaseElement) -> str:
    found = element.value.evaluated_value if isinstance(element.value, cst.SimpleString) else ""
    return found if isinstance(found, str) else ""


def _program(element: cst.BaseElement) -> Elements:
    """Return the words that start `context`, for `just`, a Python by name, or an expression such as sys.executable."""
    if _word(element):
        return _strings("context")
    return [element, *_strings(f"-m {CONSOLE}")]


def _strings(command: str, last: cst.BaseElement | None = None) -> list[cst.Element]:
    """Return the words of a command. The last one gets the comma of the last replaced element."""
    words = [cst.Element(cst.SimpleString(f'"{word}"'), _COMMA) for word in command.split()]
    if isinstance(last, cst.Element) and words:
        words[-1] = words[-1].with_changes(comma=last.comma)
    return words


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
