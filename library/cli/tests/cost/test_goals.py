"""What the default context may cost."""

from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.views.cost.cli import estimate
from tests.infra.graph import CONTEXT

from .workflows import PARTS, RANGES, with_ranges, without_map


def test_a_million_rows_cost_little(dev: Graph) -> None:
    """At most 2.20 USD, from their list to the subscribers' queues, with and without the maps of the workflow."""
    for whole in (dev, with_ranges(dev), without_map(dev, RANGES), without_map(dev, PARTS)):
        assert 0 < estimate(CONTEXT, whole).per_million <= 2.20


def test_an_idle_dev_stack_costs_little(dev: Graph) -> None:
    """At most 15 USD a month."""
    assert estimate(CONTEXT, dev).idle_month <= 15
