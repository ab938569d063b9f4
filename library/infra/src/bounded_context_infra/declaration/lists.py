"""The contradictions of the approval of a context's lists."""

from collections.abc import Iterator
from typing import Any

from bounded_context.declaration.structure import Structure
from bounded_context.domain.lists import MOST_DAYS


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the approval."""
    approval = context.approval
    if approval is None:
        return
    if not context.has_lists:
        yield "approval is declared, and the context has no lists, since verification is None: remove it."
    if type(approval.days) is not int or not 1 <= approval.days <= MOST_DAYS:
        yield f"approval: days is {approval.days!r}: write a whole number from 1 to {MOST_DAYS}."
    try:
        answer = approval.rule(context.totals(context.sums().sums()))
    except Exception as error:
        fault = f"its rule raised {type(error).__name__}: {error}, for a list without rows"
        yield f"approval: {fault}: let it return True or False for all totals."
        return
    if not isinstance(answer, bool):
        yield f"approval: its rule returned {answer!r}: let it return True or False."
