"""Previews a change to one environment: `python -m bounded_context.pipeline.preview`.

Writes plan.json, which the deployment is held to, and a report and a line for the person who approves it. The stack's
file, with the name of the environment's profile in it, goes on to the deployment as it is here. It does not name the
role: a plan contains the provider's settings, and the deployment assumes another one.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from . import aws_profile
from .junit import report, write
from .limits import too_long
from .lock import require_unlocked
from .preview_report import cases, changes, summary
from .pulumi_cli import Stack, stack_of_step, stop


def preview(stack: Stack) -> None:
    """Preview a stack under the environment's profile, which the variable AWS_CONFIG_FILE leads to."""
    require_secrets_provider(stack.file, os.environ.get("SECRETS_PROVIDER"))
    if problem := too_long(stack.project.context.name, _read(stack.file)):
        stop(f"{stack.file.name}: {problem}")
    require_unlocked(stack, os.environ.get("PULUMI_BACKEND_URL", ""))
    stack.output("config", "set", "aws:profile", aws_profile.NAME)
    found = changes(json.loads(stack.output("preview", "--json", "--save-plan", str(stack.plan))))
    for change in found:
        sys.stdout.write(f"{change}\n")
    sys.stdout.write(f"{summary(found)}\n")
    file = report(stack.project, "preview")
    write(file, f"preview of {stack.name}", cases(found))
    file.with_suffix(".txt").write_text(summary(found))


def require_secrets_provider(stack_file: Path, provider: str | None) -> None:
    """End the step unless the stack's file says `provider`: Pulumi would ask for a passphrase that nobody ever set."""
    told = _read(stack_file)
    if provider is not None and (told.get("secretsprovider") != provider or "encryptedkey" not in told):
        stop(
            f"{stack_file.name} has no key of {provider}: run `pulumi stack init` for it with that --secrets-provider, "
            "and commit the file."
        )


def _read(stack_file: Path) -> dict[str, Any]:
    return (yaml.safe_load(stack_file.read_text()) if stack_file.exists() else None) or {}


if __name__ == "__main__":
    preview(stack_of_step())
