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
    told = {}
    for stack in ("dev", "prod"):
        done = subprocess.run(
            [*command, stack, "--json"], cwd=installed, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told[stack] = json.loads(done.stdout)
        assert list(told[stack]) == ["idle_month", "per_million", "storage_month", "lines"]
    assert 0 < told["dev"]["idle_month"] < 219 < told["prod"]["idle_month"]
    assert 0 < told["dev"]["per_million"] < 5
