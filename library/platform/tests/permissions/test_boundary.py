"""The permissions boundary: on every role of a program, as wide as its roles, and required by its deployment."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from bounded_context import Context
from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, service
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.labels import PIPELINE, LabelError, Labels, require_context, require_stack
from bounded_context_infra.configuration.pipeline_settings import SourceKind
from bounded_context_infra.configuration.project import Project, current
from bounded_context_platform import permissions as command
from bounded_context_platform.permissions.grants import boundary
from bounded_context_platform.permissions.policies import of_kind, of_pipeline, place, policy
from bounded_context_platform.temporary_stacks.stack import boundary_of
from tests.accounts.evaluation import FREE, Policy
from tests.console import context
from tests.infra.contexts import EXPORTS, SHAPES
from tests.infra.graph import CONTEXT, DELIVERED, PARTNERS, STACKS, run, run_context, run_shape
from tests.pipeline.program import CLOUD, CODECOMMIT, LEAST, roles
from tests.pipeline.program import run as run_pipeline

from .test_documents import MOST

MANAGED = 6144
"""Characters of a managed policy, white space not counted (IAM quotas)."""

STATE_KEY = f"arn:aws:kms:{REGION}:444455556666:key/77777777-1111-2222-3333-444455556666"
STATE = f"awskms:///{STATE_KEY}?region={REGION}"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/payment-prod-boundary"
Capture = pytest.CaptureFixture[str]


def _size(document: dict[str, Any]) -> int:
    return len(re.sub(r"\s", "", json.dumps(document)))


def _full() -> Graph:
    return run("prod", partners=PARTNERS, sftp="dedicated", rollout_strategy="Canary25Percent20Minutes")


def _boundary(graph: Graph, stack: str = "prod", of: Context[Any] = CONTEXT) -> dict[str, Any]:
    return boundary(place(of, stack, REGION, ACCOUNT), graph, Labels(of.name, stack, of.owner))


def _uncovered(
    graph: Graph, limit: dict[str, Any], stack: str = "prod", name: str = CONTEXT.name
) -> set[tuple[str, str]]:
    """The actions of roles that the boundary does not allow, with their resources."""
    return {*_found(graph, Policy(limit), {"aws:resourcetag/context": name, "aws:resourcetag/stack": stack})}


def _granted(graph: Graph) -> Iterator[tuple[str, str]]:
    for _, statement in graph.statements("iam/rolePolicy"):
        yield from product(statement["Action"], statement["Resource"])


def _found(graph: Graph, limit: Policy, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for _, statement in graph.statements("iam/rolePolicy"):
        keys = {key.lower(): FREE for condition in statement.get("Condition", {}).values() for key in condition}
        for resource in statement["Resource"]:
            for action in statement["Action"]:
                if limit.effect(action, resource, {**tags, **keys}) is not True:
                    yield action, resource


def test_a_boundary_allows_the_connectors_of_its_stack_by_their_tags() -> None:
    """AWS assigns their ids."""
    document = _boundary(run_context(EXPORTS, "prod", partners=DELIVERED))
    [statement] = [each for each in document["Statement"] if "transfer:StartFileTransfer" in each["Action"]]
    assert statement["Resource"] == [f"arn:aws:transfer:{REGION}:{ACCOUNT}:connector/*"]
    assert statement["Condition"]["StringEquals"]["aws:ResourceTag/stack"] == "prod"


@pytest.mark.parametrize("stack", STACKS)
def test_a_boundary_allows_all_that_the_roles_of_its_stack_may(stack: str) -> None:
    graph = run(stack)
    assert _uncovered(graph, _boundary(graph, stack), stack) == set()


def _of_pipeline(graph: Graph) -> dict[str, Any]:
    return boundary(of_pipeline(CONTEXT, REGION, ACCOUNT), graph, Labels(CONTEXT.name, PIPELINE, CONTEXT.owner))


def _pipeline_of(*names: str) -> Graph:
    """Return the pipeline of environments that each have an account and an encryption context."""
    environments = [
        {
            "name": name,
            "roles": roles(name, f"90000000000{number}"),
            "secrets_provider": f"{STATE}&context_stack={name}",
        }
        for number, name in enumerate(names)
    ]
    return run_pipeline({**LEAST, "environments": environments, "secrets_provider": STATE})


@pytest.mark.parametrize(
    ("settings", "source"), [(LEAST, "codeconnections"), (CODECOMMIT, "codecommit"), (CLOUD, "codeconnections")]
)
def test_the_boundary_of_the_pipeline_allows_all_that_its_roles_may(
    settings: dict[str, Any], source: SourceKind
) -> None:
    graph = run_pipeline(settings, source=source)
    assert _uncovered(graph, _of_pipeline(graph), PIPELINE) == set()


def test_the_boundary_of_a_pipeline_with_many_environments_fits_a_managed_policy() -> None:
    graph = _pipeline_of(*(f"environment-{number}" for number in range(5)))
    assert _uncovered(graph, _of_pipeline(graph), PIPELINE) == set()
    assert _size(_of_pipeline(graph)) <= MANAGED


def test_the_boundary_of_the_pipeline_reaches_no_stack() -> None:
    prod = _full()
    covered = {*_granted(prod)} - _uncovered(prod, _of_pipeline(run_pipeline(LEAST)))
    assert {resource for _, resource in covered} <= {"*"}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_boundary_of_any_context_allows_all_and_fits_a_managed_policy(shape: str) -> None:
    graph = run_shape(shape, "prod")
    limit = _boundary(graph, of=SHAPES[shape])
    assert _uncovered(graph, limit, name=SHAPES[shape].name) == set()
    assert _size(limit) <= MANAGED


def test_a_boundary_with_partners_and_releases_fits_a_managed_policy() -> None:
    limit = _boundary(_full())
    assert _uncovered(_full(), limit) == set()
    assert _size(limit) <= MANAGED


@pytest.mark.parametrize("stack", ["dev", PIPELINE])
def test_a_boundary_that_lacks_a_statement_is_detected(stack: str) -> None:
    """Of the test itself."""
    graph = _pipeline_of("dev", "prod") if stack == PIPELINE else run(stack)
    limit = _of_pipeline(graph) if stack == PIPELINE else _boundary(graph, stack)
    for index in range(len(limit["Statement"])):
        without = {**limit, "Statement": limit["Statement"][:index] + limit["Statement"][index + 1 :]}
        assert _uncovered(graph, without, stack)


def test_a_boundary_reaches_no_other_stack() -> None:
    """Neither by its name nor by its key."""
    prod = _full()
    covered = {*_granted(prod)} - _uncovered(prod, _boundary(run("dev"), "dev"))
    assert {resource for _, resource in covered} == {"*"}


def test_the_boundary_of_a_kind_is_that_of_all_its_stacks(capsys: Capture) -> None:
    assert context("permissions", "boundary", "pr", "333344445555") == 0
    document = json.loads(capsys.readouterr().out)
    resources = {resource for statement in document["Statement"] for resource in statement["Resource"]}
    assert "arn:aws:lambda:eu-west-1:333344445555:function:payment-pr-*-*" in resources
    assert not [resource for resource in resources if ACCOUNT in resource or "pr-1" in resource]


def test_every_role_of_a_stack_has_the_boundary_of_its_settings() -> None:
    roles = run("prod", permissions_boundary=LIMIT, sftp="dedicated", partners=PARTNERS).of("iam/role")
    assert len(roles) > 15
    assert {role.inputs.get("permissionsBoundary") for role in roles} == {LIMIT}


def test_every_role_of_the_pipeline_has_the_boundary_of_its_settings() -> None:
    roles = run_pipeline({**LEAST, "permissions_boundary": LIMIT}).of("iam/role")
    assert {role.inputs.get("permissionsBoundary") for role in roles} == {LIMIT}


def test_without_the_setting_no_role_has_a_boundary_and_no_document_requires_it() -> None:
    graph = _full()
    assert not [role for role in graph.of("iam/role") if role.inputs.get("permissionsBoundary")]
    assert "oundary" not in json.dumps(policy("deploy", place(CONTEXT, "prod", REGION, ACCOUNT), graph, {}))


@pytest.mark.parametrize("kind", [None, "pr"])
def test_a_deployment_makes_and_changes_roles_with_the_boundary_only(kind: str | None) -> None:
    """It cannot remove the boundary. It may add it, since existing roles have none."""
    where = of_kind(CONTEXT, kind, REGION, ACCOUNT, LIMIT) if kind else place(CONTEXT, "prod", REGION, ACCOUNT, LIMIT)
    document = policy("deploy", where, _full(), {})
    for action in ("CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"):
        conditions = [
            statement.get("Condition") for statement in document["Statement"] if f"iam:{action}" in statement["Action"]
        ]
        assert conditions == [{"StringEquals": {"iam:PermissionsBoundary": LIMIT}}], action
    role = f"arn:aws:iam::{ACCOUNT}:role/{where.prefix.replace('*', '1')}-relay"
    assert Policy(document).effect("iam:DeleteRolePermissionsBoundary", role, {}) is False
    assert _size(document) <= MOST


def test_a_preview_sets_no_boundary() -> None:
    where = place(CONTEXT, "prod", REGION, ACCOUNT, LIMIT)
    assert "Boundary" not in json.dumps(policy("preview", where, _full(), {}))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose settings can be edited."""
    shutil.copytree(current().root / "infra", tmp_path / "infra")
    project = Project(tmp_path, current().settings)
    monkeypatch.setattr(command, "repository", lambda: project)
    monkeypatch.setattr("bounded_context_cli.programs.recording.current", lambda: project)
    monkeypatch.setattr("bounded_context_cli.programs.stack_settings.current", lambda: project)
    return tmp_path


def _set(repository: Path, stack: str, boundary: str) -> None:
    file = repository / "infra" / "service" / f"Pulumi.{stack}.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["config"]["payment:permissions_boundary"] = boundary
    file.write_text(yaml.safe_dump(settings))


def test_the_documents_of_a_stack_require_the_boundary_of_its_file(repository: Path, capsys: Capture) -> None:
    """Those of a kind require the boundary of the kind."""
    _set(repository, "dev", f"arn:aws:iam::{ACCOUNT}:policy/payment-dev-boundary")
    for stack in ("dev", "pr"):
        assert context("permissions", "deploy", stack, ACCOUNT) == 0
        assert f"policy/payment-{stack}-boundary" in capsys.readouterr().out


def test_an_invalid_boundary_is_refused_with_file_and_setting(repository: Path, capsys: Capture) -> None:
    _set(repository, "dev", "payment-dev-boundary")
    assert context("permissions", "boundary", "dev", ACCOUNT) == 2
    error = capsys.readouterr().err
    assert re.search(r"infra/service/Pulumi\.dev\.yaml:\d+: permissions_boundary ", error)
    assert len(error.splitlines()) == 1


def _set_pipeline(repository: Path, **changes: Any) -> None:
    file = repository / "infra" / "pipeline" / "Pulumi.main.yaml"
    settings = yaml.safe_load(file.read_text())
    filled = {**LEAST, "secrets_provider": STATE, **changes}
    values = {f"payment-pipeline:{name}": value for name, value in filled.items() if value is not None}
    file.write_text(yaml.safe_dump({"config": {**settings["config"], **values}}))


def test_the_boundary_of_the_pipeline_is_printed_for_its_account(repository: Path, capsys: Capture) -> None:
    """It contains the key, the bucket and the roles of the settings."""
    _set_pipeline(repository)
    assert context("permissions", "boundary", "pipeline", "333344445555") == 0
    resources = {
        resource for statement in json.loads(capsys.readouterr().out)["Statement"] for resource in statement["Resource"]
    }
    assert {"arn:aws:s3:::state", STATE_KEY, LEAST["environments"][0]["roles"]["deploy"]} <= resources
    assert "arn:aws:codebuild:eu-west-1:333344445555:project/payment-pipeline-*" in resources


@pytest.mark.parametrize(
    ("changes", "setting"),
    [({"backend": None}, "backend"), ({"secrets_provider": LEAST["secrets_provider"]}, "secrets_provider")],
)
def test_the_boundary_of_the_pipeline_needs_its_settings(
    repository: Path, capsys: Capture, changes: dict[str, Any], setting: str
) -> None:
    """An alias is not enough: IAM accepts keys by their ARN only."""
    _set_pipeline(repository, **changes)
    assert context("permissions", "boundary", "pipeline", ACCOUNT) == 2
    error = capsys.readouterr().err
    assert re.search(rf"infra/pipeline/Pulumi\.main\.yaml(:\d+)?: {setting} ", error)
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("role", ["preview", "deploy", "shift", "state"])
def test_the_pipeline_has_no_other_document(role: str) -> None:
    assert context("permissions", role, "pipeline", ACCOUNT) == 2


@pytest.mark.parametrize(
    "bad", ["", "payment-boundary", "arn:aws:iam::aws:policy/AdministratorAccess", f"arn:aws:iam::{ACCOUNT}:role/limit"]
)
def test_a_program_refuses_a_boundary_that_is_not_an_arn_of_a_policy(bad: str) -> None:
    with pytest.raises(SettingError) as refused:
        run("dev", permissions_boundary=bad)
    assert refused.value.setting == "permissions_boundary"


def test_a_temporary_stack_has_the_boundary_of_its_kind() -> None:
    """A policy with a name of the organization limits it too."""
    dev = f"arn:aws:iam::{ACCOUNT}:policy/teams/payment-dev-boundary"
    assert boundary_of(dev, "payment", "pr-7") == dev.replace("dev", "pr")
    assert boundary_of(dev, "payment", "sandbox-ada") == dev.replace("dev", "sandbox")
    assert boundary_of(dev, "payment", "smoke") == dev.replace("dev", "smoke")
    common = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    assert boundary_of(common, "payment", "pr-7") == common


TEMPORARY = ("pr-7", "pr-prod", "sandbox-ada", "sandbox-1-2")


@pytest.mark.parametrize(
    "name",
    ["state", "pipeline", "deployer", "state-1", "pipeline-two", "deployer-three", "pr", "sandbox", "pr-", *TEMPORARY],
)
def test_a_stack_with_the_name_of_other_resources_is_refused(name: str) -> None:
    """In each account, since the names of resources and the state have no account."""
    with pytest.raises(LabelError, match=re.escape(repr(name))):
        place(CONTEXT, name, REGION, ACCOUNT)
    with pytest.raises(LabelError):
        require_stack(name)
    with pytest.raises(LabelError):
        service().run_with(name, service().config("dev"))


def test_a_temporary_stack_has_the_name_of_its_kind_and_an_end() -> None:
    for name in TEMPORARY:
        require_stack(name, "2126-01-01T00:00:00Z")
    for name in ("pr", "sandbox", "state-1", "pipeline"):
        with pytest.raises(LabelError):
            require_stack(name, "2126-01-01T00:00:00Z")


@pytest.mark.parametrize("name", ["prod", "preview", "sandboxes", "pr1", "dev-pr", "prod-sandbox"])
def test_a_stack_with_a_similar_name_is_accepted(name: str) -> None:
    require_stack(name)


@pytest.mark.parametrize(
    "name", ["payment_dev", "payment_prod", "vat_return_pipeline", "payment_deployer", "order_state_log"]
)
def test_a_context_with_the_prefix_of_another_contexts_stack_is_refused(name: str) -> None:
    with pytest.raises(LabelError):
        require_context(name)


@pytest.mark.parametrize(
    "name", ["payment", "state", "account", "accounts_payable", "dev_tool", "developer", "order_statement"]
)
def test_a_context_without_such_a_word_is_accepted(name: str) -> None:
    require_context(name)
