"""The resources of this context's stacks; the promises test the common properties."""

import pytest
from bounded_context.testing.graph import run

from payment.context import PAYMENT

STACKS = ("dev", "staging", "prod", "local")


@pytest.mark.parametrize("stack", STACKS)
def test_every_subscriber_has_a_queue_of_its_own(stack: str):
    assert set(run(stack).outputs["queues"]) == set(PAYMENT.subscribers)


@pytest.mark.parametrize("stack", STACKS)
def test_every_function_is_deployed(stack: str):
    assert set(run(stack).outputs["functions"]) >= set(PAYMENT.functions)


def test_production_keeps_its_data_and_development_leaves_nothing_behind():
    assert run("prod").one("dynamodb/table").protect
    assert not any(node.protect for node in run("dev").nodes)
