"""Clashes: the reasons why a context, a command or a field may not have its name. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import TYPE_CHECKING, Final

from . import reserved
from .words import snake

if TYPE_CHECKING:
    from .answers import Command

TEST: Final = "Test"
"""The start of the names of classes that pytest collects; it collects functions that start with ``test``."""

_PACKAGES = (
    (reserved.DISTRIBUTIONS, "every repository installs a package {}"),
    (reserved.MODULES, "Python, or a package of every repository, has a module {}"),
    (reserved.FOLDERS, "every repository has a folder {}"),
)
"""Names that a context's package would hide or replace, each with the reason."""


def of_context(name: str) -> str:
    """Return the reason why a context may not have this name; an empty string if it may."""
    word, classes = snake(name), _forms(reserved.CLASSES_OF_CONTEXT, name) & reserved.CLASSES
    if words := {name, word} & reserved.WORDS:
        return f"{min(words)} is a reserved word"
    if reasons := [reason.format(word) for names, reason in _PACKAGES if word in names]:
        return reasons[0]
    if classes:
        return f"the library has a class {min(classes)}"
    return f"the code has a variable {word}" if word in reserved.VARIABLES else ""


def of_field(name: str) -> str:
    """Return the reason why no field may have this name; an empty string if a field may."""
    if iskeyword(name):
        return f"{name} is a reserved word of Python"
    if name in reserved.AMBIGUOUS:
        return f"{name} looks like a digit (ruff's E741)"
    if name in reserved.FIELDS:
        return f"every item or model has a {name}"
    return "pydantic has methods with that start" if name.startswith(reserved.PROTECTED) else ""


def of_command(command: Command, plural: str) -> str:
    """Return the reason why a command may not have its name; an empty string if it may."""
    word, context = command.snake, command.context
    package, many = snake(context), snake(plural)
    if command.name.isupper():
        return f"{command.name} is written like a constant"
    if words := {command.name, word} & reserved.WORDS:
        return f"{min(words)} is a reserved word"
    if word in _forms(reserved.QUERIES_OF_CONTEXT, package) | _forms(reserved.QUERIES_OF_PLURAL, many):
        return f"{word} is a query of every context"
    if word == many:
        return f"{many} is the name of the repository of aggregates"
    if command.name in reserved.CLASSES:
        return f"the library has a class {command.name}"
    if word in reserved.DEPLOYED:
        return f"the library has a function {word}"
    if word in reserved.FUNCTIONS | _forms(reserved.NAMES_OF_CONTEXT, package):
        return f"the code has a variable or a function {word}"
    if command.name.startswith(TEST):
        return f"pytest runs what starts with {TEST}"
    return f"events and models start with {context}" if command.name.startswith(context) else ""


def _forms(forms: Iterable[str], name: str) -> set[str]:
    return {form.format(name) for form in forms}
