"""The help of the commands of the local run: it imports no client and no emulator."""

import subprocess
import sys

import pytest

_HELP = """
import sys
from bounded_context_cli.command import main

main({arguments})
print(*{heavy}.intersection(sys.modules), file=sys.stderr)
"""
_HEAVY = {"boto3", "flask", "grimp", "mcp", "moto", "pulumi", "rich.console"}


@pytest.mark.parametrize("command", ["run", "invoke", "debug", "logs", "mcp"])
def test_the_help_imports_no_heavy_package(command: str) -> None:
    code = _HELP.format(arguments=[command, "--help"], heavy=_HEAVY)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert f"context {command}" in result.stdout
    assert result.stderr.split() == []
