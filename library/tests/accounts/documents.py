"""The library's documents and graphs. No other module of the attack imports the code that prints or makes them."""

import functools
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from unittest.mock import MagicMock

import boto3

from bounded_context.configuration.collisions import require_context
from bounded_context.configuration.labels import LabelError, Labels
from bounded_context.configuration.project import current
from bounded_context.domain.spelling import kebab
from bounded_context.tools.accounts import bootstrap
from bounded_context.tools.accounts.permissions.boundary import boundary
from bounded_context.tools.accounts.permissions.grants import Place
from bounded_context.tools.accounts.permissions.policies import ROLES, of_kind, place, policy
from bounded_context.tools.accounts.permissions.state import Backend
from bounded_context.tools.accounts.permissions.state import policy as of_state
from bounded_context.tools.accounts.permissions.trust import PROVIDER, trust
from bounded_context.tools.accounts.temporary_stacks.kinds import KINDS, MODEL
from bounded_context.tools.accounts.temporary_stacks.stack import Tags
from bounded_context.tools.programs.recording import ACCOUNT, REGION, Graph, Node, Program, service
from bounded_context.tools.programs.shared_cache import kept
from tests.infra.graph import PARTNERS, run
from tests.pipeline.program import LEAST
from tests.pipeline.program import run as run_pipeline

from .evaluation import Document

CONTEXT: Final = current().context
ENVIRONMENTS: Final = ("dev", "staging", "prod")
TEMPORARY: Final[Mapping[str, str]] = {"pr": "pr-1", "sandbox": "sandbox-ada"}
"""The kinds of temporary stacks, each with a stack."""

STACKS: Final[Mapping[str, str]] = {**dict(zip(ENVIRONMENTS, ENVIRONMENTS, strict=True)), **TEMPORARY}
"""The stack of each domain."""

ENVIRONMENT_ROLES: Final = ROLES
REPOSITORY: Final = "org/repository"
RECORDED: Final = ACCOUNT
PLACEHOLDERS: Final = {name: f"90000000000{number}" for number, name in enumerate(ENVIRONMENTS)}
"""The accounts of the environments' roles in the recorded graph of the pipeline."""

PIPELINE: Final = "pipeline"
"""The domain of the pipeline, and the encryption context of its own secrets."""

STATE_KEY_ID: Final = "77777777-1111-2222-3333-444455556666"

__all__ = ["PROVIDER", "REGION", "Graph", "Node"]


@functools.cache
def service_graph(domain: str) -> Graph:
    """Return the graph of a domain's stack, with a secret, which the default context does not have."""
    limit = boundary_arn(domain, RECORDED)
    if domain in TEMPORARY:
        graph = kept(f"attack on {domain} within {limit}", lambda: _temporary(domain, limit))
    elif domain == "dev":
        graph = run(domain, permissions_boundary=limit)
    else:
        graph = run(domain, permissions_boundary=limit, sftp="dedicated", partners=PARTNERS)
    return replace(graph, nodes=[*graph.nodes, _secret(graph)])


def _temporary(kind: str, limit: str) -> Graph:
    program: Program = service()
    differs = Tags("nobody", datetime(2026, 1, 1, tzinfo=UTC)).settings()
    given = {name: value for name, value in differs.items() if value is not None}
    config = program.config(MODEL, **given, permissions_boundary=limit)
    left = {f"{program.project}:{name}" for name, value in differs.items() if value is None}
    return program.run_with(TEMPORARY[kind], {name: value for name, value in config.items() if name not in left})


def _secret(graph: Graph) -> Node:
    queue = graph.one("sqs/queue", "inbound")
    arn = queue.arn.replace(":sqs:", ":secretsmanager:").replace(ACCOUNT + ":", f"{ACCOUNT}:secret:")
    return replace(queue, type="aws:secretsmanager/secret:Secret", name="token", outputs={"arn": f"{arn}-a1B2c3"})


@functools.cache
def pipeline_graph() -> Graph:
    """Return the graph of the pipeline, whose environments have the accounts of PLACEHOLDERS."""
    environments = [
        {
            "name": name,
            "roles": {kind: role_arn(account, name, kind) for kind in ("preview", "deploy", "shift")},
            "secrets_provider": _state(RECORDED).secrets_provider(name),
        }
        for name, account in PLACEHOLDERS.items()
    ]
    state = {"backend": _state(RECORDED).backend, "secrets_provider": _state(RECORDED).secrets_provider(PIPELINE)}
    return kept(
        "attack on the pipeline",
        lambda: run_pipeline({**LEAST, "environments": environments, **state}),
    )


def _state(account: str) -> bootstrap.State:
    """Return the location of the state as `context bootstrap` prints it."""
    return bootstrap.State(f"s3://{backend(account, 'dev').bucket}", state_key(account))


def state_key(account: str) -> str:
    """Return the ARN of the state's key."""
    return f"arn:aws:kms:{REGION}:{account}:key/{STATE_KEY_ID}"


def role_arn(account: str, environment: str, role: str) -> str:
    """Return the ARN of an environment's role, named as in the documentation."""
    return f"arn:aws:iam::{account}:role/{environment}-{role}"


def role_policies(domain: str, role: str, account: str, *, bounded: bool = True) -> list[Document]:
    """Return the documents that `context permissions ROLE` prints for a domain's stack or stacks."""
    limit = boundary_arn(domain, account) if bounded else None
    return [policy(role, _place(domain, account, limit), service_graph(domain), {})]


def _place(domain: str, account: str, limit: str | None) -> Place:
    make = of_kind if domain in KINDS else place
    return make(CONTEXT, domain, REGION, account, limit)


def reserved_stacks(account: str) -> Mapping[str, Document]:
    """Return the documents for stacks named like the resources of state and pipeline. A refused name has none."""
    found: dict[str, Document] = {}
    for name in ("state", "pipeline"):
        with suppress(LabelError):
            found[name] = policy("deploy", place(CONTEXT, name, REGION, account), service_graph("dev"), {})
    return found


def colliding_contexts() -> Mapping[str, str]:
    """Return names of contexts, each with the prefix of a stack, that begin with the prefix of dev, if permitted."""
    found: dict[str, str] = {}
    for stack in STACKS:
        name = f"{kebab(CONTEXT.name)}-{stack}"
        with suppress(LabelError):
            require_context(name)
            found[name] = f"{name}-prod"
    return found


def state_policy(domain: str, account: str, state_account: str) -> Document:
    """Return the document that `context permissions state` prints."""
    stacks, access = (f"{domain}-*", "create") if domain in KINDS else (domain, "read")
    return of_state(backend(state_account, domain), service().project, stacks, account, REGION, access=access)


def github_trust(domain: str, account: str) -> Document:
    """Return the document that `context permissions trust` prints."""
    return trust(domain, account, REPOSITORY, "main")


def backend(account: str, domain: str) -> Backend:
    """Return the backend of a domain's state in an account."""
    default = Backend.by_default(CONTEXT.name, account, REGION, domain, "")
    providers = (f"awskms:///{state_key(account)}?context_stack={one}" for one in (PIPELINE, domain))
    found = Backend.of(f"s3://{default.bucket}", *providers)
    assert found
    return found


def state_folders(project: str, stack: str) -> Mapping[str, str]:
    """Return the keys of a stack's objects in Pulumi's backend, by kind (Pulumi, `filestate` backend)."""
    root = ".pulumi"
    return {
        "state": f"{root}/stacks/{project}/{stack}.json",
        "state history": f"{root}/history/{project}/{stack}/{stack}-1.history.json",
        "state backup": f"{root}/backups/{project}/{stack}/{stack}.1.json",
        "state lock": f"{root}/locks/organization/{project}/{stack}/a1b2.json",
    }


@dataclass(frozen=True)
class Bootstrapped:
    """The policies that `context bootstrap` sets, and the tags of the key; a key without policy has AWS's own."""

    bucket: Document
    key: Document
    key_tags: Mapping[str, str]


@functools.cache
def bootstrapped(account: str, dev: str) -> Bootstrapped:
    """Run `context bootstrap` with stand-ins of the clients. `dev` is the account of dev and the temporary stacks."""
    clients = {name: MagicMock() for name in ("kms", "s3", "sts")}
    clients["kms"].exceptions.NotFoundException = LookupError
    clients["kms"].describe_key.side_effect = LookupError
    clients["sts"].get_caller_identity.return_value = {"Account": account}
    session = MagicMock(spec=boto3.Session, region_name=REGION)
    session.client.side_effect = clients.__getitem__
    clients["kms"].create_key.return_value = {"KeyMetadata": {"KeyId": STATE_KEY_ID, "Arn": state_key(account)}}
    bootstrap.bootstrap(CONTEXT, session, dict.fromkeys(("dev", *TEMPORARY), dev) if dev != account else {})
    made = clients["kms"].create_key.call_args.kwargs
    put = clients["kms"].put_key_policy.call_args
    key = json.loads(put.kwargs["Policy"]) if put else default_key_policy(account)
    bucket = json.loads(clients["s3"].put_bucket_policy.call_args.kwargs["Policy"])
    return Bootstrapped(bucket, key, {tag["TagKey"]: tag["TagValue"] for tag in made.get("Tags", [])})


def default_key_policy(account: str) -> Document:
    """Return the policy that a key has without one of its own (KMS developer guide, "Default key policy")."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def boundary_arn(domain: str, account: str) -> str:
    """Return the ARN of the permissions boundary of a domain's roles, named as in the documentation."""
    return f"arn:aws:iam::{account}:policy/{kebab(CONTEXT.name)}-{domain}-boundary"


@functools.cache
def boundaries(account: str) -> Mapping[str, Document]:
    """Return the permissions boundaries of an account by ARN, as `context permissions boundary` prints them.

    The roles of the recorded graphs refer to them by their input `permissionsBoundary`.
    """
    return {boundary_arn(domain, account): _boundary(domain, account) for domain in STACKS}


def _boundary(domain: str, account: str) -> Document:
    recorded = Labels(CONTEXT.name, STACKS[domain], CONTEXT.owner)
    return boundary(_place(domain, account, None), service_graph(domain), recorded)
