"""AWS would take every stack that the template bakes: its models refuse no request of any resource."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES, LONGEST, NOTHING, SHORTEST, Baked

from template.bake import bake
from template.processes import environment

# Payment's is a promise of its own tests, which every run has; these take a minute together.
pytestmark = pytest.mark.e2e

CHECK = """
from bounded_context_cli.promises import PROMISES, repository
(promise,) = (one for one in PROMISES if one.check.__name__ == "aws_takes_the_stacks")
where = repository()
print(sum(len(graph.nodes) for graph in where.graphs.values()), *promise.breaches(where), sep="\\n")
"""
EXTREMES = {"longest": LONGEST, "least": SHORTEST | NOTHING}


def breaches(project: Path) -> list[str]:
    """What AWS would refuse of a baked context, by its own promise."""
    variables = {**environment(), "PYTHONPATH": os.pathsep.join(map(str, (project / "src", project)))}
    command = [sys.executable, "-c", CHECK]
    result = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    count, *breaches = result.stdout.splitlines()
    assert int(count) > 500
    return breaches


@pytest.mark.nightly
@pytest.mark.parametrize("context", EXAMPLES)
def test_aws_accepts_every_example(context: str, baked: Baked) -> None:
    """Every stack of the service, and the pipeline."""
    assert breaches(baked(context)) == []


@pytest.mark.parametrize("answers", EXTREMES)
def test_aws_accepts_the_extremes_of_answers(answers: str, tmp_path: Path) -> None:
    """The longest names; the shortest ones, and nothing that can be left out."""
    assert breaches(bake(tmp_path / answers, EXTREMES[answers])) == []
