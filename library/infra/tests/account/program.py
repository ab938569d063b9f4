"""A repository whose stacks are in several accounts, and the program of an account over it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

import bounded_context_platform as accounts
from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.pulumi_files import config, project_name
from bounded_context_cli.programs.recording import REGION, Graph, Program, recorded
from bounded_context_infra.configuration.access import AccountAccess, boundary_name
from bounded_context_infra.configuration.pipeline_settings import PERSONS
from bounded_context_infra.configuration.project import VARIABLE, at, current
from bounded_context_platform.permissions.account import OfAccount
from bounded_context_platform.permissions.requested import Run
from tests.pipeline.program import CONNECTION

REPOSITORY = "org/repository"
PIPELINE = "pipeline"
ENVIRONMENTS = ("dev", "staging", "prod")
TEMPORARY = ("pr", "sandbox")
KEY_ID = "77777777-1111-2222-3333-444455556666"

_READ = (Path(__file__), Path(accounts.__file__).parent)
"""The files that a recording of an account's program reads besides those of all programs."""

_RUNS: dict[str, Run] = {}
"""The runs of the service's program: only the accounts in the documents differ between two layouts."""


def name_of(account: str) -> str:
    """The stack of `infra/account` for an account."""
    return f"a{account}"


def backend(account: str) -> str:
    """The backend of the state in an account, as `context bootstrap` prints it."""
    return f"s3://{kebab(current().context.name)}-state-{account}-{REGION}?region={REGION}"


def provider(account: str) -> str:
    """The secrets provider in an account, as `context bootstrap` prints it."""
    return f"awskms:///arn:aws:kms:{REGION}:{account}:key/{KEY_ID}?region={REGION}"


def repository(folder: Path, accounts: Mapping[str, str]) -> Path:
    """The current repository, with the stacks and the pipeline in these accounts, and temporary stacks beside dev."""
    project = current()
    shutil.copytree(project.service, folder / "infra" / "service")
    shutil.copytree(project.account, folder / "infra" / "account")
    shutil.copytree(project.pipeline, folder / "infra" / "pipeline")
    shutil.copytree(project.root / "src", folder / "src")
    (folder / "pyproject.toml").write_text(f'[tool.bounded-context]\ncontext = "{project.settings["context"]}"\n')
    for stack in ENVIRONMENTS:
        _limit(folder / "infra" / "service", stack, accounts[stack])
    _write(folder / "infra" / "pipeline", "main", _pipeline(accounts))
    (folder / "infra" / "account" / "Pulumi.main.yaml").unlink()
    for account in {*accounts.values()}:
        _write(folder / "infra" / "account", name_of(account), _settings(account, accounts))
    return folder


def _limit(service: Path, stack: str, account: str) -> None:
    """Set the region of a stack, and its permissions boundary."""
    limit = f"arn:aws:iam::{account}:policy/{boundary_name(current().context.name, stack)}"
    settings = {"aws:region": REGION, f"{current().package}:permissions_boundary": limit}
    changed = {"config": {**config(service, stack), **settings}}
    (service / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(changed))


def _pipeline(accounts: Mapping[str, str]) -> dict[str, object]:
    own = accounts[PIPELINE]
    environments = [
        {"name": name, "account": accounts[name], "secrets_provider": f"{provider(own)}&context_stack={name}"}
        for name in ENVIRONMENTS
    ]
    return {
        "repository": REPOSITORY,
        "connection_arn": CONNECTION,
        "protect": True,
        "permissions_boundary": f"arn:aws:iam::{own}:policy/{boundary_name(current().context.name, PIPELINE)}",
        "account": own,
        "backend": backend(own),
        "secrets_provider": f"{provider(own)}&context_stack={PIPELINE}",
        "environments": environments,
        "shared_accounts": sorted({*accounts.values()}),
    }


def _settings(account: str, accounts: Mapping[str, str]) -> dict[str, object]:
    people = {role: [f"arn:aws:iam::{account}:role/person"] for role in PERSONS}
    workflows = ["dev", *TEMPORARY] if accounts["dev"] == account else []
    return {"account": account, "people": people, "workflows": workflows}


def _write(program: Path, stack: str, settings: Mapping[str, object]) -> None:
    start = project_name(program)
    entries = {f"{start}:{name}": value for name, value in settings.items()}
    text = yaml.safe_dump({"config": {"aws:region": REGION, **entries}})
    (program / f"Pulumi.{stack}.yaml").write_text(text)


def changed(folder: Path, program: str, stack: str, changes: Mapping[str, Any]) -> None:
    """Change settings of a stack in its file; None removes a setting."""
    file = folder / "infra" / program / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(file.read_text())
    start = project_name(file.parent)
    for name, value in changes.items():
        content["config"][name if ":" in name else f"{start}:{name}"] = value
    content["config"] = {name: value for name, value in content["config"].items() if value is not None}
    file.write_text(yaml.safe_dump(content))


def access(folder: Path, account: str) -> AccountAccess:
    """The access of an account, as the command prints it."""
    return recorded(f"access of {account}", lambda: _access(folder, account), folder, *_READ)


def _access(folder: Path, account: str) -> AccountAccess:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, str(folder))
        return OfAccount(at(folder), name_of(account), _runs=_RUNS).access()


def run(folder: Path, account: str, *, credentials: str | None = None, access: AccountAccess | None = None) -> Graph:
    """The graph of the program for an account; `access` replaces what the command prints."""
    answers = {"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": credentials or account}}
    program = Program(folder / "infra" / "account", f"{current().package}-account", answers)
    name = f"account {account} {answers} {access}"
    return recorded(name, lambda: _run(program, name_of(account), access), folder, *_READ)


def _run(program: Program, stack: str, access: AccountAccess | None) -> Graph:
    folder = program.folder.parents[1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, str(folder))
        if access is None:
            patched.setenv("PYTHONPATH", str(folder / "src"))
            return program.run(stack)
        with patch("bounded_context_infra.deployer.printed", lambda _: access):
            return program.run(stack)
