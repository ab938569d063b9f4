"""Partitions: each ARN and address of a stack is in the partition of its region, in graphs and in documents."""

import itertools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bounded_context_cli.policies import POLICIES
from bounded_context_cli.programs.pulumi_files import config
from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, Program, service
from bounded_context_cli.views.picture import flowchart
from bounded_context_cli.views.picture.model import picture
from bounded_context_infra.configuration.config import Placed, SettingError, partition_of
from bounded_context_infra.configuration.pipeline_settings import SourceKind
from bounded_context_infra.configuration.project import Project, current
from bounded_context_infra.pipeline import Delivery
from bounded_context_local.provider import program as local
from bounded_context_platform.bootstrap import policies_of
from bounded_context_platform.permissions.requested import Requested, Run
from tests.infra.graph import CONTEXT, PARTNERS
from tests.pipeline.program import CODECOMMIT, FOLDER, LEAST, PROJECT

USUAL = "cn-north-1"
"""The region whose services have another domain. Those of the other partitions are tested nightly."""
PARTITIONS = (USUAL, "us-gov-west-1", "eusc-de-east-1")
REGIONS = [pytest.param(region, marks=() if region == USUAL else pytest.mark.nightly) for region in PARTITIONS]
ROLE_DOCUMENTS = ("preview", "deploy", "shift", "redrive", "state", "trust", "boundary")


def _foreign(value: Any, region: str) -> list[str]:
    """The ARNs, addresses and regions of other partitions in a text, or in the texts of a value."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    partition = partition_of(region)
    arns = [arn for arn in re.findall(r"arn:[a-z-]*:[\w.*-]*", text) if not arn.startswith(f"arn:{partition.name}:")]
    hosts = re.findall(rf"(?:https://)?[\w.<>*-]*\b{region}\.[\w.-]+|https://[\w.<>-]*(?:amazon|aws)[\w.-]*", text)
    ends = (f".{partition.domain}", f".{partition.console}")
    elsewhere = re.findall(rf"\b(?:eu-central-1|eu-west-1|{REGION})\b", text)
    return arns + [host for host in hosts if not host.endswith(ends)] + elsewhere


def _texts(graph: Graph) -> Iterator[tuple[str, Any]]:
    for node in graph.nodes:
        yield node.urn, {"inputs": node.inputs, "outputs": node.outputs}
    yield "outputs", graph.outputs


def _foreign_in(graph: Graph, region: str) -> dict[str, list[str]]:
    return {name: faults for name, value in _texts(graph) if (faults := _foreign(value, region))}


def _service(region: str, stack: str = "prod", **settings: Any) -> Graph:
    return service().run_with(stack, {**service().config(stack, **settings), "aws:region": region})


def _in(region: str, value: Any) -> Any:
    """The same settings for another region."""
    text = json.dumps(value).replace("arn:aws:", f"arn:{partition_of(region).name}:")
    return json.loads(text.replace(REGION, region))


def _pipeline(region: str, settings: dict[str, Any], source: SourceKind = "codeconnections") -> Graph:
    answers = {
        "aws:codestarconnections/getConnection:getConnection": {"connectionStatus": "AVAILABLE"},
        "aws:kms/getKey:getKey": {"arn": f"arn:{partition_of(region).name}:kms:{region}:{ACCOUNT}:key/state"},
    }
    program = Program(FOLDER, PROJECT, answers)
    config = {**program.config("main", **settings), "aws:region": region}
    with patch("bounded_context_infra.pipeline.Delivery", lambda context, **_: Delivery(context, source=source)):
        return program.run_with("main", config)


@pytest.fixture
def repository(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose stacks are in the region."""
    shutil.copytree(current().root / "infra", tmp_path / "infra")
    for file in (tmp_path / "infra").rglob("Pulumi.*.yaml"):
        file.write_text(re.sub("(aws:region:) .*", rf"\1 {request.param}", file.read_text()))
    project = Project(tmp_path, current().settings)
    monkeypatch.setattr("bounded_context_cli.programs.recording.current", lambda: project)
    return project


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::bucket",
        "https://cn-north-1.console.aws.amazon.com/",
        "s-1.server.transfer.cn-north-1.amazonaws.com",
        "https://sqs.eu-west-1.amazonaws.com/1/q",
        "https://<region>.console.aws.amazon.com/codesuite",
    ],
)
def test_an_arn_and_an_address_of_another_partition_are_detected(text: str) -> None:
    """Of the test itself."""
    assert _foreign({"Resource": [text]}, "cn-north-1")
    assert not _foreign({"Resource": ["arn:aws-cn:s3:::b", "https://sqs.cn-north-1.amazonaws.com.cn/"]}, "cn-north-1")


@pytest.mark.parametrize("region", REGIONS)
def test_a_stack_has_arns_and_addresses_of_its_partition_alone(region: str) -> None:
    graph = _service(
        region,
        sftp="dedicated",
        partners=PARTNERS,
        rollout_strategy="Canary25Percent20Minutes",
        subscriber_accounts=["222233334444"],
    )
    assert len(graph.nodes) > 100
    assert _foreign_in(graph, region) == {}


@pytest.mark.parametrize("region", REGIONS)
def test_a_stack_at_a_server_of_another_stack_has_an_endpoint_of_its_partition(region: str) -> None:
    graph = _service(region, "staging", sftp="shared", sftp_server_id="s-1111aaaa2222bbbb3", partners=PARTNERS)
    assert _foreign_in(graph, region) == {}


@pytest.mark.parametrize(("settings", "source"), [(LEAST, "codeconnections"), (CODECOMMIT, "codecommit")])
@pytest.mark.parametrize("region", REGIONS)
def test_a_pipeline_has_arns_and_addresses_of_its_partition_alone(
    region: str, settings: dict[str, Any], source: SourceKind
) -> None:
    graph = _pipeline(region, _in(region, settings), source)
    assert len(graph.nodes) > 50
    assert _foreign_in(graph, region) == {}


@pytest.mark.parametrize("region", REGIONS)
def test_the_policies_hold_in_every_partition(region: str) -> None:
    graph = _service(region, sftp="dedicated", partners=PARTNERS)
    assert [violation for policy in POLICIES for violation in policy.violations(graph)] == []


@pytest.mark.parametrize("region", REGIONS)
def test_the_picture_is_the_same_in_every_partition(region: str) -> None:
    drawn, usual = (flowchart(picture(CONTEXT, _service(name), "prod")) for name in (region, REGION))
    assert drawn == usual


@pytest.mark.parametrize("repository", REGIONS, indirect=True)
def test_the_emulated_stack_has_a_region_of_the_emulators_partition(repository: Project) -> None:
    assert local.region(repository) not in PARTITIONS


@pytest.mark.parametrize("repository", REGIONS, indirect=True)
def test_the_documents_of_roles_are_of_the_partition_of_the_stack(repository: Project) -> None:
    region = config(repository.service, "prod")["aws:region"]
    runs: dict[str, Run] = {}
    for stack, role in itertools.product(("prod", "pr", "sandbox"), ROLE_DOCUMENTS):
        requested = Requested(repository, role, stack, "333344445555", "org/payment", runs)
        document = json.dumps(requested.document()[0])
        assert _foreign(document, region) == [], (stack, role)
        assert ACCOUNT not in document, (stack, role)


@pytest.mark.parametrize("region", REGIONS)
def test_the_policies_of_the_state_are_of_the_partition_of_its_region(region: str) -> None:
    policies = policies_of("state", ACCOUNT, "payment", {"pr": "222233334444"}, {}, region)
    assert _foreign([*policies], region) == []
    assert f"arn:{partition_of(region).name}:iam::222233334444:root" in json.dumps(policies.bucket)


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-central-1", "aws"),
        ("us-gov-east-1", "aws-us-gov"),
        ("cn-northwest-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("mx-central-1", "aws"),
        ("eu-northwest-9", "aws"),
    ],
)
def test_a_region_is_in_one_partition(region: str, name: str) -> None:
    assert partition_of(region).name == name


@pytest.mark.parametrize(
    "region", ["us-iso-east-1", "mars-1", "", "eu-west-1.example.com", "eu-wset-1", "eu-west-", "us-easst-1"]
)
def test_a_region_of_no_supported_partition_is_refused(region: str) -> None:
    with pytest.raises(SettingError) as refused:
        partition_of(region)
    assert refused.value.setting == "aws:region"


@pytest.mark.parametrize("setting", ["log_key_arn", "code_signing", "permissions_boundary"])
def test_an_arn_of_another_partition_than_the_stacks_is_refused(setting: str) -> None:
    source = Placed({setting: f"arn:aws:iam::{ACCOUNT}:policy/limit"}, "cn-north-1")
    with pytest.raises(SettingError) as refused:
        source.get(setting)
    assert refused.value.setting == setting


def test_a_program_refuses_an_arn_of_another_partition() -> None:
    with pytest.raises(SettingError) as refused:
        _service("cn-north-1", permissions_boundary=f"arn:aws:iam::{ACCOUNT}:policy/limit")
    assert refused.value.setting == "permissions_boundary"


@pytest.mark.parametrize("region", PARTITIONS)
def test_a_malware_scan_is_refused_in_partitions_without_it(region: str) -> None:
    assert Placed({"malware": "guardduty"}, "eu-west-1").get("malware") == "guardduty"
    assert Placed({"malware": "none"}, region).get("malware") == "none"
    with pytest.raises(SettingError) as refused:
        Placed({"malware": "guardduty"}, region).get("malware")
    assert refused.value.setting == "malware"


def test_a_pipeline_refuses_a_role_of_another_partition() -> None:
    with pytest.raises(SettingError) as refused:
        _pipeline("us-gov-west-1", {**_in("us-gov-west-1", LEAST), "environments": LEAST["environments"]})
    assert refused.value.setting == "environments"


def test_settings_of_the_partition_are_accepted() -> None:
    limit = f"arn:aws-cn:iam::{ACCOUNT}:policy/limit"
    key = f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/0f5a1c2e-1111-2222-3333-444455556666"
    signing = f"arn:aws-cn:lambda:cn-north-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
    topic = f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:customer-prod-events"
    consumes = {"customer": {"topic": topic, "created_by": ["CustomerAdded"]}}
    settings = {"permissions_boundary": limit, "log_key_arn": key, "code_signing": signing, "consumes": consumes}
    graph = _service("cn-north-1", **settings)
    assert _foreign_in(graph, "cn-north-1") == {}
