"""Previews a change to one environment: `python -m infra.pipeline.preview`.

Writes plan.json, which the deployment is held to, and a report and a line for the person who approves it. The stack's
file, with the environment's role in it, goes on to the deployment as it is here.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from .junit import write
from .limits import too_long
from .preview_report import cases, changes, summary
from .pulumi_cli import PLAN, PROGRAM, REPORTS, output, stop, variable


def preview(stack: str, role_arn: str) -> None:
    """Preview `stack` under the environment's role."""
    stack_file = PROGRAM / f"Pulumi.{stack}.yaml"
    require_secrets_provider(stack_file, os.environ.get("SECRETS_PROVIDER"))
    if problem := too_long(_read(stack_file)):
        stop(f"{stack_file.name}: {problem}")
    output(stack, "config", "set", "--path", "aws:assumeRoles[0].roleArn", role_arn)
    found = changes(_run(stack))
    for change in found:
        sys.stdout.write(f"{change}\n")
    sys.stdout.write(f"{summary(found)}\n")
    write(REPORTS / "preview.xml", f"preview of {stack}", cases(found))
    (REPORTS / "preview.txt").write_text(summary(found))


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


def _run(stack: str) -> Any:
    return json.loads(output(stack, "preview", "--json", "--save-plan", str(PLAN)))


if __name__ == "__main__":
    preview(variable("STACK"), variable("ROLE_ARN"))
