"""A second run on the emulator of the first."""

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.emulator import process
from bounded_context_local.emulator.process import is_ready
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context

from .facts import PROJECT

pytestmark = pytest.mark.e2e


def test_the_same_context_is_not_deployed_twice_onto_one_emulator(deployed: RunningContext):
    """Its resources have these names already, and what is there stays as it is."""
    ours = process.endpoints_of(deployed.context, deployed.emulator, deployed.outputs)
    with pytest.raises(LocalRunError, match=f"{deployed.context.title} is on"), running_context(PROJECT, join=ours):
        pass
    assert is_ready(deployed.emulator)
