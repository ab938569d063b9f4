"""The declaration of exports."""

from dataclasses import replace
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import BadContext
from bounded_context.declaration import measures
from bounded_context.declaration.entry_points import entry_point
from tests.contexts import ORDER
from tests.exports import DAILY, EXPORTING

KNOWN = "order_id, customer_id, weight, pieces, express, wanted_on, packed_by, parcels, status, created_at, changed_at"
SCHEDULE = (
    'write a schedule of EventBridge Scheduler in UTC, such as "cron(0 18 * * ? *)" or "rate(1 day)", at most once an '
    "hour."
)


def _when(when: Any) -> tuple[Any, str]:
    return (replace(DAILY, when=when),), f"exports: daily: when is {when!r}: {SCHEDULE}"


BAD: dict[str, tuple[Any, str]] = {
    "no tuple": (DAILY, f"exports is {DAILY!r}: write (Export(...),), with a comma."),
    "two of a name": ((DAILY, DAILY), "exports has 'daily' twice: name each once."),
    "a bad name": (
        (replace(DAILY, name="all-orders"),),
        "exports: the name is 'all-orders': write at most 32 characters in snake_case.",
    ),
    "no fields": ((replace(DAILY, fields=()),), "exports: daily: fields is (): write a tuple of at least one name."),
    "a text in place of fields": (
        (replace(DAILY, fields="order_id"),),  # pyrefly: ignore[bad-argument-type]
        "exports: daily: fields is 'order_id': write a tuple of at least one name.",
    ),
    "no partners": (
        (replace(DAILY, partners=()),),
        "exports: daily: partners is (): write a tuple of at least one name.",
    ),
    "a field twice": (
        (replace(DAILY, fields=("order_id", "order_id")),),
        "exports: daily: fields has 'order_id' twice: name each once.",
    ),
    "an unknown field": (
        (replace(DAILY, fields=("order_id", "total")),),
        f"exports: daily: 'total' is not a field of Order: write any of {KNOWN}.",
    ),
    "a bad partner": (
        (replace(DAILY, partners=("Acme",)),),
        "exports: daily: the partner is 'Acme': write 3 to 32 lower-case letters, digits and hyphens.",
    ),
    **{
        f"the schedule {when}": _when(when)
        for when in ("0 18 * * *", "cron(0 18 * * * *)", "cron(*/5 18 * * ? *)", "rate(5 minutes)", "rate(2 day)", None)
    },
}


@pytest.mark.parametrize(("exports", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_export_is_refused(exports: Any, sentence: str):
    with pytest.raises(BadContext) as refused:
        replace(ORDER, exports=exports)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("when", ["cron(30 6 ? * MON-FRI *)", "cron(0 8 1,15 * ? *)", "rate(1 day)", "rate(12 hours)"])
def test_a_schedule_is_accepted(when: str):
    assert replace(ORDER, exports=(replace(DAILY, when=when),)).exports


def test_a_context_without_lists_has_no_server_for_exports():
    with pytest.raises(BadContext, match="exports is declared, and the context has no lists"):
        replace(EXPORTING, verification=None, queried_by=())


def test_the_function_and_the_metrics_follow_from_exports():
    """A context without exports has none of them."""
    assert "export_files" in EXPORTING.functions
    assert entry_point(EXPORTING, "export_files") == "bounded_context.handlers.export_files.lambda_handler"
    assert EXPORTING.indexes == ORDER.indexes
    assert set(EXPORTING.measures.all) - set(ORDER.measures.all) == measures.OF_EXPORTS
    assert "export_files" not in ORDER.functions
    assert not measures.OF_EXPORTS & {*PAYMENT.measures.all}
