"""Whom a change concerns."""

from typing import Any

import pytest

from bounded_context.context import Context
from bounded_context.local.live.concerned import concerned
from bounded_context.project import Project


@pytest.fixture
def handlers(context: Context[Any]) -> dict[str, str]:
    """The entry points of all commands, of two steps, and of one of the library's."""
    ours = [*context.command_functions, "register_list", context.verification]
    return {name: f"{context.name}.handlers.{name}.lambda_handler" for name in ours} | {
        "relay_events": "bounded_context.handlers.relay_events.lambda_handler"
    }


@pytest.mark.parametrize(
    ("file", "functions"),
    [
        ("handlers/register_list.py", {"register_list"}),
        ("use_cases.py", "rules"),
        ("model.py", "all"),
        ("context.py", "all"),
        ("__init__.py", "all"),
        ("handlers/of_nobody.py", set()),
        ("table.json", "all"),
    ],
)
def test_functions_that_import_a_file_are_concerned(
    file: str, functions: object, project: Project, context: Context[Any], handlers: dict[str, str]
):
    """Directly or not; where nobody can tell, all of them are."""
    rules = {*context.command_functions, context.verification}
    expected = {"rules": rules, "all": set(handlers)}.get(str(functions), functions)
    changed = [project.sources / file]
    assert set(concerned(context.name, handlers, project.sources, changed)) == expected
