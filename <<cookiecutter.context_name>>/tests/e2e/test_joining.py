"""A second run on the emulator of the first."""

import pytest

from local import endpoints
from local.context import RunningContext, running_context
from local.errors import LocalRunError

pytestmark = pytest.mark.e2e


def test_the_same_context_is_not_deployed_twice_onto_one_emulator(context: RunningContext):
    """Its resources have these names already, and what is there stays as it is."""
    ours = endpoints.of(context.emulator, context.outputs)
    with pytest.raises(LocalRunError, match="is on that emulator already"), running_context(join=ours):
        pass
    assert endpoints.is_ready(context.emulator)
