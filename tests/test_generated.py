"""The generated repositories pass their own checks (lint, types, architecture and the fast tests), and run."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EXAMPLES, Baked

Checks = dict[str, tuple["subprocess.Popen[bytes]", Path]]

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
CHECKED = ("payment", "vat_return", "invoice")
"""Payment; a context that shares nothing with it and has all that there is; the least that a context can be."""


@pytest.fixture(scope="module")
def checks(payment: Path, vat_return: Path, baked: Baked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checks]:
    """`just check`, running in all of them at once: each in an environment of its own, into a file."""
    started: Checks = {}
    for name, project in zip(CHECKED, (payment, vat_return, baked("invoice")), strict=True):
        output = tmp_path_factory.mktemp("check") / "output"
        with output.open("wb") as file:
            command = ["uv", "run", "--quiet", "just", "check"]
            process = subprocess.Popen(command, cwd=project, env=ENVIRONMENT, stdout=file, stderr=subprocess.STDOUT)
        started[name] = process, output
    yield started
    for process, _ in started.values():
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("context", CHECKED)
def test_the_generated_repository_passes_its_own_checks(context: str, checks: Checks) -> None:
    """Each by itself."""
    process, output = checks[context]
    assert process.wait() == 0, output.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["invoice", "order"])
def test_an_example_runs(name: str, baked: Baked) -> None:
    """From a list that is put into the bucket to each subscriber, where it differs most from what Payment does."""
    command = ["uv", "run", "--quiet", "python", "-m", "bounded_context.local", "--rows", "100", "--json"]
    done = subprocess.run(command, cwd=baked(name), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["outcome"] == "IMPORTED"
    assert told["rows"] == {"uploaded": 100, "valid": 100, "rejected": 0, "imported": 100}
    assert told["events"] == dict.fromkeys(EXAMPLES[name]["subscribers"].split(), 101)
