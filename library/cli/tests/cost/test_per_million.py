"""What lists cost, by what happens to their rows."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import Items
from bounded_context.application.ranges import RANGE_BYTES
from bounded_context.declaration.context import Context
from bounded_context.testing import Samples
from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.views.cost import prices
from bounded_context_cli.views.cost.cli import MILLION as PER_MILLION
from bounded_context_cli.views.cost.cli import Line, estimate
from bounded_context_cli.views.cost.cli import lines as priced_lines
from bounded_context_cli.views.cost.flow import Flow, Row, index_bytes, item_bytes, units
from bounded_context_cli.views.cost.per_million import UNITS, lists
from tests.contexts import over_contexts
from tests.contracts.test_previous_version import beside
from tests.infra.contexts import SHAPES
from tests.infra.graph import CONTEXT, run, run_context, run_shape

from .small import changed, filter_of, graph, node
from .workflows import PARTS, RANGES, with_ranges, without_map

MILLION = 1_000_000


def bill(whole: Graph, rows: float = MILLION, lists_of: float = 1, context: Context[Any] = CONTEXT) -> dict[str, Line]:
    """The lines of such rows."""
    return {line.what: line for line in priced_lines(PER_MILLION, lists(Flow(context, whole, rows, lists_of)))}


def of_price(name: str, whole: Graph) -> list[Line]:
    """The lines with a price."""
    return [line for line in bill(whole).values() if line.price == prices().by_name[name]]


def usd(whole: Graph, rows: float, lists_of: float) -> float:
    """What they cost in all."""
    return sum(line.usd for line in bill(whole, rows, lists_of).values())


@pytest.mark.slow
@given(*[st.floats(1, 1e8)] * 2, *[st.integers(1, 1000)] * 2)
def test_two_batches_of_lists_cost_the_sum_of_both(first: float, other: float, few: int, many: int) -> None:
    """Nothing is paid for twice, or gets cheaper by the dozen."""
    together = usd(run("dev"), first + other, few + many)
    assert together == pytest.approx(usd(run("dev"), first, few) + usd(run("dev"), other, many))


def test_a_row_costs_the_units_of_its_write(dev: Graph) -> None:
    """In the table, and in each index with the row."""
    lines, names = bill(dev), [index["name"] for index in dev.one("dynamodb/table").inputs["globalSecondaryIndexes"]]
    assert lines["writes of rows"].quantity == UNITS * MILLION
    indexed = {what.rpartition(" ")[2] for what in lines if what.startswith("writes of rows to the index")}
    assert indexed <= set(names)
    assert MILLION * (1 + len(CONTEXT.references)) * 0.5 in [line.quantity for line in of_price("read_unit", dev)]


def test_a_row_has_two_write_units(dev: Graph) -> None:
    """One in the table, and one in its only index. The records of lists add less than a thousandth."""
    assert sum(line.quantity for line in of_price("write_unit", dev)) == pytest.approx(2 * MILLION, rel=0.002)


def test_an_export_costs_the_reads_of_its_rows() -> None:
    """For each partner. A context without exports has no such line."""
    from tests.infra.contexts import EXPORTS
    from tests.infra.graph import PARTNERS

    lines = bill(run_context(EXPORTS, "prod", partners=PARTNERS), context=EXPORTS)
    row = Row(EXPORTS)
    assert lines["reads by exports"].quantity == pytest.approx(3 * MILLION * row.item_bytes / 4096)
    assert lines["duration of exports"].quantity == pytest.approx(3 * 100 * 1769 / 1024)
    assert "reads by exports" not in bill(run("prod"))


def test_a_connector_costs_its_transfers_and_their_bytes() -> None:
    """In place of downloads: two of three files go to the partner with an own server."""
    from tests.infra.contexts import EXPORTS
    from tests.infra.graph import DELIVERED, PARTNERS

    fetched = bill(run_context(EXPORTS, "prod", partners=PARTNERS), context=EXPORTS)
    sent = bill(run_context(EXPORTS, "prod", partners=DELIVERED), context=EXPORTS)
    downloads = fetched["downloads over SFTP"].quantity
    assert sent["files sent to partners' servers"].quantity == pytest.approx(downloads * 2 / 3)
    assert sent["downloads over SFTP"].quantity == pytest.approx(downloads / 3)
    assert sent["transfers to partners' servers"].quantity == 4
    assert "transfers to partners' servers" not in fetched


class _Watched:
    """A client that tells in which way rows are written."""

    def __init__(self) -> None:
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return lambda *_, **__: {}


def test_the_units_of_a_write_depend_on_how_rows_are_written() -> None:
    """A statement for each, and no transaction, which would take two."""
    client: Any = _Watched()
    inserts: Any = _Watched()
    table = ImportedAggregateTable(Items(CONTEXT), CONTEXT.initial_status, client, inserts, "table")
    table.import_rows("l-1", [Samples(CONTEXT).aggregate(1).details.model_dump(mode="json")])
    assert (client.called, inserts.called, UNITS) == (set(), {"insert"}, 1)


ITEM = {"pk": "THING#1", "list_shard": "l#01", "text": "x" * 2048}


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ({"keySchemas": [{"attributeName": "list_shard"}], "projectionType": "ALL"}, [("by", 3)]),
        ({"hashKey": "list_shard", "projectionType": "ALL"}, [("by", 3)]),
        ({"keySchemas": [{"attributeName": "list_shard"}], "projectionType": "KEYS_ONLY"}, [("by", 1)]),
        ({"hashKey": "list_shard", "projectionType": "INCLUDE", "nonKeyAttributes": ["text"]}, [("by", 3)]),
        ({"keySchemas": [{"attributeName": "status_shard"}], "projectionType": "ALL"}, []),
    ],
)
def test_an_index_costs_the_attributes_that_it_holds(index: dict[str, Any], expected: list[tuple[str, int]]) -> None:
    """Two KB and a bit are three units; keys are one; an index whose key the row lacks costs nothing."""
    table = node("dynamodb/table", hashKey="pk", globalSecondaryIndexes=[{"name": "by", **index}])
    assert [(name, units(size)) for name, size in index_bytes(table, ITEM)] == expected


def test_without_an_index_there_is_no_line_of_it(dev: Graph) -> None:
    """Nothing else changes."""
    without = bill(changed(dev, "dynamodb/table", globalSecondaryIndexes=None))
    assert {what for what in bill(dev) if "index" not in what} == set(without)


def test_an_item_has_the_size_that_dynamodb_counts() -> None:
    """Names and texts by their bytes, two digits of a number in one."""
    from decimal import Decimal

    assert item_bytes({"a": "é", "n": Decimal("12.50"), "b": True}) == (1 + 2) + (1 + 3) + (1 + 1)
    assert (units(1024), units(1025)) == (1, 2)


@over_contexts
def test_a_row_of_any_context_has_a_size(context: Context[Any]) -> None:
    """Its cells are those of its columns, and its item is the one that the import writes."""
    row = Row(context)
    assert list(row.values) == list(context.rows.columns)
    assert set(Items(context).from_aggregate(Samples(context).aggregate(1, list_id="l"))) <= set(row.item)
    assert row.requests_a_batch >= 1


def test_larger_parts_are_fewer_calls_and_transitions(dev: Graph) -> None:
    """A part is a child of two maps, with a state and a start each."""
    lines = {size: bill(run("dev", part_rows=size)) for size in (500, 5000)}
    transitions = {
        size: by_name["transitions of the workflow and its parts"].quantity for size, by_name in lines.items()
    }
    assert transitions[500] - transitions[5000] == pytest.approx(4 * (MILLION / 500 - MILLION / 5000))
    assert lines[500]["objects written"].quantity > lines[5000]["objects written"].quantity


@pytest.mark.parametrize("name", [RANGES, PARTS])
def test_a_map_costs_calls_transitions_and_objects(dev: Graph, name: str) -> None:
    """A child is a call with two transitions, writes a result, and reads the record of its list."""
    more, fewer = (bill(whole) for whole in (with_ranges(dev), without_map(with_ranges(dev), name)))
    saved = {what: line.quantity - fewer[what].quantity for what, line in more.items() if what in fewer}
    children = Flow(CONTEXT, with_ranges(dev), MILLION).ranges if name == RANGES else MILLION / 5000
    assert saved["calls of functions"] == pytest.approx(children + 1)
    assert saved["transitions of the workflow and its parts"] == pytest.approx(2 * children + 3)
    assert saved["objects written"] == pytest.approx(children * (2 if name == RANGES else 1))
    assert saved["objects read"] == pytest.approx(children * (4 if name == RANGES else 1))
    assert saved["reads of lists' records"] == pytest.approx(children)


def test_a_range_has_the_size_of_the_validation() -> None:
    assert prices().assumptions.range_bytes == RANGE_BYTES


def test_the_relay_is_paid_for_by_its_memory_and_its_batches(dev: Graph) -> None:
    """Where batches gather for a second, they are larger and fewer."""
    gathered = changed(dev, "lambda/eventSourceMapping", maximumBatchingWindowInSeconds=1.0)
    before, after = Flow(CONTEXT, dev, MILLION), Flow(CONTEXT, gathered, MILLION)
    assert after.batch == pytest.approx(min(100, 4 * before.batch))
    [fewer], [more] = (of_price("publish", whole) for whole in (gathered, dev))
    assert fewer.usd < more.usd
    assert bill(gathered)["logs"].usd < bill(dev)["logs"].usd
    larger = bill(changed(dev, "lambda/function", memorySize=1024.0))["duration of relay_events"].quantity
    assert larger == pytest.approx(2 * bill(dev)["duration of relay_events"].quantity)


def test_a_batch_is_never_larger_than_the_limit_of_the_mapping(dev: Graph) -> None:
    """However fast rows come."""
    assert Flow(CONTEXT, changed(dev, "lambda/eventSourceMapping", batchSize=7.0), MILLION).batch == 7


def test_each_subscriber_receives_and_deletes_in_batches_of_ten(dev: Graph) -> None:
    """Those that hear of what is created; who filters it out costs nothing."""
    subscribers = len(CONTEXT.subscribers)
    assert bill(dev)["subscribers' deletions"].quantity == pytest.approx(subscribers * (MILLION + 1) / 10)
    deaf = bill(changed(dev, "sns/topicSubscription", filterPolicy=filter_of(CONTEXT.deletion_event)))
    assert "subscribers' receives" not in deaf


@pytest.mark.parametrize(("ready", "messages"), [(0, 1), (1, 2), (2, 2)])
def test_two_major_versions_are_published_once_a_subscriber_is_ready(dev: Graph, ready: int, messages: int) -> None:
    """A change is then two messages to the topic and to each queue of one that is ready, and one to the others."""
    both = beside(ready=CONTEXT.subscribers[:ready])
    alone, two = Flow(CONTEXT, dev, MILLION), Flow(both, run_context(both, "dev"), MILLION)
    assert two.publishes == alone.relayed * math.ceil(alone.batch / (10 // messages))
    assert two.subscribers == alone.subscribers + ready
    assert alone.subscribers == len(CONTEXT.subscribers)


def test_an_upload_over_sftp_is_paid_for_by_its_size() -> None:
    """Where files are put into the bucket there is no such line."""
    assert bill(run("prod", sftp="dedicated"))["uploads over SFTP"].quantity > 0
    assert "uploads over SFTP" not in bill(run("prod", sftp="none"))


def test_a_function_that_is_not_traced_makes_no_traces(dev: Graph) -> None:
    """Only the mode Active is charged."""
    assert of_price("trace", dev)
    assert not of_price("trace", changed(dev, "lambda/function", tracingConfig={"mode": "PassThrough"}))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_context_of_any_shape_has_a_price(shape: str) -> None:
    """A row of thirty fields, ten subscribers, no references."""
    costs = estimate(SHAPES[shape], run_shape(shape, "prod"))
    assert 0 < costs.idle_month < 1000
    assert 0 < costs.per_million < 100


def test_an_import_without_rows_costs_nothing() -> None:
    """All lines come of rows and of lists."""
    assert bill(run("dev"), 0, 0) == {}
    assert replace(Flow(CONTEXT, graph(), 5), rows=6).rows == 6
