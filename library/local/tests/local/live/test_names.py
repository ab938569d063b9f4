"""Names as people type them."""

import pytest

from bounded_context_local.live.function import NoSuchName, chosen

FUNCTIONS = ["register_payment", "verify_payment", "on_event"]


@pytest.mark.parametrize("name", ["register_payment", "register-payment", "RegisterPayment"])
def test_a_name_is_accepted_in_each_of_its_forms(name: str):
    """In code, on AWS, and as a command."""
    assert chosen("function", name, FUNCTIONS) == "register_payment"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("verify_paiment", "write verify_payment or register_payment."),
        ("zzz", "register_payment, verify_payment or"),
    ],
)
def test_a_wrong_name_is_refused_with_similar_names(name: str, near: str):
    """Or with all of them, if none is close."""
    with pytest.raises(NoSuchName, match=near):
        chosen("function", name, FUNCTIONS)
