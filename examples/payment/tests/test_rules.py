"""The business rules, without AWS: the result and the rejections of each command."""

import pytest
from bounded_context import AlreadyExists, IllegalMove, NotFound, VersionConflict
from bounded_context.testing import InMemory, Samples

from payment.commands import DeletePayment, RegisterPayment, VerifyPayment
from payment.context import PAYMENT
from payment.model import Status
from payment.use_cases import delete_payment, register_payment, verify_payment

samples = Samples(PAYMENT)
SAMPLE = samples.aggregate(1)


@pytest.fixture
def payments():
    return InMemory(PAYMENT).aggregates


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
