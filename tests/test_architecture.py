"""A repository's own rules of who may import whom: they hold after a bake, and each is red where it is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = {
    "Layers: the declaration names use cases": ("src/payment/model.py", "from . import use_cases"),
    "The business rules do not import AWS packages": ("src/payment/use_cases.py", "import boto3"),
    "The infrastructure imports only the context's declaration": (
        "infra/service/functions.py",
        "from payment.model import Payment",
    ),
    "The code does not import the infrastructure": ("src/payment/list_steps.py", "import infra.service.functions"),
}
"""By what a rule says: a file, and a line that breaks the rule there."""


@pytest.fixture
def project(payment: Path, tmp_path: Path) -> Path:
    """A repository to break."""
    return shutil.copytree(payment, tmp_path / "Payment")


def linted(project: Path) -> "subprocess.CompletedProcess[str]":
    """What import-linter says, of the packages of the repository."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": f"{project / 'src'}{os.pathsep}{project}"}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_the_rules_hold_after_a_bake(project: Path) -> None:
    """All of them, and these are all."""
    result = linted(project)
    assert result.returncode == 0, result.stdout
    assert f"Contracts: {len(PLANTED)} kept, 0 broken." in result.stdout


@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_that_is_broken_is_red(rule: str, project: Path) -> None:
    """And no other is."""
    name, line = PLANTED[rule]
    with (project / name).open("a") as file:
        file.write(f"{line}\n")
    result = linted(project)
    [broken] = [said for said in result.stdout.splitlines() if said.endswith(" BROKEN")]
    assert broken.startswith(rule), result.stdout
    assert f"Contracts: {len(PLANTED) - 1} kept, 1 broken." in result.stdout
