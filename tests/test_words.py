"""How a name is written."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from template.answers import check
from template.words import constant, plain, slug, snake

PASCAL = st.from_regex(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*", fullmatch=True)


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
    ],
)
def test_snake_keeps_acronyms_and_numbers_together(name: str, expected: str) -> None:
    """Acronyms are one word."""
    assert snake(name) == expected


@given(PASCAL)
def test_every_name_gives_names_that_python_and_aws_take(name: str) -> None:
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
