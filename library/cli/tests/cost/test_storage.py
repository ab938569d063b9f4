"""What a million stored rows cost in a month."""

from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.views.cost.cli import STORAGE, Line, estimate
from bounded_context_cli.views.cost.flow import Flow, Row
from tests.infra.contexts import SHAPES
from tests.infra.graph import CONTEXT, run, run_shape

from .small import changed

COPIES = "arn:aws:backup:eu-west-1:111122223333:backup-vault:copies"
MILLION_BYTES_GB = 1_000_000 / 10**9


def stored(whole: Graph) -> dict[str, float]:
    """The stored GB by the name of the line."""
    return {line.what: line.quantity for line in _lines(whole)}


def _lines(whole: Graph) -> list[Line]:
    return [line for line in estimate(CONTEXT, whole).lines if line.part == STORAGE]


def _one(quantities: dict[str, float], start: str) -> float:
    [quantity] = [quantity for what, quantity in quantities.items() if what.startswith(start)]
    return quantity


def test_a_row_uses_its_bytes_and_dynamodbs_overhead_in_the_table_and_in_each_index(dev: Graph) -> None:
    quantities, row = stored(dev), Row(CONTEXT)
    assert _one(quantities, "rows in the table") == pytest.approx(MILLION_BYTES_GB * (row.item_bytes + 100))
    assert _one(quantities, "rows in the index by_list") == _one(quantities, "rows in the table")
    [index] = dev.one("dynamodb/table").inputs["globalSecondaryIndexes"]
    keys = changed(dev, "dynamodb/table", globalSecondaryIndexes=[{**index, "projectionType": "KEYS_ONLY"}])
    assert 0 < _one(stored(keys), "rows in the index by_list") < _one(quantities, "rows in the table")


def test_recovery_costs_by_the_table_without_its_indexes(dev: Graph) -> None:
    assert _one(stored(dev), "point-in-time recovery") == _one(stored(dev), "rows in the table")
    without = stored(changed(dev, "dynamodb/table", pointInTimeRecovery={"enabled": False}))
    assert not [what for what in without if what.startswith("point-in-time recovery")]


@pytest.mark.parametrize("days", [35, 70])
def test_each_nightly_backup_is_a_full_copy_in_both_vaults(days: int) -> None:
    quantities = stored(run("prod", backup="vault", backup_copy=COPIES, backup_days=days))
    for vault in (f"{days} nightly backups", f"{days} copies of backups"):
        assert quantities[vault] == pytest.approx(days * _one(quantities, "rows in the table"))


def test_files_and_logs_are_stored_for_their_retention() -> None:
    """An expired object is a noncurrent version for 30 more days, and an intermediate file for one."""
    quantities = stored(run("prod", incoming_days=330, log_retention_days=90))
    uploads, rows = quantities["lists, stored for 360 days"], Flow(CONTEXT, run("prod"), 1).row
    assert uploads == pytest.approx(MILLION_BYTES_GB * rows.file_bytes * 12)
    assert rows.file_bytes < rows.staged_bytes < 5 * rows.file_bytes
    assert quantities["intermediate files, stored for 31 days"] == pytest.approx(
        MILLION_BYTES_GB * rows.staged_bytes * 31 / 30
    )
    longer = stored(run("prod", log_retention_days=365))
    assert longer["logs, stored for 365 days"] / 365 == pytest.approx(quantities["logs, stored for 90 days"] / 90)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_context_of_any_shape_has_a_price_of_storage(shape: str) -> None:
    usd: Any = estimate(SHAPES[shape], run_shape(shape, "prod")).total(STORAGE)
    assert 0 < usd < 100


def test_the_storage_of_the_default_context_costs_little(dev: Graph) -> None:
    """At most 0.50 USD a month for a million rows."""
    assert estimate(CONTEXT, dev).total(STORAGE) <= 0.50
