"""The plugin that pytest loads in every repository."""

import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context_local.testing.plugin import preset_handlers

HEAVY = {"asyncssh", "boto3", "moto", "pulumi", "pulumi_aws", "rich"}

TESTS = """
def test_that_runs_it_all(running): ...
def test_of_a_rule(): ...
"""


def _output(*command: str) -> str:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True).stdout  # noqa: S603


def test_the_plugin_imports_no_slow_module_before_a_test_needs_it() -> None:
    code = "import sys, bounded_context_cli.plugin; print(*sys.modules)"
    assert HEAVY & set(_output("-c", code).split()) == set()


@pytest.mark.slow
def test_a_test_that_uses_the_whole_context_is_an_end_to_end_test(tmp_path: Path) -> None:
    """Without a word in the test: nobody starts an emulator by mistake."""
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    for chosen, test in (("e2e", "test_that_runs_it_all"), ("not e2e", "test_of_a_rule")):
        listed = _output("-m", "pytest", "--collect-only", "-q", "-m", chosen, str(tmp_path))
        assert [line.rpartition("::")[2] for line in listed.splitlines() if "::" in line] == [test]


PRESETS = """
from bounded_context_infra import Preset
from limits import TIMEOUT

FUNCTIONS = {
    "charge": Preset(timeout=TIMEOUT, memory=512, handler="loan.bureau.lambda_handler"),
    "remind": Preset(timeout=TIMEOUT, memory=512),
}
"""


def test_tests_call_the_entry_points_of_presets(tmp_path: Path) -> None:
    """Presets that name none are not imported; modules beside the presets do not stay loaded."""
    (tmp_path / "functions.py").write_text("raise ImportError\n")
    assert preset_handlers(tmp_path) == preset_handlers(tmp_path / "none") == {}
    (tmp_path / "limits.py").write_text("TIMEOUT = 30\n")
    (tmp_path / "functions.py").write_text(PRESETS)
    assert preset_handlers(tmp_path) == {"charge": "loan.bureau.lambda_handler"}
    assert "limits" not in sys.modules
