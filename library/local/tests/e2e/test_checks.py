"""The checks that a rollout puts to a new version, put to every deployed function."""

import pytest

from bounded_context.declaration.entry_points import checks_of
from bounded_context_local.running.context import RunningContext

from .facts import CONTEXT

pytestmark = pytest.mark.e2e


def test_every_deployed_function_passes_its_checks(deployed: RunningContext):
    """With the settings, the layer and the permissions that it was deployed with."""
    for function in deployed.outputs["functions"]:
        for check in checks_of(function, CONTEXT):
            assert check.judge(deployed.invoke(function, dict(check.event))) is None, (function, check.name)
