"""Each role of an AWS service has the actions that AWS documents for it, or a reason."""

from dataclasses import replace
from functools import cache

import pytest

from bounded_context_cli.programs.recording import Graph
from tests.aws_requests.graphs import GRAPHS

from .service_roles import CONDITIONS, Documented, granted, lacking, managed_policies, read, trusted

ENTRIES = read()

pytestmark = pytest.mark.slow


@cache
def graphs() -> dict[str, Graph]:
    """Return each graph that is checked against AWS's models: no role is outside."""
    return {name: graph() for name, graph in GRAPHS.items()}


@cache
def lacking_anywhere(title: str) -> dict[str, frozenset[str]]:
    """Return the lacking actions of all roles to which an entry applies, by graph and role."""
    entry = next(entry for entry in ENTRIES if entry.title == title)
    return {
        f"{name}: {role}": actions
        for name, graph in graphs().items()
        for role, actions in lacking(entry, graph).items()
    }


def without(graph: Graph, action: str) -> Graph:
    """Return a copy of a graph in which no policy has an action."""
    nodes = [
        replace(node, inputs={**node.inputs, "policy": node.inputs["policy"].replace(f'"{action}"', '"sts:Tag"')})
        if node.kind == "iam/rolePolicy"
        else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=nodes)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_each_role_has_the_documented_actions(entry: Documented) -> None:
    lacks = {role: actions - entry.excused for role, actions in lacking_anywhere(entry.title).items()}
    assert {role: sorted(actions) for role, actions in lacks.items() if actions} == {}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_no_reason_is_superfluous(entry: Documented) -> None:
    lacks = lacking_anywhere(entry.title).values()
    assert entry.excused <= frozenset[str]().union(*lacks)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_a_removed_action_is_detected(entry: Documented) -> None:
    graph = next(graph for graph in graphs().values() if entry.roles(graph))
    held = granted(graph, entry.roles(graph)[0])
    for action in sorted(entry.actions & held - entry.excused):
        assert action in frozenset[str]().union(*lacking(entry, without(graph, action)).values())


def test_every_service_of_a_role_has_an_entry() -> None:
    services = {service for graph in graphs().values() for role in graph.of("iam/role") for service in trusted(role)}
    assert services == {entry.principal for entry in ENTRIES}


def unjudged(graph: Graph) -> list[str]:
    """Return the roles of services to which no entry applies."""
    judged = {role.name for entry in ENTRIES for role in entry.roles(graph)}
    return [role.name for role in graph.of("iam/role") if trusted(role) and role.name not in judged]


def test_no_role_of_a_service_is_outside() -> None:
    outside = {name: roles for name, graph in graphs().items() if (roles := unjudged(graph))}
    assert outside == {}


def test_a_role_of_another_service_is_detected() -> None:
    graph = graphs()["with a partner's own server"]
    [role] = [node for node in graph.of("iam/role") if node.name == "deliver-acme"]
    trust = role.inputs["assumeRolePolicy"].replace("transfer.amazonaws.com", "athena.amazonaws.com")
    other = replace(role, inputs={**role.inputs, "assumeRolePolicy": trust})
    nodes = [other if node is role else node for node in graph.nodes]
    assert unjudged(replace(graph, nodes=nodes)) == ["deliver-acme"]


def test_each_connector_has_a_log() -> None:
    connectors = [node for graph in graphs().values() for node in graph.of("transfer/connector")]
    assert connectors
    assert all(connector.inputs.get("loggingRole") for connector in connectors)


def test_every_entry_applies_to_a_role() -> None:
    assert [entry.title for entry in ENTRIES if not lacking_anywhere(entry.title)] == []


def test_the_managed_policies_and_conditions_exist() -> None:
    assert {name for entry in ENTRIES for name in entry.managed} <= managed_policies().keys()
    assert {entry.when for entry in ENTRIES} == CONDITIONS.keys()
    assert all(entry.actions for entry in ENTRIES)
