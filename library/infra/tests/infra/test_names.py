"""A command may have any name: its function's resources are others than the library's of the same name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import new_class
from typing import Any

import pytest

from bounded_context import Aggregate
from bounded_context.domain.spelling import kebab, snake
from bounded_context_cli.policies.resources import resources_do_not_replace_each_other
from bounded_context_cli.programs import Graph
from bounded_context_cli.views.picture import flowchart, picture
from bounded_context_infra.configuration.labels import roles

from .alarms import prefix_of
from .contexts import of_commands
from .graph import CONTEXT, PARTNERS, run_context

SETTINGS: dict[str, Any] = {
    "sftp": "dedicated",
    "partners": PARTNERS,
    "malware": "guardduty",
    "backup": "vault",
    "backup_copy": "arn:aws:backup:eu-west-1:999988887777:backup-vault:copies",
}
"""The settings that add resources with names of their own."""

ROLES = roles(lists=True, backup="vault", malware="guardduty", partners=PARTNERS)

TAKEN = ("Table", "Key", "Topic", "Verification", *(
    "".join(map(str.capitalize, name.split("-"))) for name in ROLES
))  # fmt: skip
"""Commands with the names of roles, of components that permit something, and of placeholders of the workflow."""


def _names(graph: Graph) -> Iterator[str]:
    """The names of a graph's resources in the program and in AWS, whole and without prefixes and suffixes."""
    for node in graph.nodes:
        for name in (node.name, *(str(node.inputs.get(key, "")) for key in ("name", "alarmName", "dashboardName"))):
            words = name.rpartition("/")[2].lower().replace(" ", "-").removeprefix(f"{prefix_of(graph)}-").split("-")
            yield from ("-".join(words[start:end]) for start, end in ((0, None), (0, -1), (0, -2), (0, 1), (1, None)))


def _commands(graph: Graph) -> list[str]:
    """A command with each name that its function may have. Two names differ in more than the context at the end."""
    functions = {*CONTEXT.functions, *CONTEXT.subscribers, "pre_traffic", "post_traffic"}
    names = {name for name in _names(graph) if re.fullmatch("[a-z][a-z0-9]+(-[a-z][a-z0-9]*)*", name)}
    free = {
        name.removesuffix(f"-{CONTEXT.name}"): name for name in sorted(names) if name.replace("-", "_") not in functions
    }
    return ["".join(map(str.capitalize, name.split("-"))) for name in free.values()]


def _others(names: list[str], graph: Graph) -> list[str]:
    """The lines of the README's picture without the boxes of these commands."""
    lines = flowchart(picture(of_commands(names), graph, "prod")).splitlines()
    return [line for line in lines if not any(f'["{name}"]' in line for name in names)]


def _assert_usual(names: list[str]) -> None:
    """The program registers no URN and no identity in AWS twice. The workflow and the picture are as without names."""
    graph, usual = (run_context(of_commands(commands), "prod", **SETTINGS) for commands in (names, ["Pay"]))
    assert resources_do_not_replace_each_other.violations(graph) == []
    assert _others(names, graph) == _others(["Pay"], usual)
    assert graph.one("sfn/stateMachine").inputs["definition"] == usual.one("sfn/stateMachine").inputs["definition"]
    for node in usual.of("iam/rolePolicy"):
        if node.name.endswith("-to-list-import"):
            assert graph.one("iam/rolePolicy", node.name).inputs["policy"] == node.inputs["policy"]


@pytest.mark.slow
def test_a_command_may_have_the_name_of_a_role_or_of_a_permission() -> None:
    _assert_usual(list(TAKEN))


@pytest.mark.nightly
def test_a_command_may_have_the_name_of_any_resource(full: Graph) -> None:
    assert len(_commands(full)) > 300
    _assert_usual(_commands(full))


@pytest.mark.nightly
def test_a_subscriber_may_have_the_name_of_any_resource(full: Graph) -> None:
    """Its setting refuses the names of other dead-letter queues."""
    names = sorted({kebab(snake(name)) for name in _commands(full)} - {"inbound", "uploads"})
    for start in range(0, len(names), 100):
        part = [name for name in names[start : start + 100] if 2 <= len(name) <= 32 and "dead-letters" not in name]
        graph = run_context(CONTEXT, "prod", **SETTINGS, subscribers=part)
        assert resources_do_not_replace_each_other.violations(graph) == []


@pytest.mark.nightly
@pytest.mark.parametrize("plural", ["import", "import_failed", "import_logs"])
def test_a_list_query_may_have_the_name_of_the_workflow(plural: str) -> None:
    graph = run_context(replace(CONTEXT, plural=plural), "prod", **SETTINGS)
    assert resources_do_not_replace_each_other.violations(graph) == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["Release", "Table", "Key", "Uploads", "Topic", "Backup", "Api"])
def test_a_context_may_have_the_name_of_a_resource(name: str) -> None:
    """And a verification that refers to it."""
    aggregate: Any = new_class(name, (Aggregate[CONTEXT.details, CONTEXT.statuses],))
    names = {"name": snake(name), "verification": f"verify_{snake(name)}"}
    graph = run_context(replace(CONTEXT, aggregate=aggregate, versions={}, **names), "prod", **SETTINGS)
    assert resources_do_not_replace_each_other.violations(graph) == []


def test_the_roles_equal_those_of_the_recorded_graph(full: Graph) -> None:
    """Besides those of functions."""
    functions = {node.inputs["role"].rpartition("/")[2] for node in full.of("lambda/function")}
    others = {str(node.inputs["name"]) for node in full.of("iam/role")} - functions
    named = {name.removeprefix(f"{prefix_of(full)}-") for name in others}
    assert named == ROLES
