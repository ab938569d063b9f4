"""The outputs of a stack, from the Pulumi CLI or from a file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bounded_context_infra.configuration.strategy import BadStrategy

from .aws_errors import Refusal
from .pulumi import MISSING, Pulumi

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
