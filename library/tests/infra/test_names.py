"""A command may have any name: its function's resources are others than the library's of the same name."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bounded_context.configuration.collisions import roles
from bounded_context.tools.policies.names import resources_do_not_replace_each_other
from bounded_context.tools.programs.graph import Graph

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

TAKEN = ("Table", "Key", "Topic", "Verification", *(
    "".join(map(str.capitalize, name.split("-"))) for name in roles(lists=True, backup="vault", malware="guardduty")
))  # fmt: skip
"""Commands with the names of roles, of components that permit something, and of placeholders of the workflow."""


def _names(graph: Graph) -> Iterator[str]:
    """The names of a graph's resources in the program and in AWS, whole and without prefixes and suffixes."""
    for node in graph.nodes:
        for name in (node.name, *(str(node.inputs.get(key, "")) for key in ("name", "alarmName", "dashboardName"))):
            words = name.rpartition("/")[2].lower().replace(" ", "-").removeprefix(f"{prefix_of(graph)}-").split("-")
            yield from ("-".join(words[start:end]) for start, end in ((0, None), (0, -1), (0, -2), (0, 1), (1, None)))


def _commands(graph: Graph) -> list[str]:
    """A command with each name that its function may have."""
    functions = {*CONTEXT.functions, "pre_traffic", "post_traffic"}
    names = {name for name in _names(graph) if re.fullmatch("[a-z][a-z0-9]+(-[a-z][a-z0-9]*)*", name)}
    return [
        "".join(map(str.capitalize, name.split("-")))
        for name in sorted(names)
        if name.replace("-", "_") not in functions
    ]


def _assert_distinct(names: list[str]) -> Graph:
    """The program registers no URN twice, and no identity in AWS."""
    graph = run_context(of_commands(names), "prod", **SETTINGS)
    assert resources_do_not_replace_each_other.violations(graph) == []
    return graph


def test_a_command_may_have_the_name_of_a_role_or_of_a_permission() -> None:
    """The workflow calls the same functions, and its role may call no other."""
    graph, usual = _assert_distinct(list(TAKEN)), run_context(CONTEXT, "prod", **SETTINGS)
    for kind, name, document in (
        ("sfn/stateMachine", "list-import", "definition"),
        *(
            ("iam/rolePolicy", node.name, "policy")
            for node in usual.of("iam/rolePolicy")
            if "to-list-import" in node.name
        ),
    ):
        assert graph.one(kind, name).inputs[document] == usual.one(kind, name).inputs[document]


@pytest.mark.nightly
def test_a_command_may_have_the_name_of_any_resource(full: Graph) -> None:
    assert len(_commands(full)) > 300
    _assert_distinct(_commands(full))


def test_the_roles_are_those_of_the_recorded_graph(full: Graph) -> None:
    """Besides those of functions and of partners."""
    functions = {node.inputs["role"].rpartition("/")[2] for node in full.of("lambda/function")}
    others = {str(node.inputs["name"]) for node in full.of("iam/role")} - functions
    named = {name.removeprefix(f"{prefix_of(full)}-") for name in others}
    expected = roles(lists=True, backup="vault", malware="guardduty")
    assert {name for name in named if not name.startswith("sftp-")} == expected
