"""One name, written the ways that code needs it. Standard library only: cookiecutter's own process imports this."""

from __future__ import annotations

import re

# Where a new word starts: a capital after a small letter, or the last capital of a run of capitals (VAT|Return).
_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """Return a PascalCase name in snake_case: ``VATReturn`` becomes ``vat_return``."""
    return _BOUNDARY.sub("_", name).lower()


def constant(name: str) -> str:
    """Return a PascalCase name in CONSTANT_CASE: ``VATReturn`` becomes ``VAT_RETURN``."""
    return snake(name).upper()


def slug(name: str) -> str:
    """Return a PascalCase name as AWS and PyPI names want it: ``VATReturn`` becomes ``vat-return``."""
    return snake(name).replace("_", "-")


def plain(name: str) -> str:
    """Return a PascalCase name as words of a sentence: ``VATReturn`` becomes ``vat return``."""
    return snake(name).replace("_", " ")
