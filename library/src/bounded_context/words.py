"""One name, written as code and as AWS needs it."""

import re
from collections.abc import Iterable
from datetime import datetime

# Where a new word starts: a capital after a small letter, or the last capital of a run of capitals (VAT|Return), unless
# all that follows it is the s of a plural (TaxIDs).
_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z](?!s(?![a-z]))[a-z])")

_ACRONYM = re.compile(r"[A-Z]([A-Z0-9]+s?)?")


def snake(name: str) -> str:
    """Return a PascalCase name in snake_case: ``VATReturn`` becomes ``vat_return``."""
    return _BOUNDARY.sub("_", name).lower()


def plain(name: str) -> str:
    """Return a PascalCase name as words of a sentence, acronyms as they are: ``VATReturn`` becomes ``VAT return``."""
    return " ".join(word if _ACRONYM.fullmatch(word) else word.lower() for word in _BOUNDARY.sub(" ", name).split(" "))


def kebab(name: str) -> str:
    """Return a name in snake_case as AWS's names and paths have it: ``vat_return`` becomes ``vat-return``."""
    return name.replace("_", "-")


def either(names: Iterable[str]) -> str:
    """Return names as a sentence offers them: ``A, B or C``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def minute(time: datetime) -> str:
    """Return a time of UTC as people read it: ``2026-01-31 12:00 UTC``."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
