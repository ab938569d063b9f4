"""What keeps a context from joining the emulator of another."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.labels import Labels
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.start import _in_the_way
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


def test_a_context_joins_an_emulator_that_is_empty_or_has_other_contexts(context: Context[Any]):
    assert _in_the_way(context, Account([], [])) == ""
    assert _in_the_way(context, Account(["another-local-table"], ["/another/local/topic-arn"])) == ""


def test_a_context_that_is_deployed_or_stood_in_for_does_not_join(context: Context[Any], labels: Labels):
    """The remedies differ: restart the emulator, or start this context first."""
    table, parameter = labels.name("table"), labels.parameter("topic-arn")
    deployed = _in_the_way(context, Account([table], []))
    stood_in_for = _in_the_way(context, Account([], [parameter]))
    assert context.title in deployed
    assert context.title in stood_in_for
    assert _in_the_way(context, Account([table], [parameter])) == deployed != stood_in_for
