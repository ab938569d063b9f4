"""Spellings of names: in code, in AWS names and in sentences."""

import re
from collections.abc import Iterable

# A new word starts at a capital after a small letter, or at the last capital of a run of capitals (VAT|Return), unless
# only the s of a plural follows (TaxIDs).
_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z](?!s(?![a-z]))[a-z])")

_ACRONYM = r"[A-Z]([A-Z0-9]+s?)?"


def snake(name: str) -> str:
    """Return a PascalCase name in snake_case: ``VATReturn`` becomes ``vat_return``."""
    return _BOUNDARY.sub("_", name).lower()


def plain(name: str) -> str:
    """Return a PascalCase name as words of a sentence, acronyms as they are: ``VATReturn`` becomes ``VAT return``."""
    return " ".join(
        word if re.fullmatch(_ACRONYM, word) else word.lower() for word in _BOUNDARY.sub(" ", name).split(" ")
    )


def kebab(name: str) -> str:
    """Return a name in snake_case in the spelling of AWS names and paths: ``vat_return`` becomes ``vat-return``."""
    return name.replace("_", "-")


def either(names: Iterable[str]) -> str:
    """Return names as alternatives of a sentence: ``A, B or C``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def instead(name: str, names: Iterable[str]) -> str:
    """Return the remedy of an unknown name: the most similar of the known names, or its removal."""
    from difflib import get_close_matches  # a valid declaration does not need the module

    return f"write {near[0]}, or remove it" if (near := get_close_matches(name, names, 1)) else "remove it"
