"""The graph of the pipeline: what only its owner can fill in is made up where it is not there yet."""

from typing import Any

from ..pipeline.settings import ROLES
from ..project import current
from ..pulumi_files import project_name, settings
from .graph import ACCOUNT, REGION, Graph, Program
from .kept import kept

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
    """The program that deploys the pipeline of the current repository. Raises NoProject."""
    project = current()
    return Program(project.pipeline, project_name(project.pipeline), _ANSWERS)


def run_delivery(stack: str) -> Graph:
    """The graph of the current repository's pipeline as `stack`, run once. Raises what the program raises."""
    return kept(f"pipeline {stack}", lambda: delivery().run(stack, **_made_up(stack)))


def _made_up(stack: str) -> dict[str, Any]:
    """Return what the stack's file does not say."""
    said = settings(current().pipeline, stack)
    backend = {} if "backend" in said else _BACKEND
    missing = {key: value for key, value in {**_source(), **backend}.items() if key not in said}
    return {**missing, "environments": [_with_roles(one) for one in said.get("environments", ())]}


def _source() -> dict[str, str]:
    """Return the settings of the source that the program names."""
    text = (current().pipeline / "__main__.py").read_text(encoding="utf-8")
    return _SETTINGS["codecommit" if '"codecommit"' in text else "codeconnections"]


def _with_roles(environment: dict[str, Any]) -> dict[str, Any]:
    start = f"arn:aws:iam::{ACCOUNT}:role/{environment['name']}"
    return {"roles": {kind: f"{start}-{kind}" for kind in ROLES}, **environment}
