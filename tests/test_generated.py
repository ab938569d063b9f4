"""The generated repositories pass their own checks: lint, types, architecture and the fast tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

Checks = dict[str, tuple["subprocess.Popen[bytes]", Path]]


@pytest.fixture(scope="module")
def checks(payment: Path, vat_return: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checks]:
    """`just check`, running in both repositories at once: each in an environment of its own, into a file."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    started: Checks = {}
    for name, project in (("payment", payment), ("vat_return", vat_return)):
        output = tmp_path_factory.mktemp("check") / "output"
        with output.open("wb") as file:
            command = ["uv", "run", "--quiet", "just", "check"]
            process = subprocess.Popen(command, cwd=project, env=environment, stdout=file, stderr=subprocess.STDOUT)
        started[name] = process, output
    yield started
    for process, _ in started.values():
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("context", ["payment", "vat_return"])
def test_the_generated_repository_passes_its_own_checks(context: str, checks: Checks) -> None:
    """Payment, and a context that shares nothing with it."""
    process, output = checks[context]
    assert process.wait() == 0, output.read_text()
