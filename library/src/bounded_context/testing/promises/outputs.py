"""The promise about the outputs of the service's program."""

from collections.abc import Iterator
from typing import Final

from ._promise import Check, Repository

READ: Final = ("functions", "release", "state_machine", "dead_letter_queues", "queues", "table_name", "inbox_bucket")
"""The outputs that the rollout, the redrive, the local run and the smoke check read."""


def the_program_exports_its_outputs(where: Repository) -> Iterator[str]:
    """Tools find the stack's resources: the last line of the service's program exports the outputs."""
    for name in READ:
        if name not in where.graph.outputs:
            yield f"infra/service/__main__.py exports no {name}: write `export_outputs(stack, ...)` as its last line."


CHECKS: tuple[Check, ...] = (the_program_exports_its_outputs,)
