"""The epoch of a stack's table: part of its name, from which the relay reads it."""

import pytest

from bounded_context.domain.events import epoch_of
from bounded_context_infra import SettingError
from bounded_context_infra.configuration.settings import MOST_EPOCHS

from .graph import Graph, run


def _epoch(graph: Graph) -> int:
    [table] = graph.of("dynamodb/table")
    return epoch_of(f"arn:aws:dynamodb:eu-central-1:1:table/{table.inputs['name']}/stream/2026-01-31T12:00:00.000")


@pytest.mark.parametrize("epoch", [0, 1, MOST_EPOCHS])
def test_the_name_of_the_table_has_the_epoch_of_the_stack(epoch: int) -> None:
    """The relay reads it from there."""
    assert _epoch(run("prod", table_epoch=epoch)) == epoch


def test_a_stack_that_names_no_epoch_keeps_the_name_of_its_table(prod: Graph) -> None:
    """Another name would replace the table."""
    [table] = prod.of("dynamodb/table")
    assert table.inputs["name"].endswith("-prod-table")
    assert _epoch(prod) == 0


@pytest.mark.parametrize("epoch", [-1, MOST_EPOCHS + 1, "1.5"])
def test_an_epoch_that_has_no_digits_in_a_sequence_is_refused(epoch: object) -> None:
    """It has 4 digits."""
    with pytest.raises(SettingError) as refused:
        run("prod", table_epoch=epoch)
    assert refused.value.setting == "table_epoch"


@pytest.mark.parametrize("table", ["epoch-7-table", "dev-table-epoch-0", "table-epoch-12345", "epoch-1"])
def test_other_names_have_epoch_0(table: str) -> None:
    """A stack or a context may contain the word."""
    assert epoch_of(f"arn:aws:dynamodb:eu-central-1:1:table/{table}/stream/2026-01-31T12:00:00.000") == 0
