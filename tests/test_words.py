"""How a name is written."""

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from template.answers import check
from template.words import columns, constant, display, plain, plural, slug, snake

PASCAL_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
PASCAL = st.from_regex(PASCAL_NAME, fullmatch=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Payment", "payment"),
        ("DirectDebit", "direct_debit"),
        ("VATReturn", "vat_return"),
        ("B2BOrder", "b2b_order"),
        ("Payment2", "payment2"),
        ("Route53Zone", "route53_zone"),
        ("OrderX", "order_x"),
        ("TaxIDs", "tax_ids"),
        ("TaxIDsList", "tax_ids_list"),
    ],
)
def test_snake_keeps_acronyms_and_numbers_together(name: str, expected: str) -> None:
    """Acronyms are one word."""
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "singular", "title", "many"),
    [
        ("Payment", "payment", "Payment", "payments"),
        ("VATReturn", "VAT return", "VAT return", "VAT returns"),
        ("DirectDebit", "direct debit", "Direct debit", "direct debits"),
        ("B2BOrder", "B2B order", "B2B order", "B2B orders"),
        ("TaxID", "tax ID", "Tax ID", "tax IDs"),
        ("OrderX", "order X", "Order X", "order xs"),
    ],
)
def test_people_read_words_with_their_acronyms(name: str, singular: str, title: str, many: str) -> None:
    """In a sentence, as a title, and more than one of them."""
    assert (plain(name), display(name), plain(plural(name))) == (singular, title, many)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Category", "Categories"),
        ("Box", "Boxes"),
        ("Branch", "Branches"),
        ("Wish", "Wishes"),
        ("Wolf", "Wolves"),
        ("Tariff", "Tariffs"),
        ("Proof", "Proofs"),
        ("Safe", "Safes"),
        ("Address", "Addresses"),
        ("Bus", "Buses"),
        ("Buzz", "Buzzes"),
        ("Day", "Days"),
        ("Query", "Queries"),
        ("Analysis", "Analyses"),
        ("Photo", "Photos"),
        ("StockItem2", "StockItem2s"),
    ],
)
def test_regular_plurals(name: str, expected: str) -> None:
    """The default of the answer; a user types what English does otherwise."""
    assert plural(name) == expected


@given(PASCAL)
def test_a_plural_is_another_name(name: str) -> None:
    """One and many never share an identifier."""
    assert snake(plural(name)) != snake(name)
    assert PASCAL_NAME.fullmatch(plural(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Payment", 7), ("支払い", 6), ("Ü", 1), ("U\u0308", 1), ("👩\u200d👧", 4), ("❤\ufe0f", 1), ("", 0)],
)
def test_letters_of_east_asia_take_two_columns(text: str, expected: int) -> None:
    """As editors, terminals and ruff count them."""
    assert columns(text) == expected


@given(PASCAL)
def test_every_name_has_names_that_python_and_aws_accept(name: str) -> None:
    """A PascalCase name gives identifiers and a slug without doubled or dangling separators."""
    assert snake(name).isidentifier()
    assert constant(name).isidentifier()
    assert snake(name).replace("_", "") == name.lower()
    for word in slug(name).split("-") + plain(name).split(" "):
        assert word.isalnum()


@given(PASCAL)
def test_an_accepted_context_name_is_no_keyword(name: str) -> None:
    """Whatever the rules let through is usable as a class and as a package."""
    if not check({"context_name": name}):
        assert not keyword.iskeyword(name)
        assert not keyword.iskeyword(snake(name))
        assert len(snake(name)) <= 20
