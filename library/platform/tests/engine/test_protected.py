"""A setting whose resources are protected is switched off by the commands that a refused preview prints."""

import re
import shlex
from pathlib import Path

import pytest

from bounded_context_cli.command.pulumi import released
from bounded_context_operations.release import deploy
from bounded_context_operations.release.plan import _errors

from .conftest import STACK, Engine, empty

pytestmark = pytest.mark.e2e

COPIES = "arn:aws:backup:eu-west-1:999988887777:backup-vault:copies"
PROTECTED = {"backup", "backup-lock"}


def _names(engine: Engine) -> set[str]:
    return set(engine.state("backup/vault")) | set(engine.state("backup/vaultLockConfiguration"))


def _call(engine: Engine, command: str) -> None:
    words = shlex.split(command)
    engine.do(*words[: words.index("--stack")], "--yes")


@pytest.mark.nightly
def test_the_printed_commands_switch_a_setting_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = empty(tmp_path)
    engine.do("stack", "init")
    for name, value in {"protect": "true", "backup": "vault", "backup_copy": COPIES}.items():
        engine.do("config", "set", f"payment:{name}", value)
    engine.do("up", "--yes", "--skip-preview")
    assert _names(engine) == PROTECTED
    for name in ("backup", "backup_copy"):
        engine.do("config", "rm", f"payment:{name}")
    for name, value in engine.variables().items():
        monkeypatch.setenv(name, value)
    program = engine.folder / "infra" / engine.program
    preview = ["pulumi", "preview", "--stack", STACK, "--cwd", str(program), "--non-interactive"]
    # The vault's lock comes first: no other resource depends on it.
    [sentence] = released(_errors(engine.run("preview", "--json").stdout), STACK, program)
    [command] = re.findall(r"`pulumi (state delete .*?)`", sentence)
    _call(engine, command)
    unprotected: set[str] = set()
    while deploy._run(preview, program):
        commands = {*re.findall(r"`pulumi (state unprotect .*?)`", capfd.readouterr().err)} - unprotected
        assert commands
        for command in commands:
            _call(engine, command)
        unprotected |= commands
    assert len(unprotected) == 2  # the vault, and its key
    engine.do("up", "--yes", "--skip-preview")
    assert _names(engine) == set()
