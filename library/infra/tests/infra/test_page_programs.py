"""The programs of the pages about a domain, about receivers of alarms, and about changed resources."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.docs import DocumentedStep, section, steps
from bounded_context_cli.testing.requests import KINDS, findings

from .graph import CONTEXT, Graph, run
from .test_team import Repository

PAGES = ("domain", "pager")
SECTIONS = ("the-component", "make-it-in-a-stack")
PROD = "infra/service/Pulumi.prod.yaml"


def _steps(page: str) -> list[DocumentedStep]:
    return [step for name in SECTIONS for step in steps(section(page, name), CONTEXT.name)]


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """Production with both, and with the pager's address, which the stack's file has encrypted."""
    repository = Repository(tmp_path)
    for page in PAGES:
        for step in _steps(page):
            if step.path.startswith("infra/"):
                step.follow(tmp_path)
    repository.replace(PROD, "  pager:team:", "  pager:url: https://pager.example/key-1\n  pager:team:")
    for kind in ("apigatewayv2/domainName", "apigatewayv2/apiMapping", "chatbot/slackChannelConfiguration"):
        monkeypatch.setitem(KINDS, kind, ())
    for page in PAGES:
        for step in _steps(page):
            if step.path == "tests/conftest.py":
                exec(step.text, {})  # noqa: S102
    return repository.run("prod")


def test_the_name_leads_to_the_default_stage_over_tls(graph: Graph) -> None:
    """With the certificate of the stack's file; AWS accepts each request."""
    domain, mapping = graph.one("apigatewayv2/domainName"), graph.one("apigatewayv2/apiMapping")
    assert domain.inputs["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    assert (mapping.inputs["apiId"], mapping.inputs["stage"]) == (graph.outputs["api"]["id"], "$default")
    record = graph.one("route53/record", "domain")
    assert record.inputs["name"] == domain.inputs["domainName"]
    assert [finding for node in (domain, mapping, record) for finding in findings(node)] == []


def test_the_pager_wakes_for_critical_alarms_and_the_chat_shows_all(graph: Graph) -> None:
    """The chat's role has no permission."""
    pager, chat = graph.one("sns/topicSubscription", "pager"), graph.one("chatbot/slackChannelConfiguration")
    assert pager.inputs["topic"] == graph.outputs["alarm_topic_arn"]
    assert set(chat.inputs["snsTopicArns"]) == {graph.outputs[f"{name}_topic_arn"] for name in ("alarm", "warning")}
    assert "chat" not in json.dumps([node.inputs["role"] for node in graph.of("iam/rolePolicy")])
    assert [finding for node in (pager, chat) for finding in findings(node)] == []


def test_a_transform_changes_a_resource_of_a_component(tmp_path: Path) -> None:
    """The page's program, as a whole: the recorded graph has the changed input, and no other difference."""
    repository = Repository(tmp_path)
    for step in steps(section("changing", "change-a-resource-of-a-component"), CONTEXT.name):
        step.follow(tmp_path)
    changed, before = repository.run("prod"), run("prod")
    table = changed.one("dynamodb/table")
    assert table.inputs["tableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert findings(table) == []
    assert {urn for urn, inputs in _inputs(changed).items() if inputs != _inputs(before)[urn]} == {table.urn}


def _inputs(graph: Graph) -> dict[str, Any]:
    """The inputs of each resource without archives, by its URN."""
    inputs = {node.urn: {name: value for name, value in node.inputs.items() if name != "code"} for node in graph.nodes}
    assert len(inputs) == len(graph.nodes)
    return inputs


def test_a_transform_of_the_program_changes_all_later_resources(tmp_path: Path) -> None:
    """Also the resources of composers, and their options. A transform of a component comes first."""
    repository = Repository(tmp_path)
    repository.replace("infra/service/__main__.py", "stack = Stack(", f"{TRANSFORMS}stack = Stack(")
    component = "opts=pulumi.ResourceOptions(transforms=[shorter]))"
    repository.replace(
        "infra/service/__main__.py", 'Inbound("inbound", stack)', f'Inbound("inbound", stack, {component}'
    )
    graph = repository.run("prod")
    periods = {node.name: node.inputs["messageRetentionSeconds"] for node in graph.of("sqs/queue")}
    assert periods.pop("inbound") == 61
    before = {node.name: node.inputs["messageRetentionSeconds"] for node in run("prod").of("sqs/queue")}
    assert periods == {name: before[name] + 1 for name in periods}
    assert all("memorySize" in node.ignore_changes for node in graph.of("lambda/function"))


TRANSFORMS = """\
import pulumi


def longer(args):
    if args.type_ == "aws:sqs/queue:Queue":
        args.props["messageRetentionSeconds"] += 1
    elif args.type_ == "aws:lambda/function:Function":
        args.opts.ignore_changes = ["memorySize"]
    return pulumi.ResourceTransformResult(args.props, args.opts)


def shorter(args):
    if args.name == "inbound" and args.custom:
        return pulumi.ResourceTransformResult({**args.props, "messageRetentionSeconds": 60}, args.opts)


pulumi.runtime.register_resource_transform(longer)
"""
