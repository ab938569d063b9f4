"""A system that a rule calls does not answer: HTTP callers, messages, rows of lists and queues each retry later."""

import json
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.use_cases import register_payment

from bounded_context import Unavailable
from bounded_context.application.ports import Throttled
from bounded_context.handlers import command_handler, queue_handler
from bounded_context.testing import InMemoryAggregates, Samples, run_list
from bounded_context.testing.functions import LambdaContext

from .requests import JSON, request

SAMPLES = Samples(PAYMENT)
BODY = json.dumps(SAMPLES.values(1))
BATCH = {"Records": [{"messageId": f"m-{number}", "body": "letter"} for number in range(2)]}


class BureauUnavailable(Unavailable):
    """The bureau does not answer."""

    code = "bureau-unavailable"
    title = "The bureau does not answer"


class Bureau:
    """Refuses its first calls, and then answers."""

    def __init__(self, refusals: int) -> None:
        self.remaining = refusals

    def __call__(self, *_: Any) -> None:
        if self.remaining:
            self.remaining -= 1
            raise BureauUnavailable("bureau", retry_after=7)


def _handler(bureau: Bureau) -> Any:
    def rule(command: Any, payments: Any) -> Any:
        bureau()
        return register_payment(command, payments)

    stored = InMemoryAggregates(PAYMENT)
    return command_handler(PAYMENT, PAYMENT.creating.model, rule, lambda: stored)


def test_a_request_is_refused_with_503_and_the_time_of_the_next_attempt(function: None) -> None:
    """The refusal is not stored under the key: the next attempt runs the command."""
    handler, sent = _handler(Bureau(1)), request("register_payment", BODY, headers={**JSON, "idempotency-key": "k-1"})
    refused, accepted = (handler(sent, LambdaContext()) for _ in range(2))
    assert (refused["statusCode"], refused["headers"]["Retry-After"]) == (503, "7")
    assert '"code": "bureau-unavailable"' in refused["body"]
    assert accepted["statusCode"] == 201


def test_a_message_is_refused_with_the_time_of_the_next_attempt(function: None) -> None:
    """Callers without HTTP read it from the answer."""
    message = {"idempotency_key": "order-2", "payload": SAMPLES.values(2)}
    error = _handler(Bureau(1))(message, LambdaContext())["error"]
    assert (error["code"], error["retry_after"]) == ("bureau-unavailable", 7)


def test_no_row_is_rejected_and_the_step_is_retried() -> None:
    """As with a throttled table, the workflow retries the step for most of an hour."""

    def rule(command: Any, payments: Any) -> Any:
        bureau()
        return register_payment(command, payments)

    bureau, rows = Bureau(1), [SAMPLES.values(number) for number in range(3)]
    with pytest.raises(Throttled):
        run_list(PAYMENT, rows, rule=rule)
    assert run_list(PAYMENT, rows, rule=rule).outcome == "IMPORTED"


def test_all_messages_are_delivered_again_and_the_function_does_not_fail() -> None:
    """An outage of another system rolls back no release of this context."""
    answer = queue_handler(PAYMENT, "send_letter", Bureau(2))(dict(BATCH), LambdaContext())
    assert [failed["itemIdentifier"] for failed in answer["batchItemFailures"]] == ["m-0", "m-1"]
