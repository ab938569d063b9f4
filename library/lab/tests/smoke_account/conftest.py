"""A repository to copy, an account in moto, and a stand-in for the Pulumi CLI on the PATH."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from bounded_context_infra.configuration.project import Project, current
from bounded_context_lab.smoke_account.worlds import Account
from bounded_context_platform.temporary_stacks import stack
from bounded_context_platform.temporary_stacks.kinds import Services
from tests.smoke_account import stand_in_pulumi

NAME = "smoke"
STACK = f"sandbox-{NAME}"


@dataclass
class Cli:
    """The stand-in: what it was called with, and what it is to say."""

    folder: Path

    @property
    def calls(self) -> list[str]:
        """The first two words of each call."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def stacks(self) -> list[str]:
        return (self.folder / "stacks").read_text().split()

    def has(self, *stacks: str) -> None:
        (self.folder / "stacks").write_text(" ".join(stacks))

    def tag(self, stack: str, **tags: str) -> None:
        (self.folder / f"tags-{stack}.json").write_text(json.dumps(tags))

    def tags(self, stack: str) -> dict[str, str]:
        return json.loads((self.folder / f"tags-{stack}.json").read_text())

    def outputs(self, outputs: object) -> None:
        (self.folder / "outputs.json").write_text(json.dumps(outputs))

    def fails(self, call: str, says: str) -> None:
        (self.folder / call).write_text(says)


@dataclass
class Place:
    """The repository's copy."""

    project: Project

    @property
    def file(self) -> Path:
        """The stack's file, which is there for as long as the stack is."""
        return self.project.service / f"Pulumi.{STACK}.yaml"

    def set(self, **settings: object) -> None:
        """Change the settings of `dev`."""
        file = self.project.service / "Pulumi.dev.yaml"
        document = yaml.safe_load(file.read_text())
        own = {f"{self.project.context.name}:{name}": value for name, value in settings.items()}
        file.write_text(yaml.safe_dump({**document, "config": {**document["config"], **own}}))

    def account(self, stack: str = NAME) -> Account:
        account = Account(self.project, stack)
        account.patience = 1
        return account


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A copy of the repository's settings; its package is where it was."""
    root = tmp_path / "repository"
    shutil.copytree(current().service, root / "infra" / "service")
    return Place(Project(root, current().settings))


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The stand-in, before anything that is on the PATH. No code is packaged."""
    monkeypatch.setattr(stack, "build_lambda", lambda _: None)
    folder = tmp_path / "pulumi"
    folder.mkdir()
    program = folder / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in_pulumi.__file__} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN", str(folder))
    cli = Cli(folder)
    cli.has("dev", "prod")
    return cli


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty account, of which the environment has credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        monkeypatch.setattr(Services, "call", _with_limits(Services.call))
        yield boto3.Session()


def _with_limits(call: Any) -> Any:
    """Answer for the account's limits, which moto does not know."""

    def answered(services: Services, service: str, operation: str, **parameters: object) -> Any:
        if operation == "get_account_settings":
            return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}
        return call(services, service, operation, **parameters)

    return answered


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Handlers of signals are put back after the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
