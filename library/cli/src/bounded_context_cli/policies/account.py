"""Policies for resources in the account that no program registers: the second tables of a stack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ..programs import Graph, Node
from ..views.cost.prices import second_tables
from .policy import Policy, Violation, policy

_KIND: Final = "dynamodb/secondTable"
_DAYS: Final = 7
"""The days for which a second table may stay: a restore takes hours, and a person may compare the tables afterwards."""


@policy
def second_tables_are_deleted(graph: Graph) -> Iterator[Violation]:
    """A second table, of a restore or of another epoch, is deleted within a week.

    It costs money, and keeps the rows of its time: also the rows that the stack has deleted since.
    """
    for node in graph.of(_KIND):
        if node.inputs["days"] > _DAYS:
            facts = f"is {node.inputs['days']} days old, and costs {node.inputs['usd_a_month']:.2f} USD a month"
            yield Violation(node, f"{facts}: `aws dynamodb delete-table --table-name {node.name}`.")


ACCOUNT: Final[tuple[Policy, ...]] = (second_tables_are_deleted,)


def with_second_tables(graph: Graph, dynamodb: Any, now: datetime) -> Graph:
    """Return a graph with the second tables of its tables. Raises ClientError, BotoCoreError."""
    nodes = [
        _node(table.name, table.as_json(now))
        for node in graph.of("dynamodb/table")
        for table in second_tables(dynamodb, node.called)
    ]
    return replace(graph, nodes=[*graph.nodes, *nodes])


def _node(name: str, inputs: dict[str, Any]) -> Node:
    return Node(f"aws:{_KIND}:SecondTable", name, "", inputs, {}, False, False, frozenset(), frozenset())
