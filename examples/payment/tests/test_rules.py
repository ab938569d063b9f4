"""The commands: their functions, and the results and rejections of their rules."""

import typing

import pytest
from bounded_context import AlreadyExists, IllegalMove, NotFound, VersionConflict
from bounded_context.testing import InMemory, Samples
from bounded_context.testing.functions import Functions

from payment.commands import DeletePayment, RegisterPayment, VerifyPayment
from payment.context import PAYMENT
from payment.model import Status
from payment.use_cases import delete_payment, register_payment, verify_payment

if typing.TYPE_CHECKING:
    from bounded_context_local.testing.running import Running

samples = Samples(PAYMENT)
SAMPLE = samples.aggregate(1)
MESSAGE = {"idempotency_key": "key-1", "payload": samples.values(1)}


@pytest.fixture
def payments():
    return InMemory(PAYMENT).aggregates


def test_the_function_repeats_the_answer_of_a_command(functions: Functions):
    answers = [functions.invoke("register_payment", MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_the_function_returns_a_created_payment(functions: Functions):
    created = functions.invoke("register_payment", MESSAGE)
    answer = functions.invoke("get_payment", {"payload": {"payment_id": SAMPLE.id}})
    assert answer["payment"] == created["payment"]


def test_the_function_rejects_a_bad_command_with_the_field(functions: Functions):
    answer = functions.invoke("register_payment", {**MESSAGE, "payload": {}})
    assert answer["error"]["code"] == "invalid"
    assert "payment_id" in answer["error"]["detail"]


def test_each_subscriber_receives_the_event(running: "Running"):
    """Run by `uv run context e2e`, on the embedded AWS."""
    [details] = running.rows(1)
    assert running.invoke("register_payment", details)["ok"]
    for received in running.events(details["payment_id"]).values():
        assert [event["type"] for event in received] == ["PaymentRegistered"]


def test_a_payment_is_created_once(payments):
    command = RegisterPayment.model_validate(samples.values(1))
    created = register_payment(command, payments)
    assert (created.status, created.version) == (Status.REGISTERED, 1)
    assert payments.get(created.id) == created
    with pytest.raises(AlreadyExists):
        register_payment(command, payments)


def test_verify_payment_leaves_the_next_version(payments):
    payments.add(samples.aggregate(1, status=Status.REGISTERED))
    command = VerifyPayment(payment_id=SAMPLE.id)
    changed = verify_payment(command, payments)
    assert (changed.status, changed.version) == (Status.VERIFIED, 2)
    assert payments.get(SAMPLE.id) == changed
    with pytest.raises(IllegalMove):
        verify_payment(command, payments)


def test_a_deleted_payment_is_not_found(payments):
    payments.add(SAMPLE)
    command = DeletePayment(payment_id=SAMPLE.id)
    assert delete_payment(command, payments) == SAMPLE
    with pytest.raises(NotFound):
        delete_payment(command, payments)


def test_a_command_for_another_version_is_rejected(payments):
    payments.add(SAMPLE)
    command = DeletePayment(payment_id=SAMPLE.id, expected_version=2)
    with pytest.raises(VersionConflict):
        delete_payment(command, payments)
    assert payments.get(SAMPLE.id) == SAMPLE
