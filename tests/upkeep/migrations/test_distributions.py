"""The library's distributions: imports and requirements of a repository of 0.4.0."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from template.upkeep.migrations.v0_5_0.distributions import _PRIVATE, _PUBLIC, MODULES, apply

DEV = 'dev = ["bounded-context[infra,local,pinned,tools]", "httpx==1"]\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from bounded_context.infra.pipeline import Delivery\n",
            "from bounded_context_infra.pipeline import Delivery\n",
        ),
        ("from bounded_context import infra, Context\n", "import bounded_context_infra as infra\n"),
        (
            "from bounded_context.infra import (\n    Stack,  # ours\n    Table,\n)\n",
            "from bounded_context_infra import (\n    Stack,  # ours\n    Table,\n)\n",
        ),
        (
            "from bounded_context.testing import ConsumedEvents, Samples\n",
            "from bounded_context_cli.testing import ConsumedEvents\nfrom bounded_context.testing import Samples\n",
        ),
        (
            "from bounded_context.testing.running import Running\n",
            "from bounded_context_local.testing.running import Running\n",
        ),
        (
            "patch('bounded_context.tools.release.rollout.run')\n",
            "patch('bounded_context_operations.release.rollout.run')\n",
        ),
        (
            "from bounded_context.tools.release.package import build_lambda\n",
            "from bounded_context_cli.package import build_lambda\n",
        ),
        (
            "from bounded_context.tools.repair.redrive import cli\n",
            "from bounded_context_operations.repair.redrive import cli\n",
        ),
        ("from bounded_context import Command\n", "from bounded_context import Command\n"),
        (
            "from bounded_context.infra.parts.buckets import private_bucket\n",
            "from bounded_context_infra import private_bucket\n",
        ),
        (
            "from bounded_context.infra import Component, Stack\n"
            "from bounded_context.infra.parts.buckets import private_bucket\n",
            "from bounded_context_infra import Component, Stack, private_bucket\n",
        ),
        (
            '"""Receipts."""\n\n'
            "from bounded_context.infra import Component\n"
            "from bounded_context.infra.parts.buckets import private_bucket\n",
            '"""Receipts."""\n\nfrom bounded_context_infra import Component, private_bucket\n',
        ),
        (
            "from bounded_context.testing.functions import Functions\n",
            "from bounded_context.testing.functions import Functions\n",
        ),
    ],
)
def test_an_import_follows_its_module(tmp_path: Path, before: str, after: str) -> None:
    """Statements, names in strings, and no name of the runtime."""
    file = tmp_path / "src" / "a.py"
    file.parent.mkdir()
    file.write_text(before)
    for _ in range(2):
        assert list(apply(tmp_path, tmp_path)) == []
        assert after in file.read_text()


def test_the_requirements_name_the_distributions(tmp_path: Path) -> None:
    """A team's own requirement remains."""
    file = tmp_path / "pyproject.toml"
    file.write_text(f'dependencies = ["bounded-context[runtime]==0.4.0"]\n{DEV}')
    list(apply(tmp_path, tmp_path))
    text = file.read_text()
    assert 'dependencies = ["bounded-context==0.4.0"]' in text
    assert (
        'dev = [{ include-group = "deploy" }, "bounded-context-cli[pinned]", "bounded-context-local", "httpx==1"]'
        in text
    )


@pytest.mark.parametrize("place", [*MODULES.values()])
def test_a_new_place_exists(place: str) -> None:
    """A module, or a name in a module."""
    module, _, name = place.rpartition(".")
    assert hasattr(import_module(module), name) if module and name[0].isupper() else import_module(place)


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (
            "from bounded_context.infra import Stack, queue\n",
            "from bounded_context_infra import Stack\nfrom bounded_context_infra._parts import queue\n",
            "queue",
        ),
        (
            "from bounded_context.infra.parts import allow, kebab\n",
            "from bounded_context_infra import allow\nfrom bounded_context_infra._parts import kebab\n",
            "kebab",
        ),
        (
            "from bounded_context.infra.parts.api_alarms import watch_api\n",
            "from bounded_context_infra._parts import watch_api\n",
            "watch_api",
        ),
        ("from bounded_context.infra import parts\n", "from bounded_context_infra import _parts as parts\n", "parts"),
        (
            "import bounded_context.infra as infra\n\ninfra.queue(infra.Stack)\n",
            "import bounded_context_infra as infra\n\ninfra.queue(infra.Stack)\n",
            "queue",
        ),
    ],
)
def test_an_import_of_a_private_building_block_is_led_and_reported(
    tmp_path: Path, before: str, after: str, names: str
) -> None:
    """With the file and the names; a second step reports the same."""
    file = tmp_path / "infra" / "a.py"
    file.parent.mkdir()
    file.write_text(before)
    for _ in range(2):
        [note] = apply(tmp_path, tmp_path)
        assert note.startswith("infra/a.py: ")
        assert f": {names}. " in note
        assert file.read_text() == after


def test_each_building_block_of_0_4_exists() -> None:
    """At the place to which its import leads."""
    public, private = import_module("bounded_context_infra"), import_module("bounded_context_infra._parts")
    assert {name for name in _PUBLIC if hasattr(public, name)} == _PUBLIC
    assert {name for name in _PRIVATE if hasattr(private, name) and not hasattr(public, name)} == _PRIVATE
    module = ast.parse(Path(str(private.__file__)).read_text(encoding="utf-8"))
    imported = {alias.name for node in module.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported >= _PUBLIC | _PRIVATE
