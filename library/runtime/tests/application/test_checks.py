"""What a new version is asked."""

from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import Context
from bounded_context.declaration.entry_points import SMOKE, checks_of, has
from tests.contexts import over_contexts


@over_contexts
def test_every_function_is_put_the_smoke_check_first(context: Context[Any]):
    """Also one that nobody has a check for."""
    assert checks_of("some_function", context) == (SMOKE,)
    assert all(checks_of(function, context)[0] is SMOKE for function in context.functions)


@over_contexts
def test_a_function_that_can_be_called_without_a_change_has_its_own_check(context: Context[Any]):
    """A command that is added later is not forgotten. A step, the watch or the sweep would do its work."""
    own = {function for function in context.functions if len(checks_of(function, context)) == 2}
    assert own == {*context.functions} - {*context.steps, "watch_lists", "sweep_uploads"}


def test_a_command_is_sent_with_a_key_that_was_never_used():
    """A remembered answer would speak for another version."""
    command = PAYMENT.command_functions[0]
    first, second = (checks_of(command, PAYMENT)[1].event["idempotency_key"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ({"ok": False, "error": {"code": "invalid", "detail": "x"}}, True),
        ({"ok": True, "error": {"code": "invalid"}}, False),
        ({"ok": False, "error": {"code": "in-progress"}}, False),
        ({"ok": False, "error": "invalid"}, False),
        ({}, False),
        (None, False),
        ([], False),
    ],
)
def test_an_answer_is_judged_by_the_expected_members(answer: Any, good: bool):
    """Others may be there; what is no object is no good answer."""
    problem = has({"ok": False, "error": {"code": "invalid"}})(answer)
    assert (problem is None) is good


def test_the_reason_has_the_expected_value_and_not_the_received_one():
    """It goes to the logs, and answers hold personal data."""
    problem = has({"ok": True})({"name": "Ada"})
    assert problem is not None
    assert "'ok': True" in problem
    assert "Ada" not in problem
