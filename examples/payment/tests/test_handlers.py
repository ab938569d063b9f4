"""The entry points, on a table of this process: messages in, answers out."""

from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions

from payment.context import PAYMENT
from payment.handlers import get_payment, register_payment

VALUES = Samples(PAYMENT).values(1)
MESSAGE = {"idempotency_key": "key-1", "payload": VALUES}
EMPTY = {"idempotency_key": "key-1", "payload": {}}
ASKED = {"payload": {"payment_id": VALUES["payment_id"]}}


def test_a_command_is_done_once_however_often_it_is_sent(functions: Functions):
    answers = [functions.invoke(register_payment, MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_what_was_created_is_found(functions: Functions):
    created = functions.invoke(register_payment, MESSAGE)
    found = functions.invoke(get_payment, ASKED)
    assert found["payment"] == created["payment"]


def test_a_bad_command_is_refused_in_words(functions: Functions):
    answer = functions.invoke(register_payment, EMPTY)
    assert answer["error"]["code"] == "invalid"
    assert "payment_id" in answer["error"]["detail"]
