"""What AWS turned away has one name for the state machine, whichever client met it."""

import pytest
from botocore.exceptions import ClientError

from bounded_context.adapters.conditional import throttling_as_one
from bounded_context.application.ports import Throttled


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException", "SlowDown"])
def test_throttling_has_one_error_class(code: str):
    """It waits longer than a fault does, and does not count as one."""
    with pytest.raises(Throttled, match=code), throttling_as_one():
        raise ClientError({"Error": {"Code": code}}, "UpdateItem")


@pytest.mark.parametrize(
    "error",
    [ClientError({"Error": {"Code": "AccessDenied"}}, "UpdateItem"), ClientError({}, "Read"), LookupError("gone")],
)
def test_every_other_error_keeps_its_class(error: Exception):
    """A fault is tried a few times and then told."""
    with pytest.raises(type(error)) as raised, throttling_as_one():
        raise error
    assert raised.value is error
