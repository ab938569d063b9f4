"""The library's documents and graphs. No other module of the attack imports the code that prints or makes them."""

import functools
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from unittest.mock import MagicMock

import boto3
from pulumi import RunError

from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, Node, Program, recorded, service
from bounded_context_infra.configuration.access import boundary_name, bucket_name, role_name
from bounded_context_infra.configuration.labels import RESERVED, LabelError, require_context
from bounded_context_infra.configuration.project import ProjectError, current
from bounded_context_platform import bootstrap, temporary_stacks
from bounded_context_platform.permissions.grants import Place
from bounded_context_platform.permissions.policies import PROVIDER, of_kind, place, policy
from bounded_context_platform.temporary_stacks.kinds import KINDS, MODEL
from bounded_context_platform.temporary_stacks.stack import Tags
from tests.account import program
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

REPOSITORY: Final = program.REPOSITORY
RECORDED: Final = ACCOUNT
PLACEHOLDERS: Final = {name: f"90000000000{number}" for number, name in enumerate(ENVIRONMENTS)}
"""The accounts of the environments' roles in the recorded graph of the pipeline."""

PIPELINE: Final = "pipeline"
"""The domain of the pipeline, and the encryption context of its own secrets."""

STATE_KEY_ID: Final = program.KEY_ID

_READ: Final = (Path(__file__), Path(temporary_stacks.__file__).parent)
"""The files that differ from those of every recording: this one, and the settings of temporary stacks."""

__all__ = ["PROVIDER", "REGION", "Graph", "Node"]


@functools.cache
def service_graph(domain: str) -> Graph:
    """Return the graph of a domain's stack, with a secret, which the default context does not have."""
    limit = boundary_arn(domain, RECORDED)
    if domain in TEMPORARY:
        graph = recorded(f"{domain} within {limit}", lambda: _temporary(domain, limit), current().root, *_READ)
    elif domain == "dev":
        graph = run(domain, permissions_boundary=limit)
    else:
        graph = run(domain, permissions_boundary=limit, sftp="dedicated", partners=PARTNERS)
    return replace(graph, nodes=[*graph.nodes, _secret(graph)])


def _temporary(kind: str, limit: str) -> Graph:
    service_program: Program = service()
    differs = Tags("nobody", datetime(2026, 1, 1, tzinfo=UTC)).settings()
    settings = {name: value for name, value in differs.items() if value is not None}
    config = service_program.config(MODEL, **settings, permissions_boundary=limit)
    omitted = {f"{service_program.project}:{name}" for name, value in differs.items() if value is None}
    return service_program.run_with(
        TEMPORARY[kind], {name: value for name, value in config.items() if name not in omitted}
    )


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
            "account": account,
            "secrets_provider": f"{program.provider(RECORDED)}&context_stack={name}",
        }
        for name, account in PLACEHOLDERS.items()
    ]
    provider = f"{program.provider(RECORDED)}&context_stack={PIPELINE}"
    limit = boundary_arn(PIPELINE, RECORDED)
    state = {"backend": program.backend(RECORDED), "secrets_provider": provider}
    settings = {**LEAST, "environments": environments, **state, "permissions_boundary": limit}
    return recorded(f"pipeline {settings}", lambda: run_pipeline(settings), current().root, *_READ)


def state_key(account: str) -> str:
    """Return the ARN of the state's key."""
    return f"arn:aws:kms:{REGION}:{account}:key/{STATE_KEY_ID}"


def role_arn(account: str, environment: str, role: str) -> str:
    """Return the ARN of an environment's role."""
    return f"arn:aws:iam::{account}:role/{role_name(CONTEXT.name, environment, role)}"


def role_policies(domain: str, role: str, account: str, *, bounded: bool = True) -> list[Document]:
    """Return the documents that `context permissions ROLE` prints for a domain's stack or stacks."""
    limit = boundary_arn(domain, account) if bounded else None
    return [policy(role, _place(domain, account, limit), service_graph(domain), {})]


def _place(domain: str, account: str, limit: str | None) -> Place:
    make = of_kind if domain in KINDS else place
    return make(CONTEXT, domain, REGION, account, limit)


def reserved_stacks(account: str) -> Mapping[str, Document]:
    """Return the documents for stacks named like the resources of state and pipeline. A refused name has none."""
    policies: dict[str, Document] = {}
    for name in RESERVED:
        with suppress(LabelError):
            policies[name] = policy("deploy", place(CONTEXT, name, REGION, account), service_graph("dev"), {})
    return policies


def colliding_contexts() -> Mapping[str, str]:
    """Return names of contexts, each with the prefix of a stack, that begin with the prefix of dev, if permitted."""
    prefixes: dict[str, str] = {}
    for stack in STACKS:
        name = f"{kebab(CONTEXT.name)}-{stack}"
        with suppress(LabelError):
            require_context(name)
            prefixes[name] = f"{name}-prod"
    return prefixes


def is_refused(environment: str) -> bool:
    """Return whether the library refuses an environment because of its name."""
    return _fails(environment) and not _fails("staging")


def _fails(environment: str) -> bool:
    try:
        place(CONTEXT, environment, REGION, ACCOUNT)
        _pipeline_with(environment)
    except (RunError, ProjectError):
        return True
    return False


def _pipeline_with(environment: str) -> Graph:
    account = {"name": environment, "account": RECORDED, "secrets_provider": program.provider(RECORDED)}
    return run_pipeline({**LEAST, "environments": [account], "backend": program.backend(RECORDED)})


def backend_bucket(account: str) -> str:
    """Return the bucket of the state in an account."""
    return bucket_name(program.backend(account))


def state_folders(project: str, stack: str) -> Mapping[str, str]:
    """Return the keys of a stack's objects in Pulumi's backend, by kind (Pulumi, `filestate` backend)."""
    root = ".pulumi"
    return {
        "state": f"{root}/stacks/{project}/{stack}.json",
        "state tags": f"{root}/stacks/{project}/{stack}.pulumi-tags",
        "state history": f"{root}/history/{project}/{stack}/{stack}-1.history.json",
        "state backup": f"{root}/backups/{project}/{stack}/{stack}.1.json",
        "state lock": f"{root}/locks/organization/{project}/{stack}/a1b2.json",
    }


@functools.cache
def key_tags(account: str) -> Mapping[str, str]:
    """Run `context bootstrap` with stand-ins of the clients, and return the tags of the key that it makes."""
    clients = {name: MagicMock() for name in ("kms", "s3", "sts")}
    clients["kms"].exceptions.NotFoundException = LookupError
    clients["kms"].describe_key.side_effect = LookupError
    clients["sts"].get_caller_identity.return_value = {"Account": account}
    session = MagicMock(spec=boto3.Session, region_name=REGION)
    session.client.side_effect = clients.__getitem__
    clients["kms"].create_key.return_value = {"KeyMetadata": {"KeyId": STATE_KEY_ID, "Arn": state_key(account)}}
    bootstrap.bootstrap(CONTEXT, session)
    return {tag["TagKey"]: tag["TagValue"] for tag in clients["kms"].create_key.call_args.kwargs["Tags"]}


def default_key_policy(account: str) -> Document:
    """Return the policy that a key has without one of its own (KMS developer guide, "Default key policy")."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def boundary_arn(domain: str, account: str) -> str:
    """Return the ARN of the permissions boundary of a domain's roles, named as in the documentation."""
    return f"arn:aws:iam::{account}:policy/{boundary_name(CONTEXT.name, domain)}"


@functools.cache
def account_graphs(accounts: tuple[tuple[str, str], ...]) -> Mapping[str, Graph]:
    """Return the graph of `infra/account` in each account; `accounts` has the account of each domain."""
    with tempfile.TemporaryDirectory() as folder:
        repository = program.repository(Path(folder), dict(accounts))
        accesses = {account: program.access(repository, account) for account in {*dict(accounts).values()}}
        return {account: program.run(repository, account, access=access) for account, access in accesses.items()}
