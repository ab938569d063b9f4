"""The page of open questions: the rule needs an account.

    violation = { entry = "**Temporary names.**", symptom = "a list is imported twice" }

The code is the rule's id, if the entry of the page has the symptom.
"""

from typing import Final

from bounded_context_cli.docs import page

from ..rules import Rule
from .place import Place, Violation


def _codes(rule: Rule, violation: Violation) -> set[str]:
    text = " ".join(page("account").split())
    _, separator, after = text.partition(violation["entry"])
    entry = after.partition(" **")[0]
    return {rule.id} if separator and "*Wrong if" in entry and violation["symptom"] in entry else set()


PLACE: Final = Place(
    "No place can apply the rule: [account.md](account.md) has an entry with a command, the symptom and a remedy.",
    _codes,
)
