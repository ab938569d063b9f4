"""`context check` runs each rule on samples, and finds the rule that makes several changes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status

from bounded_context import Aggregates, BusinessError, Change, Command, Context, Identifier
from bounded_context_cli.promises._promise import Repository
from bounded_context_cli.promises.code import rules_make_one_change
from bounded_context_infra.configuration.project import Project, current


class Settle(Change):
    """Verify a payment and another payment."""

    payment_id: Identifier
    other_id: Identifier


def settles_both(command: Settle, payments: Aggregates[Payment]) -> Payment:
    """Verify both payments."""
    first, second = (payments.get(each).moved_to(Status.VERIFIED) for each in (command.payment_id, command.other_id))
    payments.save(first)
    payments.save(second)
    return first


def settles_one(command: Settle, payments: Aggregates[Payment]) -> Payment:
    """Verify one payment after a look at the other."""
    payments.get(command.other_id)
    changed = payments.get(command.payment_id).moved_to(Status.VERIFIED)
    payments.save(changed)
    return changed


def refuses(command: Settle, payments: Aggregates[Payment]) -> Payment:
    """Refuse the example."""
    raise BusinessError("no")


def breaks_off(command: Settle, payments: Aggregates[Payment]) -> Payment:
    """Need an environment of its own."""
    raise KeyError("NOT_SET")


def creates_two(command: Any, payments: Aggregates[Payment]) -> Payment:
    """Create a payment and its twin."""
    created = Payment(PaymentDetails.of(command), Status.REGISTERED)
    payments.add(created)
    payments.add(replace(created, details=created.details.model_copy(update={"payment_id": "twin"})))
    return created


def _context(rule: Any) -> Context[Any]:
    settles = Command.changes(Settle, rule, Status.VERIFIED, "PaymentVerified", after=(Status.REGISTERED,))
    others = (each for each in PAYMENT.commands if each.status is not Status.VERIFIED)
    return replace(PAYMENT, commands=(*others, settles), versions={})


def _sentences(context: Context[Any]) -> list[str]:
    project = Project(Path(__file__).parent, {})
    project.__dict__["context"] = context
    return list(rules_make_one_change(Repository(project)))


def test_a_rule_that_saves_two_aggregates_is_found():
    [sentence] = _sentences(_context(settles_both))
    assert sentence.startswith(f"test_one_change.py:{settles_both.__code__.co_firstlineno}: settles_both ")
    assert "several-changes" in sentence


def test_a_rule_that_creates_two_aggregates_is_found():
    creating, *others = PAYMENT.commands
    [sentence] = _sentences(replace(PAYMENT, commands=(replace(creating, rule=creates_two), *others)))
    assert sentence.startswith(f"test_one_change.py:{creates_two.__code__.co_firstlineno}: creates_two ")


@pytest.mark.parametrize("rule", [settles_one, refuses, breaks_off])
def test_other_rules_pass(rule: Any):
    assert _sentences(_context(rule)) == []


def test_the_rules_of_the_default_context_pass():
    assert list(rules_make_one_change(Repository(current()))) == []
