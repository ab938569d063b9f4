"""SnapStart: which functions start from a snapshot, and what their copies must not share."""

import random
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context.adapters import conditional

from .graph import CONTEXT, Graph, run


def _snapshots(graph: Graph) -> dict[str, Any]:
    functions = {node.name: node.inputs.get("snapStart") for node in graph.of("lambda/function")}
    return {name.replace("-", "_"): setting for name, setting in functions.items() if setting}


def test_no_function_starts_from_a_snapshot_by_default(prod: Graph) -> None:
    assert _snapshots(prod) == {}


def test_the_functions_of_the_api_start_from_a_snapshot_of_their_published_versions() -> None:
    """Nobody waits for the others. Lambda makes snapshots of versions alone, which the alias calls."""
    graph = run("prod", snap_start=True)
    assert _snapshots(graph) == {name: {"applyOn": "PublishedVersions"} for name in CONTEXT.routes}
    functions = {node.name.replace("-", "_"): node.inputs for node in graph.of("lambda/function")}
    for name in CONTEXT.routes:
        # Lambda developer guide, "SnapStart": neither a file system nor a larger temporary storage.
        assert functions[name]["publish"]
        assert not {"fileSystemConfig", "ephemeralStorage"} & set(functions[name])
        assert graph.outputs["functions"][name].endswith(":live")


def test_copies_of_a_snapshot_draw_their_own_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Any] = []
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", SimpleNamespace(register_after_restore=hooks.append))
    spec = spec_from_file_location(f"{conditional.__name__}_in_lambda", conditional.__file__)
    assert spec
    assert spec.loader
    spec.loader.exec_module(module_from_spec(spec))
    [restored] = hooks
    random.seed(1)
    drawn = random.getstate()
    random.seed(1)
    restored()
    assert random.getstate() != drawn
