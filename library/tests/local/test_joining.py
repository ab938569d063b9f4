"""What keeps a context from joining the emulator of another."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context.context import Context
from bounded_context.infra.labels import Labels
from bounded_context.local.stack import STACK
from bounded_context.local.start import _in_the_way
from tests.local.conftest import RecordingAws


class Account(RecordingAws):
    """An account with these tables and parameters."""

    def __init__(self, tables: list[str], parameters: list[str]) -> None:
        super().__init__()
        self.tables, self.parameters = tables, parameters

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        if (service, operation) == ("dynamodb", "list_tables"):
            return {"TableNames": self.tables}
        if parameters["Name"] not in self.parameters:
            raise ClientError({"Error": {"Code": "ParameterNotFound"}}, operation)
        return {"Parameter": {"Value": "arn"}}


@pytest.fixture
def labels(context: Context[Any]) -> Labels:
    """What its resources are called."""
    return Labels(context.name, STACK, context.owner)


def test_another_context_is_no_trouble(context: Context[Any]):
    """Neither beside nobody nor beside others."""
    assert _in_the_way(context, Account([], [])) == ""
    assert _in_the_way(context, Account(["another-local-table"], ["/another/local/topic-arn"])) == ""


def test_the_same_context_is(context: Context[Any], labels: Labels):
    """The sentence says in which order the runs have to be started."""
    table, parameter = labels.name("table"), labels.parameter("topic-arn")
    assert "is on that emulator already" in _in_the_way(context, Account([table], [parameter]))
    assert "Another run stands in for" in _in_the_way(context, Account([], [parameter]))
