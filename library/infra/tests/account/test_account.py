"""The program of an account: its roles, their limits, GitHub's provider, and the access to the state."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi import RunError

from bounded_context_cli.programs.recording import Graph, Node
from bounded_context_cli.testing.requests import findings
from bounded_context_infra.configuration.access import AccountAccess
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.project import ProjectError
from bounded_context_infra.deployer import LIMIT, TooLong, packed
from bounded_context_platform.permissions.policies import PROVIDER, ROLES
from tests.accounts.evaluation import Caller, Document, Policy, Target, allowed

from . import program
from .program import KEY_ID, PIPELINE, access, backend, name_of, provider, repository, run

TOOLS, DEV, STAGING, PROD = (f"10000000000{number}" for number in range(4))
APART = {"dev": DEV, "staging": STAGING, "prod": PROD, PIPELINE: TOOLS}
Changes = Mapping[str, Any]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an account for each environment, and the pipeline in a tools account."""
    return repository(tmp_path_factory.mktemp("apart"), APART)


@pytest.fixture(scope="module")
def graphs(apart: Path) -> dict[str, Graph]:
    """The program of each account."""
    return {account: run(apart, account, access=access(apart, account)) for account in APART.values()}


def names(graph: Graph, kind: str) -> set[str]:
    return {node.inputs["name"] for node in graph.of(kind)}


def policies(graph: Graph, role: str) -> list[Document]:
    """The documents of the managed policies that a role has."""
    arns = {node.inputs["policyArn"] for node in graph.of("iam/rolePolicyAttachment") if node.inputs["role"] == role}
    return [node.document() for node in graph.of("iam/policy") if node.arn in arns]


def test_an_account_has_the_roles_and_boundaries_of_its_own_environment(graphs: dict[str, Graph]) -> None:
    own = {f"payment-deployer-prod-{role}" for role in ROLES}
    assert names(graphs[PROD], "iam/role") == own
    assert "payment-prod-boundary" in names(graphs[PROD], "iam/policy")
    assert not any("-dev-" in name or "-staging-" in name for name in names(graphs[PROD], "iam/policy"))


def test_the_account_of_tools_has_no_role_of_an_environment(graphs: dict[str, Graph]) -> None:
    assert names(graphs[TOOLS], "iam/role") == set()
    assert names(graphs[TOOLS], "iam/policy") == {"payment-pipeline-boundary"}
    assert [node.inputs["bucket"] for node in graphs[TOOLS].of("s3/bucketPolicy")] == [
        backend(TOOLS)[5:].partition("?")[0]
    ]


def test_only_the_account_of_the_workflows_has_githubs_provider(graphs: dict[str, Graph]) -> None:
    providers = {account: graph.of("iam/openIdConnectProvider") for account, graph in graphs.items()}
    assert [account for account, nodes in providers.items() if nodes] == [DEV]
    (provider,) = providers[DEV]
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    assert provider.protect and provider.retain_on_delete, "other repositories of the account use it"
    roles = {"payment-deployer-dev-pull-request", "payment-deployer-pr-stacks", "payment-deployer-sandbox-stacks"}
    assert roles < names(graphs[DEV], "iam/role")


def test_a_role_trusts_the_steps_of_the_pipeline_only(graphs: dict[str, Graph]) -> None:
    """The steps need not exist yet, and the whole account of tools is not trusted."""
    (role,) = [role for role in graphs[PROD].of("iam/role") if role.inputs["name"] == "payment-deployer-prod-deploy"]
    (statement,) = role.document("assumeRolePolicy")["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{TOOLS}:root"}
    step = f"arn:aws:iam::{TOOLS}:role/payment-pipeline-prod-deploy"
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [step]}}


def test_every_statement_is_in_a_policy_of_its_role(apart: Path, graphs: dict[str, Graph]) -> None:
    for account in APART.values():
        for name, role in access(apart, account).roles.items():
            wanted = [statement for document in role.policies.values() for statement in document["Statement"]]
            actual = [statement for document in policies(graphs[account], name) for statement in document["Statement"]]
            assert sorted(map(json.dumps, actual)) == sorted(map(json.dumps, wanted))


def test_no_policy_exceeds_the_limit_of_iam(graphs: dict[str, Graph]) -> None:
    """A role takes ten managed policies (IAM user guide, "IAM and AWS STS quotas")."""
    documents = [node.document() for graph in graphs.values() for node in graph.of("iam/policy")]
    assert len(documents) > 20
    assert max(len(json.dumps(document, separators=(",", ":"))) for document in documents) <= LIMIT
    for graph in graphs.values():
        for role in names(graph, "iam/role"):
            assert 1 <= len(policies(graph, role)) <= 10


def test_aws_accepts_each_resource(graphs: dict[str, Graph]) -> None:
    for graph in graphs.values():
        for node in graph.nodes:
            assert findings(node) == []


def test_a_session_that_is_too_long_is_a_finding(graphs: dict[str, Graph]) -> None:
    (node, *_) = graphs[PROD].of("iam/role")
    long = replace(node, inputs={**node.inputs, "maxSessionDuration": 43_201})
    assert len(findings(long)) == 1


def test_the_state_is_shared_with_the_roles_of_the_workflows_alone(graphs: dict[str, Graph]) -> None:
    """The state of production is not shared with any account."""
    (bucket,), (key,) = graphs[TOOLS].of("s3/bucketPolicy"), graphs[TOOLS].of("kms/keyPolicy")
    shared = [
        statement
        for statement in [*_statements(bucket), *_statements(key)]
        if f"{DEV}:root" in str(statement["Principal"])
    ]
    assert shared
    assert not any(
        f"{account}:root" in str(statement) for statement in _statements(bucket) for account in (STAGING, PROD)
    )
    assert "prod" not in json.dumps(shared)


def _statements(node: Node) -> list[dict[str, Any]]:
    return node.document()["Statement"]


def test_the_key_requires_the_encryption_context_of_a_stack_from_its_roles(graphs: dict[str, Graph]) -> None:
    """Directly. S3 uses the key for the objects, and an administrator has no such limit."""
    policy = Policy(graphs[TOOLS].of("kms/keyPolicy")[0].document())
    key = f"arn:aws:kms:eu-central-1:{TOOLS}:key/{KEY_ID}"

    def effect(role: str, account: str, **context: str) -> bool | None:
        keys = {name.replace("__", ":"): value for name, value in context.items()}
        return policy.effect("kms:Decrypt", key, {"aws:principalarn": f"arn:aws:iam::{account}:role/{role}", **keys})

    for role, account, stack in (
        ("payment-pipeline-prod-deploy", TOOLS, "prod"),
        ("payment-pipeline-dev-preview", TOOLS, "dev"),
        ("payment-deployer-dev-pull-request", DEV, "dev"),
        ("payment-deployer-pr-stacks", DEV, "pr"),
    ):
        assert effect(role, account) is False
        assert effect(role, account, **{"kms:encryptioncontext:stack": "staging"}) is False
        assert effect(role, account, **{"kms:encryptioncontext:stack": stack}) is True
        assert effect(role, account, **{"kms:viaservice": "s3.eu-central-1.amazonaws.com"}) is True
    assert effect("administrator", TOOLS) is True


@pytest.mark.slow
def test_a_key_whose_secrets_have_no_encryption_context_keeps_its_policy(tmp_path: Path) -> None:
    """Repositories of earlier versions."""
    together = repository(tmp_path, dict.fromkeys(APART, DEV))
    environments = [{"name": name, "account": DEV} for name in ("dev", "staging", "prod")]
    program.changed(together, "pipeline", "main", {"environments": environments, "secrets_provider": provider(DEV)})
    assert run(together, DEV, access=access(together, DEV)).of("kms/keyPolicy") == []


def test_an_account_may_have_all(tmp_path: Path) -> None:
    together = repository(tmp_path, dict.fromkeys(APART, DEV))
    graph = run(together, DEV, access=access(together, DEV))
    assert len(graph.of("kms/keyPolicy")) == 1
    assert len(graph.of("s3/bucketPolicy")) == 1
    assert len(graph.of("iam/role")) == len(ROLES) * 3 + 3


def test_a_pipeline_without_the_setting_gets_no_boundary(changed: Any) -> None:
    """Its program then needs no connection yet."""
    folder = changed("pipeline", "main", permissions_boundary=None, connection_arn=None)
    assert access(folder, TOOLS).boundaries == {}


def test_credentials_of_another_account_deploy_nothing(apart: Path) -> None:
    with pytest.raises(SettingError) as refused:
        run(apart, PROD, credentials=DEV, access=AccountAccess(**_nothing(PROD)))
    assert refused.value.setting == "account"


def _nothing(account: str) -> dict[str, Any]:
    return {"account": account, "oidc_provider": False, "boundaries": {}, "roles": {}, "state": None}


@pytest.mark.slow
def test_the_program_reads_the_output_of_the_command(apart: Path, graphs: dict[str, Graph]) -> None:
    """By a process of its own."""
    graph = run(apart, PROD)
    documents = {node.inputs["name"]: node.document() for node in graph.of("iam/policy")}
    assert documents == {node.inputs["name"]: node.document() for node in graphs[PROD].of("iam/policy")}


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Any]:
    """A function that changes settings of a repository, and returns its folder."""
    folder = repository(tmp_path, APART)

    def change(of: str, stack: str, **changes: Any) -> Path:
        program.changed(folder, of, stack, changes)
        return folder

    yield change


BAD: dict[str, tuple[Changes, str]] = {
    "no account": ({"account": None}, "account"),
    "a short account": ({"account": "1"}, "account"),
    "an unknown setting": ({"acount": DEV}, "acount"),
    "an unknown person's role": ({"people": {"admin": []}}, "people.admin"),
    "a person without an ARN": ({"people": {"redrive": ["ada"]}}, "people.redrive"),
    "everybody": ({"people": {"redrive": [f"arn:aws:iam::{DEV}:role/*"]}}, "people.redrive"),
    "another word for the provider": ({"oidc_provider": "no"}, "oidc_provider"),
    "a stack of another account": ({"workflows": ["prod"]}, "workflows"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_setting_is_refused_with_its_file_and_its_name(changed: Any, bad: str) -> None:
    changes, setting = BAD[bad]
    folder = changed("account", name_of(DEV), **changes)
    with pytest.raises(ProjectError) as refused:
        access(folder, DEV)
    text = str(refused.value)
    assert re.match(rf"infra/account/Pulumi\.{name_of(DEV)}\.yaml(:\d+)?: {setting}\b", text)
    assert len(text.splitlines()) == 1


def test_without_the_account_of_the_pipeline_the_remedy_names_its_file(changed: Any) -> None:
    folder = changed("pipeline", "main", account=None)
    with pytest.raises(ProjectError, match=r"infra/pipeline/Pulumi\.main\.yaml: account"):
        access(folder, DEV)


@pytest.mark.slow
def test_the_program_stops_with_the_sentence_of_the_command(changed: Any) -> None:
    folder = changed("pipeline", "main", account=None)
    with pytest.raises(RunError, match=r"infra/pipeline/Pulumi\.main\.yaml: account"):
        run(folder, DEV)


def test_an_existing_provider_of_another_repository_is_used(changed: Any) -> None:
    account_access = access(changed("account", name_of(DEV), oidc_provider="existing"), DEV)
    assert not account_access.oidc_provider
    assert "payment-deployer-pr-stacks" in account_access.roles


OWNERS = {"names": "org/repository", "ids": "org@1/repository@2"}
STRANGERS = ("org@9/repository@8", "org@1/repository@8", "org@9/repository@2", "org-1/repository-2", "org/repository-2")
"""Repositories with the same name, of another owner or made anew; and names that look like ids."""


JOBS = {
    "dev-pull-request": "pull_request",
    "pr-stacks": "environment:sweep-pr",
    "sandbox-stacks": "environment:sweep-sandbox",
}
"""A job that assumes each role, as GitHub's subject names it."""


@pytest.mark.parametrize("form", OWNERS)
def test_the_trust_accepts_the_subjects_of_its_own_repository_alone(changed: Any, form: str) -> None:
    """In the form that GitHub gives it: with its ids since 15 July 2026."""
    account_access = access(changed("account", name_of(DEV), repository=OWNERS[form]), DEV)
    roles = {name: role.trust for name, role in account_access.roles.items() if "Federated" in str(role.trust)}
    assert len(roles) == 3
    for name, trust in roles.items():
        job = JOBS[name.removeprefix("payment-deployer-")]
        assert _assumes(trust, f"repo:{OWNERS[form]}:{job}")
        others = (*STRANGERS, *OWNERS.values())
        accepted = {other for other in others if _assumes(trust, f"repo:{other}:{job}")}
        assert accepted == {OWNERS[form]}


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("job", ["ref:refs/heads/main", "ref:refs/heads/other", "ref:refs/tags/v1", *JOBS.values()])
def test_a_role_is_assumed_by_its_own_jobs_alone(changed: Any, name: str, job: str) -> None:
    """A job of the default branch without an environment assumes none. A sweep on another branch assumes none."""
    account_access = access(changed("account", name_of(DEV), repository="org@1/repository@2"), DEV)
    trust, subject = account_access.roles[f"payment-deployer-{name}"].trust, f"repo:org@1/repository@2:{job}"
    assert _assumes(trust, subject) == (job == JOBS[name])
    assert _assumes(trust, subject, ref="refs/heads/other") == (job == JOBS[name] == "pull_request")


def _assumes(trust: Document, subject: str, audience: str = "sts.amazonaws.com", ref: str = "refs/heads/main") -> bool:
    """Whether GitHub's token with a subject may assume the role of a trust policy."""
    provider = f"arn:aws:iam::{DEV}:oidc-provider/{PROVIDER}"
    claims = {f"{PROVIDER}:aud": audience, f"{PROVIDER}:sub": subject, f"{PROVIDER}:ref": ref}
    caller = Caller("job", DEV, federated=provider, context=claims)
    target = Target(f"arn:aws:iam::{DEV}:role/r", DEV, Policy(trust), decisive=True)
    return allowed(caller, "sts:AssumeRoleWithWebIdentity", target, {})


@pytest.mark.parametrize("repository", ["org@1/repository", "org/repository@2", "org@x/repository@2", "org"])
def test_a_repository_with_an_id_of_two_is_refused(changed: Any, repository: str) -> None:
    with pytest.raises(ProjectError, match=r"infra/account/Pulumi\.\w+\.yaml:\d+: repository is "):
        access(changed("account", name_of(DEV), repository=repository), DEV)


def test_people_assume_the_role_of_sandboxes_without_a_workflow(changed: Any) -> None:
    person = f"arn:aws:iam::{DEV}:role/aws-reserved/sso.amazonaws.com/*"
    account_access = access(changed("account", name_of(DEV), workflows=[], people={"sandbox": [person]}), DEV)
    (statement,) = account_access.roles["payment-deployer-sandbox-stacks"].trust["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [person]}}
    assert "payment-deployer-pr-stacks" not in account_access.roles
    assert not account_access.oidc_provider


def test_an_environment_with_its_own_roles_gets_no_roles(changed: Any, apart: Path) -> None:
    roles = {kind: f"arn:aws:iam::{PROD}:role/prod-{kind}" for kind in ("preview", "deploy", "shift")}
    folder = changed("pipeline", "main", environments=[{"name": "prod", "roles": roles}])
    assert access(folder, PROD).roles == {}
    assert access(apart, PROD).roles


def test_a_long_statement_is_split_by_its_resources() -> None:
    arns = [f"arn:aws:sqs:eu-central-1:{DEV}:{number:0200}" for number in range(60)]
    statement = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": arns}
    parts = [part for document in packed([{"Statement": [statement]}]) for part in document["Statement"]]
    assert [arn for part in parts for arn in part["Resource"]] == arns
    assert len(parts) > 1


def test_a_statement_that_cannot_be_split_is_refused() -> None:
    statement = {"Effect": "Allow", "Action": [f"sqs:{number:0100}" for number in range(70)], "Resource": ["*"]}
    with pytest.raises(TooLong):
        list(packed([{"Statement": [statement]}]))
