"""The entry points, with a table in memory."""

from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions

from payment.context import PAYMENT

VALUES = Samples(PAYMENT).values(1)
MESSAGE = {"idempotency_key": "key-1", "payload": VALUES}
EMPTY = {"idempotency_key": "key-1", "payload": {}}
QUERY = {"payload": {"payment_id": VALUES["payment_id"]}}


def test_a_repeated_command_has_the_same_answer(functions: Functions):
    answers = [functions.invoke("register_payment", MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_a_created_payment_is_found(functions: Functions):
    created = functions.invoke("register_payment", MESSAGE)
    found = functions.invoke("get_payment", QUERY)
    assert found["payment"] == created["payment"]


def test_a_bad_command_is_rejected_with_the_field(functions: Functions):
    answer = functions.invoke("register_payment", EMPTY)
    assert answer["error"]["code"] == "invalid"
    assert "payment_id" in answer["error"]["detail"]
