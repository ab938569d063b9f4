"""A promise about requests to AWS: bad values fail in a test instead of during a deployment."""

from collections.abc import Iterator

from ..requests import findings
from ._promise import Check, Repository


def aws_takes_the_stacks(where: Repository) -> Iterator[str]:
    """AWS accepts every stack of the service and of the pipeline: its models refuse no resource's request."""
    for stack, graph in where.graphs.items():
        yield from (f"{stack}: {finding}" for node in graph.nodes for finding in findings(node))


CHECKS: tuple[Check, ...] = (aws_takes_the_stacks,)
