"""The preview of a change to one environment.

Writes plan.json for the deployment, and a report and a line for the approving person.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.strategy import too_long

from .junit import report, write
from .lock import require_unlocked
from .preview_report import cases, changes, summary
from .pulumi_cli import Stack, stop


def preview(stack: Stack) -> None:
    """Preview a stack with the environment's profile, from the file in the variable AWS_CONFIG_FILE."""
    require_secrets_provider(stack.file, os.environ.get("SECRETS_PROVIDER"))
    if problem := too_long(stack.project.context.name, _read(stack.file)):
        stop(f"{stack.file.name}: {problem}", "slow-strategy")
    require_unlocked(stack, os.environ.get("PULUMI_BACKEND_URL", ""))
    stack.use_profile()
    found = changes(json.loads(stack.output("preview", "--json", "--save-plan", str(stack.plan), *stack.policies)))
    for change in found:
        sys.stdout.write(f"{change}\n")
    sys.stdout.write(f"{summary(found)}\n")
    file = report(stack.project, "preview")
    write(file, f"preview of {stack.name}", cases(found))
    file.with_suffix(".txt").write_text(summary(found))


def require_secrets_provider(stack_file: Path, provider: str | None) -> None:
    """End the step if the stack's file has another secrets provider. Otherwise Pulumi would ask for a passphrase.

    The role of the step may not use another provider, or only for another stack.
    """
    settings = _read(stack_file)
    if provider is None or (settings.get("secretsprovider") == provider and "encryptedkey" in settings):
        return
    stack = f"--cwd infra/service --stack {stack_file.name.split('.')[1]}"
    command = f"pulumi stack init {stack} --secrets-provider '{provider}'"
    if {"encryptedkey", "encryptionsalt"} & settings.keys():
        command = f"pulumi stack change-secrets-provider '{provider}' {stack}"
    stop(
        f"{stack_file.name} has no encryptedkey of {provider}, its secrets provider in "
        f"infra/pipeline/Pulumi.main.yaml: run `{command}`, and commit the file.",
        "no-key",
    )


def _read(stack_file: Path) -> dict[str, Any]:
    return (yaml.safe_load(stack_file.read_text()) if stack_file.exists() else None) or {}
