"""Non-interactive calls of the Pulumi CLI, the remedy of a refusal to delete, and a stack's outputs and tables."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bounded_context_infra.configuration.strategy import BadStrategy

from .aws_errors import Refusal

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


T = TypeVar("T")


class NoStack(Refusal):
    """The Pulumi CLI knows no stack of this name."""


def region_of(outputs: Mapping[str, Any]) -> str:
    """Return the region of a stack."""
    arns = (outputs.get("state_machine"), outputs.get("state_machine_arn"), *outputs["functions"].values())
    return next(arn for arn in arns if arn).split(":")[3]


def parsed(parse: Callable[[Any], T], outputs: Any) -> T:
    """Return the result of `parse`. Raises Refusal for outputs that lack a value, or have another type."""
    try:
        return parse(outputs)
    except BadStrategy as error:
        raise Refusal(f"The stack's strategy is unknown: {error}") from error
    except KeyError as error:
        raise Refusal(f"The outputs have no {error}: deploy the stack with `context deploy` first.") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise Refusal(f"The outputs are not those of the service program ({error}): deploy the stack again.") from error


def read_outputs(stack: str, program: Path, file: Path | None) -> Any:
    """Return the outputs of a stack.

    Args:
        stack: its name in the Pulumi CLI.
        program: the folder of the program, in which the Pulumi CLI runs.
        file: a file with the output of `pulumi stack output --json`, which replaces the call of the Pulumi CLI.

    Raises:
        Refusal: there are no outputs; the message names the remedy. NoStack, if there is no such stack.
    """
    text = _text_of(file) if file else _text_from_pulumi(stack, program)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = str(file) if file else "The output of the Pulumi CLI"
        raise Refusal(f"{where} is not JSON ({error}): write it with `pulumi stack output --json`.") from error


def refuse_others(application: str, stack: str) -> None:
    """Raise Refusal if the outputs' application, `<context>-<stack>`, belongs to another stack."""
    # Pulumi Cloud also accepts <organization>/<project>/<stack>.
    if not f"-{application}".endswith(f"-{stack.rpartition('/')[2]}"):
        raise Refusal(f"The outputs belong to {application}, not to a stack {stack}: name the stack of the outputs.")


def _text_of(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{file} cannot be read ({error}): write it with `pulumi stack output --json`.") from error


def _text_from_pulumi(stack: str, program: Path) -> str:
    try:
        process = Pulumi(stack, program).call("stack", "output", "--json")
    except FileNotFoundError as error:
        raise Refusal(f"{MISSING}, or pass --outputs.") from error
    if process.returncode != 0:
        # Pulumi's message of a missing stack, of which its automation API also detects this part (go/auto/errors.go).
        kind = NoStack if "no stack named" in process.stderr else Refusal
        raise kind(f"Pulumi has no outputs of the stack {stack}: {' '.join(process.stderr.split())}")
    return process.stdout


def is_second(name: str, table: str) -> bool:
    """Return whether a table's name is that of a copy of a stack's table from a restore, or of another epoch."""
    first = re.escape(re.sub(r"-epoch-[1-9][0-9]{0,3}$", "", table))
    return name != table and bool(re.fullmatch(rf"{first}(-epoch-[1-9][0-9]{{0,3}})?(-at-.+)?", name))
