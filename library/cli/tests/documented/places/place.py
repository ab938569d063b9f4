"""A place that applies documented rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..rules import Rule

Violation = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A place.

    Attributes:
        proof: the kind of proof in one sentence, for the page of the rules.
        codes: returns the codes of the faults that the place detects in a violation of a rule.
    """

    proof: str
    codes: Callable[[Rule, Violation], set[str]]
