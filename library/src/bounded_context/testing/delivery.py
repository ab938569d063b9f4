"""The recorded graph of the pipeline. Missing settings that only its owner can provide get sample values."""

from typing import Any

from ..configuration.project import current
from ..infra.pipeline.settings import ROLES
from ..tools.programs.pulumi_files import project_name, settings
from ..tools.programs.recording import ACCOUNT, REGION, Graph, Program
from ..tools.programs.shared_cache import kept

_ID = "0f5a1c2e-1111-2222-3333-444455556666"
_CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/{_ID}"
_SETTINGS = {
    "codeconnections": {"repository": "organization/repository", "connection_arn": _CONNECTION},
    "codecommit": {"repository": "repository"},
}
_BACKEND = {"backend": "s3://state", "secrets_provider": f"awskms://alias/state?region={REGION}"}
_ANSWERS = {
    "aws:codestarconnections/getConnection:getConnection": {"connectionStatus": "AVAILABLE"},
    "aws:kms/getKey:getKey": {"arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{_ID}"},
}


def delivery() -> Program:
    """Return the program that deploys the current repository's pipeline. Raises NoProject."""
    project = current()
    return Program(project.pipeline, project_name(project.pipeline), _ANSWERS)


def run_delivery(stack: str) -> Graph:
    """Return the graph of the current repository's pipeline for `stack`, recorded once. Raises the program's errors."""
    return kept(f"pipeline {stack}", lambda: delivery().run(stack, **_made_up(stack)))


def _made_up(stack: str) -> dict[str, Any]:
    """Return sample values for the settings that the stack's file lacks."""
    given = settings(current().pipeline, stack)
    backend = {} if "backend" in given else _BACKEND
    missing = {key: value for key, value in {**_source(), **backend}.items() if key not in given}
    return {**missing, "environments": [_with_roles(environment) for environment in given.get("environments", ())]}


def _source() -> dict[str, str]:
    """Return sample settings for the source that the program uses."""
    text = (current().pipeline / "__main__.py").read_text(encoding="utf-8")
    return _SETTINGS["codecommit" if '"codecommit"' in text else "codeconnections"]


def _with_roles(environment: dict[str, Any]) -> dict[str, Any]:
    start = f"arn:aws:iam::{ACCOUNT}:role/{environment['name']}"
    return {"roles": {kind: f"{start}-{kind}" for kind in ROLES}, **environment}
