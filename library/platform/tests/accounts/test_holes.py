"""The attack finds each hole of `holes.toml`, which the programs do not have, and reads each kind of node."""

from dataclasses import replace

import pytest

from . import documents
from .grants import unexplained
from .holes import Hole, edit, holes, workflows
from .jobs import executed, files
from .layouts import LAYOUTS, account_graphs, built, unchanged
from .paths import documented, ends
from .reach import Finding, Reach
from .resources import unread

ONE = LAYOUTS["one account"]
JOBS = [hole for hole in holes() if hole.program == "workflow"]
PATHS = [hole for hole in holes() if hole.finding[0] == "change"]
DOCUMENTS = [hole for hole in holes() if hole not in (*JOBS, *PATHS)]


def named(findings: set[Finding]) -> set[tuple[str, str]]:
    """The action and the source of each finding."""
    return {(finding.escalation, finding.source) for finding in findings}


@pytest.fixture(scope="module")
def findings() -> set[tuple[str, str]]:
    """The findings in a world with all holes of documents, which have different sources or actions."""
    return named({*unexplained(documented(built(ONE, edit(DOCUMENTS))))})


@pytest.mark.parametrize("hole", DOCUMENTS, ids=lambda hole: hole.name)
def test_a_hole_in_a_document_is_detected(hole: Hole, findings: set[tuple[str, str]]) -> None:
    assert (hole.finding[0].lower(), hole.finding[1]) in findings


def test_the_holes_have_different_findings() -> None:
    """Otherwise one hole could hide that another is not found."""
    assert len({hole.finding for hole in holes()}) == len(holes()) >= 40


@pytest.mark.parametrize("hole", PATHS, ids=lambda hole: hole.name)
def test_a_hole_that_opens_a_path_is_detected(hole: Hole) -> None:
    # The search ends with the finding: a hole may open thousands of paths.
    assert any(hole.finding == (end.escalation, end.source) for end in ends(Reach(built(ONE, edit([hole])))))


@pytest.mark.parametrize("hole", JOBS, ids=lambda hole: hole.name)
def test_a_hole_in_a_job_is_detected(hole: Hole) -> None:
    assert hole.finding not in named({*executed(files())})
    assert hole.finding in named({*executed(workflows(hole))})


def test_the_attack_reads_each_kind_of_node_and_each_policy() -> None:
    """A new kind in a program, such as the policy of a bus, needs an entry here, and in the attack if it has an ARN."""
    for graph in (documents.pipeline_graph(), *map(documents.service_graph, documents.STACKS)):
        assert {*unread(graph.nodes, attaching=False)} == set()
    for graph in account_graphs(ONE, unchanged).values():
        assert {*unread(graph.nodes, attaching=True)} == set()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("cloudwatch/eventBusPolicy", "policy"),
        ("kms/grant", "operations"),
        ("lambda/functionUrl", "authorizationType"),
        ("iam/rolePolicyAttachment", "policyArn"),
        ("iam/role", "managedPolicyArns"),
        ("iam/role", "inlinePolicies"),
        ("sns/topic", "policy"),
    ],
)
def test_a_policy_that_the_attack_does_not_read_is_detected(kind: str, name: str) -> None:
    [node, *_] = documents.pipeline_graph().nodes
    assert [*unread([replace(node, type=f"aws:{kind}:A", inputs={name: ""})], attaching=False)]
