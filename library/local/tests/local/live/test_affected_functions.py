"""Whom a change concerns."""

from pathlib import Path
from typing import Any

import pytest

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import entry_point
from bounded_context_infra.configuration.project import Project
from bounded_context_local.live.reload import affected_functions


@pytest.fixture
def handlers(context: Context[Any]) -> dict[str, str]:
    """The entry points of all commands, of two steps, and of one of the library's."""
    names = (*context.command_functions, "register_list", context.verification_step, "relay_events")
    return {name: entry_point(context, name) for name in names}


@pytest.mark.parametrize(
    ("file", "functions"),
    [
        ("list_steps.py", "steps"),
        ("use_cases.py", "all"),
        ("model.py", "all"),
        ("context.py", "all"),
        ("__init__.py", "all"),
        ("of_nobody.py", set()),
        ("table.json", "all"),
    ],
)
def test_functions_that_import_a_file_are_concerned(
    file: str, functions: object, project: Project, context: Context[Any], handlers: dict[str, str]
):
    """Directly or not; where nobody can tell, all of them are."""
    expected = {"steps": {context.verification_step}, "all": set(handlers)}.get(str(functions), functions)
    changed = [project.sources / file]
    assert set(affected_functions(context.name, handlers, project.sources, changed)) == expected


def test_a_saved_module_of_own_routes_concerns_their_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Their entry points are the library's, and their code is in the module."""
    package = tmp_path / "parcels"
    package.mkdir()
    for name, text in (("__init__", ""), ("context", ""), ("routes", "from .context import __doc__")):
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    handlers = {"send": "bounded_context.handlers.entry_points.send", "total": "parcels.routes.total"}
    assert affected_functions("parcels", handlers, package, [package / "routes.py"]) == ["total"]
    assert affected_functions("parcels", handlers, package, [package / "context.py"]) == ["send", "total"]
