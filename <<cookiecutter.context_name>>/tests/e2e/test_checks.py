"""The checks that a rollout puts to a new version, put to every deployed function."""

import pytest

from <<cookiecutter.__package>>.application.checks import checks_of

from local.context import RunningContext

pytestmark = pytest.mark.e2e


def test_every_deployed_function_passes_its_checks(context: RunningContext):
    """With the settings, the layer and the permissions that it was deployed with."""
    for function in context.outputs["functions"]:
        for check in checks_of(function):
            assert check.judge(context.invoke(function, dict(check.event))) is None, (function, check.name)
