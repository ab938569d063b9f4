"""Pulumi's own engine with the state in a bucket: a role with the documents of a stack, and a move of the secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto.backends import get_backend

from bounded_context_infra.configuration.access import Access, bucket_name
from bounded_context_platform.bootstrap import StateBackend, bootstrap
from bounded_context_platform.permissions.requested import Backend, state_policy
from tests.accounts.evaluation import Document
from tests.infra.contexts import DEFAULT as CONTEXT

from .conftest import STACK, Engine, empty
from .guarded import ACCOUNT, REGION, Guard, serving

pytestmark = pytest.mark.e2e

_LEGACY = ("s3:ListBucket", ".pulumi/stacks/")
"""Pulumi looks for stacks of versions before 3.61, and continues if it may not."""


@dataclass(frozen=True)
class InBucket(Engine):
    """The engine with its state in the bucket of `context bootstrap`."""

    location: StateBackend
    guard: Guard
    address: str

    def variables(self) -> dict[str, str]:
        backend = f"{self.location.backend}&use_path_style=true"
        return {**super().variables(), "PULUMI_BACKEND_URL": backend, "AWS_ENDPOINT_URL": self.address}

    def permit(self, stack: str, access: Access) -> None:
        """Permit what the documents of a stack permit."""
        self.guard.permit(document(self.location, stack, access))

    @property
    def refused(self) -> set[tuple[str, str]]:
        """The refused calls, without those that Pulumi can do without."""
        return {*self.guard.refused} - {_LEGACY}


def document(state: StateBackend, stack: str, access: Access) -> Document:
    """The document of a role, with the secrets provider that `context bootstrap` prints."""
    backend = Backend.of(state.backend, state.secrets_provider("pipeline"), state.secrets_provider(stack))
    assert backend
    return state_policy(backend, CONTEXT.name, stack, ACCOUNT, REGION, access=access)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InBucket]:
    """An engine that has deployed nothing, with an own bucket and key."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    folder, guard = empty(tmp_path / "engine").folder, Guard()
    with serving(guard) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        get_backend("s3").reset()
        state = bootstrap(CONTEXT, boto3.Session(region_name=REGION))
        # It requires TLS.
        boto3.client("s3", region_name=REGION).delete_bucket_policy(Bucket=bucket_name(state.backend))
        guard.key = state.key
        engine = InBucket(folder, state, guard, address)
        # The first call of an administrator writes the file of the backend's version.
        engine.do("stack", "ls", stack=None)
        yield engine


def test_a_repository_moves_to_secrets_of_its_own_stack(engine: InBucket) -> None:
    """As in releases.md. Afterwards the role of the stack decrypts them, and the role of another stack does not."""
    old = f"awskms://alias/{CONTEXT.name}-state?region={REGION}"
    engine.do("stack", "init", "--secrets-provider", old)
    engine.do("config", "set", "--secret", "word", "hidden")
    engine.permit(STACK, "read")
    assert engine.run("config", "get", "word").returncode != 0
    engine.guard.permit()
    engine.do("stack", "change-secrets-provider", engine.location.secrets_provider(STACK))
    file = (engine.folder / "infra" / "service" / f"Pulumi.{STACK}.yaml").read_text()
    assert f"secretsprovider: {engine.location.secrets_provider(STACK)}\n" in file
    engine.permit(STACK, "read")
    assert engine.do("config", "get", "word").strip() == "hidden"
    assert engine.refused == set()
    own, other = (document(engine.location, stack, "update") for stack in (STACK, "prod"))
    engine.guard.permit({**own, "Statement": [*own["Statement"][:3], *other["Statement"][3:]]})
    assert engine.run("config", "get", "word").returncode != 0
    assert engine.refused == {("kms:Decrypt", engine.location.key)}


def test_a_role_previews_and_deploys_with_the_documents_of_its_stack(engine: InBucket) -> None:
    """A missing object is not mistaken for a forbidden object, and nothing else is called."""
    program = 'import pulumi\npulumi.export("word", pulumi.Output.secret("hidden"))\n'
    (engine.folder / "infra" / "service" / "__main__.py").write_text(program)
    engine.permit(STACK, "create")
    engine.do("stack", "init", "--secrets-provider", engine.location.secrets_provider(STACK))
    engine.permit(STACK, "read")
    engine.do("preview", "--save-plan", str(engine.folder / "plan.json"))
    assert engine.refused == set()
    engine.permit(STACK, "update")
    engine.do("up", "--yes", "--plan", str(engine.folder / "plan.json"))
    engine.do("stack", "output", "--json")
    engine.do("destroy", "--yes", "--skip-preview")
    engine.do("stack", "rm", "--yes")
    assert engine.refused == set()


def test_a_role_of_another_stack_neither_reads_nor_removes_the_state(engine: InBucket) -> None:
    engine.do("stack", "init", "--secrets-provider", engine.location.secrets_provider(STACK))
    engine.permit("dev-2", "create")
    for command in (["stack", "export"], ["stack", "rm", "--yes"]):
        assert engine.run(*command).returncode != 0
    engine.guard.permit()
    engine.do("stack", "export")
