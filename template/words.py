"""One name, written as code and as people need it. Standard library only: cookiecutter's process imports this."""

from __future__ import annotations

import re
import unicodedata

# Where a new word starts: a capital after a small letter, or the last capital of a run of capitals (VAT|Return), unless
# all that follows it is the s of a plural (TaxIDs).
_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z](?!s(?![a-z]))[a-z])")
_ACRONYM = re.compile(r"[A-Z]([A-Z0-9]+s?)?")

_UNSEEN = ("Mn", "Me", "Cf")
"""Categories of Unicode whose signs change others and take no column: accents, and what joins letters and emoji."""

_ENDINGS = (
    (re.compile(r"(?<=[A-Z0-9])$"), "s"),  # TaxIDs
    (re.compile(r"(?<=[^aeiou])y$"), "ies"),  # Categories, but Days
    (re.compile(r"(?<=s)is$"), "es"),  # Analyses
    (re.compile(r"(?<=l)f$"), "ves"),  # Shelves, but Tariffs and Proofs
    (re.compile(r"(?<=[sxz])$|(?<=[cs]h)$"), "es"),  # Boxes, Branches, Addresses
    (re.compile("$"), "s"),
)
"""How English nouns end in the plural, the first that fits; what is irregular (People) is the user's to type."""


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
    """Return a PascalCase name as words of a sentence, acronyms as they are: ``VATReturn`` becomes ``VAT return``."""
    return " ".join(word if _ACRONYM.fullmatch(word) else word.lower() for word in _BOUNDARY.sub(" ", name).split(" "))


def display(name: str) -> str:
    """Return a PascalCase name as a title: ``DirectDebit`` becomes ``Direct debit``."""
    return name[:1] + plain(name)[1:]


def plural(name: str) -> str:
    """Return the regular plural of a PascalCase name: ``Category`` becomes ``Categories``."""
    return next(ending.sub(letters, name, count=1) for ending, letters in _ENDINGS if ending.search(name))


def columns(text: str) -> int:
    """Return how wide a text is in an editor or a terminal, where East Asian characters take two columns."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in _UNSEEN:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
