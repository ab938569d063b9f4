"""A stack on moto with one person's data in every store."""

from collections.abc import Mapping
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context_local.reproduction.production import Production
from bounded_context_operations.repair.erase import stores as stacks
from tests.erase.conftest import BATCH, FUNCTION, GIVEN_UP, Stack, empty, function, settings, stack

__all__ = ["empty", "function", "settings", "stack"]


class Functions:
    """Lambda with the variables of a deployed function."""

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803
        assert FunctionName.startswith(FUNCTION)
        return {"Environment": {"Variables": {"MAX_LIST_BYTES": "7", "TABLE_NAME": "payment-test-table"}}}


def production(stack: Stack, clients: Mapping[str, Any] | None = None) -> Production:
    """Return the stack as the command reads it."""
    erasure_stack = stacks.ErasureStack.of("test", stack._outputs())
    services = clients or stack.services() | {"lambda": Functions()}
    return Production(erasure_stack, stack._outputs()["functions"], PAYMENT, services, stack.clock)


@pytest.fixture
def batch(stack: Stack) -> str:
    """The id of a dead letter: the changes of two persons that the relay could not publish."""
    place = {"bucket": {"name": GIVEN_UP}, "object": {"key": BATCH}}
    return stack.sqs.put(stack.queues["changes"], {"detail": place})
