"""Runs the pipeline's program under mocks."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, Program, recorded
from bounded_context_infra.configuration.pipeline_settings import ROLES, SourceKind
from bounded_context_infra.configuration.project import current
from bounded_context_infra.pipeline import Delivery

FOLDER = current().pipeline
PROJECT = f"{current().context.name}-pipeline"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/0f5a1c2e-1111-2222-3333-444455556666"
STATE_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/77777777-1111-2222-3333-444455556666"
TOKEN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:pulumi-AbCdEf"


def roles(name: str, account: str) -> dict[str, str]:
    """The roles of an environment in its account."""
    return {kind: f"arn:aws:iam::{account}:role/{name}-{kind}" for kind in ROLES}


ENVIRONMENTS: list[dict[str, Any]] = [
    {"name": "dev", "roles": roles("dev", "222233334444")},
    {"name": "staging", "roles": roles("staging", "222233334444")},
    {"name": "prod", "roles": roles("prod", "333344445555")},
]
LEAST: dict[str, Any] = {
    "repository": "org/repository",
    "connection_arn": CONNECTION,
    "environments": ENVIRONMENTS,
    "shared_accounts": ["222233334444"],
    "backend": "s3://state",
    "secrets_provider": f"awskms://alias/state?region={REGION}",
}
CODECOMMIT = {key: value for key, value in LEAST.items() if key != "connection_arn"} | {"repository": "repository"}
CLOUD = {key: value for key, value in LEAST.items() if key != "secrets_provider"} | {
    "backend": "https://api.pulumi.com",
    "pulumi_token_secret_arn": TOKEN,
}


def run(settings: dict[str, Any], *, source: SourceKind = "codeconnections", connection: str = "AVAILABLE") -> Graph:
    """The program's graph with these settings, had it been generated for this source, while its connection is so."""
    answers = {
        "aws:codestarconnections/getConnection:getConnection": {"connectionStatus": connection},
        "aws:kms/getKey:getKey": {"arn": STATE_KEY},
    }
    name = f"pipeline {settings} {source} {connection}"
    return recorded(name, lambda: _run(settings, source, answers), current().root, Path(__file__))


def _run(settings: dict[str, Any], source: SourceKind, answers: dict[str, Any]) -> Graph:
    with patch("bounded_context_infra.pipeline.Delivery", lambda context, **_: Delivery(context, source=source)):
        return Program(FOLDER, PROJECT, answers).run("main", **settings)
