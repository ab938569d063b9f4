"""Convert the patterns of AWS's models from Java's syntax to Python's.

AWS matches the whole text, with or without anchors. As in Java, `\\w` and `\\d` match only ASCII characters.
"""

import re
import unicodedata
from functools import cache

CLASSES = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{Z}": " "}
"""The ASCII characters of Unicode's classes. Other letters, digits and spaces are replaced by such a character."""

_LIKE = {"L": "a", "N": "0", "Z": " "}


def matches(pattern: str, value: str) -> bool:
    """Return whether a text matches a pattern of AWS's models. A pattern that Python cannot compile matches every text.

    A test checks that the patterns of all types in `KINDS` compile, and that none uses another class.
    """
    if r"\p{" in pattern:
        value = "".join(map(_in_ascii, value))
    compiled = as_python(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@cache
def as_python(pattern: str) -> re.Pattern[str] | None:
    """Return a Java pattern as Python's, or None."""
    for java, python in CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        # After a class, a hyphen is literal in Java and a broken range in Python.
        return re.compile(re.sub(r"(\\[wds])-(?!\])", r"\1\\-", pattern), re.ASCII)
    except re.error:
        return None


def _in_ascii(character: str) -> str:
    return character if character.isascii() else _LIKE.get(unicodedata.category(character)[0], character)
