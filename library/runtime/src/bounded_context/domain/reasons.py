"""Reasons for the rejection of a row or a list: texts for the partner, of a limited length."""

from collections.abc import Sequence
from typing import Final

REASON_CHARACTERS: Final = 1000
"""The maximum length of a reason, wherever it is recorded, published or reported.

In JSON a character takes at most 12 bytes: a reason takes 12 KB of the 256 KiB of a message (SNS API Reference,
"Publish") and of an execution's state (Step Functions Developer Guide, "Quotas"), and at most 4 KB of the 400 KB of an
item (DynamoDB Developer Guide, "Quotas"). The longest key of an object, 1,024 bytes, is in the same event twice.
"""

_CUT: Final = "..."

_VALUE_CHARACTERS: Final = 40
"""Long enough to recognise a value, short enough to keep a report readable."""

_NAMED: Final = 5
"""The number of values that a reason lists. It only counts further values."""


def shortened(reason: str) -> str:
    """Return a reason, cut to `REASON_CHARACTERS`."""
    return reason if len(reason) <= REASON_CHARACTERS else reason[: REASON_CHARACTERS - len(_CUT)] + _CUT


def shown(value: object) -> str:
    """Return the beginning of a value in quotes, with control characters escaped."""
    text = str(value)
    return repr(text if len(text) <= _VALUE_CHARACTERS else text[:_VALUE_CHARACTERS] + _CUT)


def enumerated(texts: Sequence[str]) -> str:
    """Return the first five texts, and the number of the others: ``a, b, c, d, e and 17 more``."""
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
