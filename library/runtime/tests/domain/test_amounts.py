"""Sums of what a list is worth, for aggregates of any make."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bounded_context import Context
from bounded_context.domain.fields import Amount, Currency, Identifier, kind_of
from bounded_context.domain.lists import APART, NONE, OTHER, Amounts, currencies
from bounded_context.testing import Samples
from tests.contexts import over_contexts


class Invoice(BaseModel):
    """Two decimals, two currencies: sums are told apart by the first."""

    number: Identifier
    net: Amount
    billed_in: Currency
    vat: Amount
    paid_in: Currency


class Parcel(BaseModel):
    """A decimal, and no currency to tell it apart by."""

    number: Identifier
    weight: Amount


class Visit(BaseModel):
    """Nothing to sum up."""

    number: Identifier


def _amounts(model: type[BaseModel]) -> Amounts:
    kinds = {name: kind_of(field) for name, field in model.model_fields.items()}
    decimals = [name for name, kind in kinds.items() if kind == "decimal"]
    return Amounts(decimals, next((name for name, kind in kinds.items() if kind == "currency"), None))


def test_every_decimal_is_summed_by_the_first_currency():
    """Each field for itself."""
    amounts = _amounts(Invoice)
    amounts.add([{"net": "0.10", "vat": "1", "billed_in": "EUR", "paid_in": "USD"}] * 3)
    amounts.add([{"net": "2.00", "vat": "0.5", "billed_in": "USD", "paid_in": "USD"}])
    assert amounts.sums() == {
        "net": {"EUR": Decimal("0.30"), "USD": Decimal("2.00")},
        "vat": {"EUR": Decimal(3), "USD": Decimal("0.5")},
    }


def test_without_a_currency_there_is_one_sum():
    """A weight is a weight."""
    amounts = _amounts(Parcel)
    amounts.add([{"weight": "1.5"}, {"weight": "2"}])
    assert amounts.sums() == {"weight": {NONE: Decimal("3.5")}}
    assert currencies(None) == (NONE,)


def test_without_a_decimal_there_is_no_sum():
    """Not even the rows are looked at."""
    amounts = _amounts(Visit)
    amounts.add([{}])
    assert amounts.sums() == {}


@given(st.lists(st.from_regex(r"[A-Z]{3}", fullmatch=True)))
def test_a_file_cannot_make_more_sums_than_there_are_currencies_apart(codes: list[str]):
    """Whatever a partner writes, and none of it is lost."""
    amounts = _amounts(Invoice)
    amounts.add({"net": "1.00", "vat": "1.00", "billed_in": currency} for currency in codes)
    sums = amounts.sums()["net"]
    assert set(sums) <= set(currencies("billed_in")) == {*APART, OTHER}
    assert sum(sums.values()) == len(codes)


@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_sums_are_exact(rows: int):
    """Of the largest amounts too, where a float would lose the cents."""
    amounts = _amounts(Parcel)
    amounts.add([{"weight": "9999999999999.99"}] * rows)
    assert amounts.sums() == {"weight": {NONE: Decimal("9999999999999.99") * rows}}


@over_contexts
def test_a_contexts_own_rows_can_be_summed(context: Context[Any]):
    """Its fields are found by their kind."""
    amounts, samples = context.sums(), Samples(context)
    amounts.add([samples.values(1), samples.values(2)])
    name = NONE if context.currency is None else "EUR"
    assert amounts.sums() == {field: {name: Decimal("4.00")} for field in context.amounts}
    assert context.amounts
