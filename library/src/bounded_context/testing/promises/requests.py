"""AWS takes what is deployed: a bad value shows here, and not in the middle of a deployment."""

from collections.abc import Iterator

from ..requests import findings
from ._promise import Check, Repository


def aws_takes_the_stacks(where: Repository) -> Iterator[str]:
    """AWS would take every stack of the service, and the pipeline: its models refuse no resource's request."""
    for stack, graph in where.graphs.items():
        yield from (f"{stack}: {finding}" for node in graph.nodes for finding in findings(node))


CHECKS: tuple[Check, ...] = (aws_takes_the_stacks,)
