"""What keeps a context from joining the emulator of another."""

import pytest
from botocore.exceptions import ClientError

from infra.context import CONTEXT, OWNER
from infra.labels import Labels
from local.context import STACK, _in_the_way
from tests.local.conftest import RecordingAws

LABELS = Labels(CONTEXT, STACK, OWNER)


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


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        (Account([], []), ""),
        (Account(["another-local-table"], ["/another/local/topic-arn"]), ""),
        (Account([LABELS.name("table")], [LABELS.parameter("topic-arn")]), "is on that emulator already"),
        (Account([], [LABELS.parameter("topic-arn")]), "Another run stands in for"),
    ],
)
def test_another_context_is_no_trouble_and_the_same_is(account: Account, sentence: str):
    """The sentence says in which order the runs have to be started."""
    problem = _in_the_way(account)
    assert sentence in problem
    assert bool(problem) == bool(sentence)
