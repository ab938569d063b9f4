"""A preview of a first deployment, in which nothing is known that AWS makes up."""

import contextvars
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs, rpc, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import set_root_resource

from bounded_context_cli.programs.pulumi_program import execute, silent_loop

from .graph import CONTEXT, SERVICE, Cloud, run, stack_config, untraced


class _Nothing(Cloud):
    """Knows of a resource what the program says of it, and neither its id nor what AWS would add."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        _, outputs = super().new_resource(args)
        return None, {key: value if key in args.inputs else rpc.UNKNOWN for key, value in outputs.items()}


@untraced
def _preview(stack: str) -> set[str]:
    """The URNs of what the program registers."""
    monitor = MockMonitor(_Nothing())
    set_root_resource(None)  # pyrefly: ignore[bad-argument-type] (no resource yet: each run makes its own)
    set_all_config(stack_config(stack))
    with silent_loop():
        set_mocks(monitor.mocks, project=CONTEXT.name, stack=stack, preview=True, monitor=monitor)
        pulumi.runtime.test(_program)()
    return set(monitor.resources)


def _program() -> None:
    execute(SERVICE)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_preview_shows_all_that_the_deployment_makes(stack: str) -> None:
    """No resource waits for an output, where a preview could not see it."""
    previewed = contextvars.copy_context().run(_preview, stack)
    assert {node.urn for node in run(stack).nodes} <= previewed
