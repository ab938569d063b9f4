"""The programs of the pages about a domain and about receivers of alarms."""

import json
from pathlib import Path

import pytest

from bounded_context_cli.docs.cli import DocumentedStep, section, steps
from bounded_context_cli.testing.requests import KINDS, findings

from .graph import CONTEXT, Graph
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
