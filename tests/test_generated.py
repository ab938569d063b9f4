"""The generated repositories pass their own checks (lint, types, architecture and the fast tests), and run."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import EXAMPLES, VAT_RETURN

from template.bake import bake
from template.processes import environment

CHECKED = {"payment": {}, "vat_return": VAT_RETURN, "invoice": EXAMPLES["invoice"]}
"""Payment; a context that shares nothing with it and has all that there is; the least that a context can be."""


def done_in(project: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of a repository in the environment that its own lock gives."""
    whole = ["uv", "run", "--quiet", *command]
    # Other tests are on the other processors.
    variables = {**environment(), "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}
    return subprocess.run(whole, cwd=project, env=variables, capture_output=True, text=True, check=False)


# What a team changes is checked on Payment anyway, and contexts of all shapes each night.
@pytest.mark.parametrize(
    "context",
    [
        pytest.param("payment", marks=pytest.mark.e2e),
        *(pytest.param(name, marks=(pytest.mark.e2e, pytest.mark.nightly)) for name in ("vat_return", "invoice")),
    ],
)
def test_the_generated_repository_passes_its_own_checks(context: str, tmp_path: Path) -> None:
    """Each by itself."""
    result = done_in(bake(tmp_path, CHECKED[context]), "context", "check")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", ["invoice", "order"])
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    """From a list that is put into the bucket to each subscriber, where it differs most from what Payment does."""
    project = bake(tmp_path, EXAMPLES[name])
    result = done_in(project, "context", "run", "--rows", "100", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["outcome"] == "IMPORTED"
    assert report["rows"] == {"uploaded": 100, "valid": 100, "rejected": 0, "imported": 100}
    assert report["events"] == dict.fromkeys(EXAMPLES[name]["subscribers"].split(), 101)
