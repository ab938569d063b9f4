"""A generated repository says what it costs."""

import json
import subprocess
from pathlib import Path

import pytest

from template.processes import environment


@pytest.mark.slow
def test_a_new_context_estimates_the_cost_of_each_stack(installed: Path) -> None:
    """Right after the bake, with no account: `dev` has no endpoint to pay for, `prod` has one."""
    command = ["uv", "run", "--quiet", "context", "cost"]
    estimates = {}
    for stack in ("dev", "prod"):
        result = subprocess.run(
            [*command, stack, "--json"], cwd=installed, env=environment(), capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        estimates[stack] = json.loads(result.stdout)
        assert list(estimates[stack]) == ["idle_month", "per_million", "storage_month", "lines"]
    assert 0 < estimates["dev"]["idle_month"] < 219 < estimates["prod"]["idle_month"]
    assert 0 < estimates["dev"]["per_million"] < 5
