"""Non-interactive calls of the Pulumi CLI, and the remedy of its refusal to delete a protected resource."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MISSING: Final = "The Pulumi CLI is not on the PATH: see https://www.pulumi.com/docs/install/"

_PROTECTED: Final = re.compile(
    r'(?<!replace )resource "(urn:[^"]+)"(?: cannot be deleted)?\s+'
    r"(?:because it is protected|as it is currently marked for protection)"
)
"""The message of Pulumi's engine (pkg/resource/deploy, `deleteProtectedError`), also in the words of older versions."""


def released(message: str, stack: str, program: Path) -> list[str]:
    """Return, for each protected resource that Pulumi refuses to delete, a sentence with the commands that release it.

    Args:
        message: Pulumi's output.
        stack: the stack of the resources.
        program: the folder of the stack's program.
    """
    options = f"--stack {stack} --cwd {shlex.quote(str(program))}"
    return [_released(urn, options) for urn in dict.fromkeys(_PROTECTED.findall(message))]


def _released(urn: str, options: str) -> str:
    *_, types, name = urn.split("::")
    urn = shlex.quote(urn)
    return (
        f"{name} ({types.rpartition('$')[2]}) is protected, and the change deletes it: restore its setting, or run "
        f"`pulumi state unprotect {urn} {options}`, after which the next deployment removes it from the stack, or "
        f"`pulumi state delete --force {urn} {options}`, which removes it from the stack at once. AWS keeps a resource "
        "of the library in both cases: `context docs account switch-an-option-off`."
    )


@dataclass(frozen=True)
class Pulumi:
    """The CLI for a stack of the program in a folder."""

    stack: str
    program: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a call for the stack."""
        return self._command(*arguments, "--stack", self.stack)

    def call(self, *arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Make a call for the stack, and return its status and outputs. Raises FileNotFoundError without a CLI.

        `variables` are added to the environment.
        """
        return _run(self.command(*arguments), variables)

    def call_for_project(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Make a call for all stacks, as `call`."""
        return _run(self._command(*arguments))

    def _command(self, *arguments: str) -> list[str]:
        return ["pulumi", *arguments, "--cwd", str(self.program), "--non-interactive"]


def _run(command: list[str], variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a separate session: Ctrl-C on the terminal interrupts this process, which decides what to do."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    pipes["env"] = {**os.environ, **(variables or {})}
    with subprocess.Popen(command, **pipes) as running:  # noqa: S603
        try:
            out, errors = running.communicate()
        except KeyboardInterrupt:
            # After SIGINT, Pulumi ends its current operations and releases its lock.
            running.send_signal(signal.SIGINT)
            running.communicate()
            raise
    return subprocess.CompletedProcess(command, running.returncode, out, errors)
