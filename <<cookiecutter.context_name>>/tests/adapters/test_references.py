"""The projection of what lists refer to."""

from typing import Any

from pydynox import DynamoDBClient

from <<cookiecutter.__package>>.adapters.references import ReferenceTable

from tests.conftest import TABLE


def test_known_references_are_those_in_the_projection(table: Any):
    """The projection answers for many at once."""
    table.put_item(Item={"pk": "<<cookiecutter.__reference_constant>>#ref-1", "status": "ACTIVE"})
    assert ReferenceTable(DynamoDBClient(), TABLE).known({"ref-1", "ref-2"}) == {"ref-1"}
