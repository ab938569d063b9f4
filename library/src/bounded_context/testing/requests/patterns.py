"""The patterns of AWS's models, which are Java's, as Python's.

AWS means the whole text by them, with or without anchors, and ASCII by `\\w` and `\\d`, as Java does.
"""

import re
import unicodedata
from functools import cache

CLASSES = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{Z}": " "}
"""What of Unicode's classes is ASCII; a text's other letters, digits and spaces are looked at as one of these."""

_LIKE = {"L": "a", "N": "0", "Z": " "}


def matches(pattern: str, value: str) -> bool:
    """Whether AWS takes a text for a pattern of its models. What Python cannot read as a pattern takes every text.

    Of the types in `KINDS` no pattern is such, and none has another class (a test).
    """
    if r"\p{" in pattern:
        value = "".join(map(_in_ascii, value))
    compiled = as_python(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@cache
def as_python(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern of Java's as Python's, or None."""
    for java, python in CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        # Java takes a hyphen after a class for itself, Python for a broken range.
        return re.compile(re.sub(r"(\\[wds])-(?!\])", r"\1\\-", pattern), re.ASCII)
    except re.error:
        return None


def _in_ascii(character: str) -> str:
    return character if character.isascii() else _LIKE.get(unicodedata.category(character)[0], character)
