"""What each command does to the aggregate."""

from typing import Any

import pytest

from payment.domain.events import FIRST, REACHED
from payment.domain.model import ID, AlreadyExists, IllegalMove, NotFound, VersionConflict

from tests import samples
from tests.commands import CHANGES, CREATE, DELETE
from tests.fakes import FakePayments

ON_EXISTING = [*CHANGES, DELETE]


def _create(payments: FakePayments, n: int = 1) -> str:
    command, use_case = CREATE
    return use_case(command.model_validate(samples.values(n)), payments).id


def _existing(command: Any, identity: str, expected_version: int | None = None) -> Any:
    return command.model_validate({ID: identity, "expected_version": expected_version})


def test_creating_stores_the_first_version():
    """A created aggregate can be found, at version 1, in its first status."""
    payments = FakePayments()
    identity = _create(payments)
    assert payments.get(identity) == samples.payment(1, status=FIRST)


def test_creating_twice_is_refused():
    """An identity is taken once."""
    payments = FakePayments()
    _create(payments)
    with pytest.raises(AlreadyExists, match="exists already"):
        _create(payments)


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_a_change_moves_the_status_and_counts_the_version(command: Any, use_case: Any):
    """The stored aggregate is the changed one."""
    payments = FakePayments()
    changed = use_case(_existing(command, _create(payments), 1), payments)
    assert payments.get(changed.id) == changed
    assert changed.version == 2
    assert changed.status in REACHED


@pytest.mark.parametrize(("command", "use_case"), CHANGES)
def test_the_same_change_again_is_refused(command: Any, use_case: Any):
    """It would be an event for nothing."""
    payments = FakePayments()
    identity = _create(payments)
    use_case(_existing(command, identity), payments)
    with pytest.raises(IllegalMove):
        use_case(_existing(command, identity), payments)


def test_deleting_removes_it():
    """Nothing is left to be found."""
    payments = FakePayments()
    command, use_case = DELETE
    identity = _create(payments)
    use_case(_existing(command, identity), payments)
    with pytest.raises(NotFound):
        payments.get(identity)


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_nothing_is_refused(command: Any, use_case: Any):
    """Only what exists can be changed."""
    with pytest.raises(NotFound, match="does not exist"):
        use_case(_existing(command, "nobody"), FakePayments())


@pytest.mark.parametrize(("command", "use_case"), ON_EXISTING)
def test_a_command_on_an_old_version_is_refused(command: Any, use_case: Any):
    """Who decided on an old state must look again."""
    payments = FakePayments()
    identity = _create(payments)
    with pytest.raises(VersionConflict, match="no longer at version 7"):
        use_case(_existing(command, identity, 7), payments)
