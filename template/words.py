"""Forms of a name for code and for texts. Standard library only: cookiecutter's process imports this module."""

from __future__ import annotations

import re
import unicodedata

# The start of a word: a capital after a small letter, or the last capital of a run of capitals (VAT|Return), unless
# only the s of a plural follows (TaxIDs).
_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z](?!s(?![a-z]))[a-z])")
_ACRONYM = re.compile(r"[A-Z]([A-Z0-9]+s?)?")

_UNSEEN = ("Mn", "Me", "Cf")
"""Unicode categories of characters without a column: accents, and joiners of letters and emoji."""

_ENDINGS = (
    (re.compile(r"(?<=[A-Z0-9])$"), "s"),  # TaxIDs
    (re.compile(r"(?<=[^aeiou])y$"), "ies"),  # Categories, but Days
    (re.compile(r"(?<=s)is$"), "es"),  # Analyses
    (re.compile(r"(?<=l)f$"), "ves"),  # Shelves, but Tariffs and Proofs
    (re.compile(r"(?<=[sxz])$|(?<=[cs]h)$"), "es"),  # Boxes, Branches, Addresses
    (re.compile("$"), "s"),
)
"""Plural endings of English nouns; the first match is used. Irregular plurals (People) are typed by the user."""

_SINGULARS = (
    (re.compile("ies$"), "y"),
    (re.compile("(?<=l)ves$"), "f"),
    (re.compile("(?<=[xz])es$|(?<=ss)es$|(?<=[cs]h)es$"), ""),
    (re.compile("s$"), ""),
)
"""The regular endings in the other direction; the user decides, because some singulars (Series) end like plurals."""


def snake(name: str) -> str:
    """Return a PascalCase name in snake_case: ``VATReturn`` becomes ``vat_return``."""
    return _BOUNDARY.sub("_", name).lower()


def constant(name: str) -> str:
    """Return a PascalCase name in CONSTANT_CASE: ``VATReturn`` becomes ``VAT_RETURN``."""
    return snake(name).upper()


def slug(name: str) -> str:
    """Return a PascalCase name in kebab-case, for AWS and PyPI: ``VATReturn`` becomes ``vat-return``."""
    return snake(name).replace("_", "-")


def plain(name: str) -> str:
    """Return a PascalCase name as words of a sentence, with its acronyms: ``VATReturn`` becomes ``VAT return``."""
    return " ".join(word if _ACRONYM.fullmatch(word) else word.lower() for word in _BOUNDARY.sub(" ", name).split(" "))


def split_name(name: str) -> list[str]:
    """Return the words of a PascalCase name: ``VATReturn`` becomes ``VAT`` and ``Return``."""
    return _BOUNDARY.sub(" ", name).split()


def display(name: str) -> str:
    """Return a PascalCase name as a title: ``DirectDebit`` becomes ``Direct debit``."""
    return name[:1] + plain(name)[1:]


def plural(name: str) -> str:
    """Return the regular plural of a PascalCase name: ``Category`` becomes ``Categories``."""
    return next(ending.sub(letters, name, count=1) for ending, letters in _ENDINGS if ending.search(name))


def singular(name: str) -> str:
    """Return the singular of a PascalCase name that may be a regular plural; an empty string for other names."""
    if not re.search("[^s]s$", name) or re.search("[ui]s$", name):  # Address, Status, Analysis
        return ""
    return next(ending.sub(letters, name) for ending, letters in _SINGULARS if ending.search(name))


def columns(text: str) -> int:
    """Return the width of a text in an editor or a terminal; East Asian characters take two columns."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in _UNSEEN:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
