"""The public names of the infrastructure, and the private names that components are written with."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import bounded_context_infra as infra
from bounded_context_infra import _parts, components

from .graph import SERVICE, Graph, Program, run

COMPONENTS = Path(str(components.__file__)).parent
ROOT = "bounded_context_infra"
PIPELINE = {"artifacts", "build", "failures", "pipeline", "state"}
"""Components of the pipeline, which no context's own program has."""

OWN = sorted(path.stem for path in COMPONENTS.glob("[!_]*.py") if path.stem not in PIPELINE)
PROGRAM = {"Fanout", "HttpApi", "Inbound", "Inbox", "Schedule", "Table", "Workflow"}
"""The components that a context's program makes itself."""


OF_A_TEAM = {
    *("ALL_KEYS", "Component", "LabelError", "Metric", "Notice", "SettingError", "Settings", "Stack", "Statement"),
    *("When", "alarm", "allow", "grant", "private_bucket", "trust"),
}
"""The names with which a team writes a component of its own, as the pages do."""


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.AST) -> list[ast.ImportFrom]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


PRIVATE = {alias.name for node in _imports(_tree(Path(str(_parts.__file__)))) for alias in node.names}
"""The names of `_parts`."""


def test_every_public_name_leads_to_something() -> None:
    """Each of them once, in order."""
    assert len(set(infra.__all__)) == len(infra.__all__)
    for name in infra.__all__:
        assert getattr(infra, name, None) is not None or importlib.import_module(f"{ROOT}.{name}")


def test_settings_are_read_without_pulumi_aws() -> None:
    """Importing the provider takes a second, and tools read settings."""
    code = "import sys, bounded_context_infra.configuration.settings; sys.exit('pulumi_aws' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize("component", OWN)
def test_a_component_imports_names_of_one_private_package_alone(component: str) -> None:
    """So a copy of it works as it is; only a program wires components."""
    for node in _imports(_tree(COMPONENTS / f"{component}.py")):
        assert node.level == 0, f"{component}: a copy has no neighbours"
        if str(node.module).startswith("bounded_context"):
            assert node.module == f"{ROOT}._parts"
            assert {name.name for name in node.names} <= PRIVATE


def test_a_building_block_is_public_only_for_a_component_of_a_team() -> None:
    """All other names of `_parts` are private: a team changes a component by `transforms`, or ejects it."""
    assert PRIVATE & {*infra.__all__} == OF_A_TEAM


def test_a_team_may_own_every_component(tmp_path: Path) -> None:
    """With a copy of each file in the place of the library's, the program registers the same."""
    for component in OWN:
        (tmp_path / f"own_{component}.py").write_bytes((COMPONENTS / f"{component}.py").read_bytes())
    with patch.object(sys, "path", [str(tmp_path), *sys.path]):
        copies = {name: _copy(name) for name in PROGRAM}
    with patch.multiple(infra, **copies):
        owned = Program(SERVICE, run("prod").outputs["release"]["application"].removesuffix("-prod")).run("prod")
    assert _registered(owned) == _registered(run("prod"))


def _copy(name: str) -> Any:
    module = str(getattr(infra, name).__module__).rpartition(".")[2]
    copy = getattr(importlib.import_module(f"own_{module}"), name)
    assert copy is not getattr(infra, name)
    return copy


def _registered(graph: Graph) -> dict[str, Any]:
    return {node.urn: (node.inputs.keys(), node.protect, node.dependencies) for node in graph.nodes}


def test_every_component_has_a_type_that_stays() -> None:
    """A type is a part of the URN of what hangs below: two of one type would be taken for one another."""
    types = {name: getattr(infra, name).urn_type for name in infra.__all__ if _is_component(getattr(infra, name, None))}
    assert types == {name: f"bounded-context:infra:{name}" for name in types}
    assert len(types) >= len(OWN)


def _is_component(value: Any) -> bool:
    return isinstance(value, type) and value is not infra.Component and issubclass(value, infra.Component)


VAGUE = {"found", "given", "kept", "made", "one", "shown", "taken"}
"""Names that do not say what a value is."""


def _vague(text: str) -> set[str]:
    """Return the variables, parameters and private functions of a module with a vague name."""
    names = set[str]()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) if name.startswith("_"):
                names.add(name.strip("_"))
    return names & VAGUE


def test_names_say_what_a_value_is() -> None:
    """A planted name of each kind is detected."""
    assert _vague("found = 1\ndef _made(given): return [one for one in given]\n") == {"found", "made", "given", "one"}
    files = {path: _vague(path.read_text(encoding="utf-8")) for path in COMPONENTS.parent.rglob("*.py")}
    assert {str(path): names for path, names in files.items() if names} == {}
