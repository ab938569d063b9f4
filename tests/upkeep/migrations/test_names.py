"""The tables of moved modules and of commands, compared with the library's versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

import pytest
from bounded_context.tools.command.commands import GROUPS

from template.library import REPOSITORY, SOURCES
from template.upkeep.git import Git
from template.upkeep.migrations.v0_4_0.names import LIBRARY, MODULES, MOVED, RECIPES, RENAMED, moved
from template.upkeep.releases import release

EARLIER = (pytest.param("0.2.0", marks=pytest.mark.nightly), "0.3.0")
GONE = {
    "contracts.openapi.page",
    "docs.__main__",
    "local.dashboards.figures",
    "local.observation.observation",
    "local.observation.settled",
    "local.observation.trail",
    "local.observation.trail_facts",
    "local.observation.trail_screen",
    "pipeline.limits",
    "redrive.letterbox",
    "redrive.letters",
    "testing.promises.data",
    "testing.promises.losses",
    "testing.promises.permissions",
    "testing.promises.releases",
    "testing.promises.watching",
    "typed",
    "usage",
}
"""Modules of the library's own commands and tests, which no repository imports, without a module of the same content."""


def module(path: PurePosixPath) -> str:
    """Return the dotted name of a module's file."""
    return ".".join(path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts)


def modules_of(version: str) -> list[str]:
    """Return the modules of the library in a version, without the library's name."""
    git, folder = Git(REPOSITORY), f"library/src/{LIBRARY}/"
    done = git.run("ls-tree", "-r", "--name-only", release(version).commit, folder)
    if done.returncode:
        pytest.skip("this clone does not have the whole history")
    paths = done.stdout.decode().splitlines()
    return [module(PurePosixPath(path.removeprefix(folder))) for path in paths if path.endswith(".py")]


@cache
def today() -> frozenset[str]:
    """Return the modules of the library in this version."""
    folder = SOURCES / "src" / LIBRARY
    return frozenset(module(PurePosixPath(path.relative_to(folder).as_posix())) for path in folder.rglob("*.py"))


def new_name(name: str) -> str:
    """Return the new name of a module, without the library's name."""
    return moved(f"{LIBRARY}.{name}").removeprefix(f"{LIBRARY}.")


@pytest.mark.parametrize("version", EARLIER)
def test_each_module_of_an_earlier_version_has_a_successor(version: str) -> None:
    """Unless it is a command's start, or one of the modules that are gone."""
    lost = {name for name in modules_of(version) if not name.endswith("__main__") and new_name(name) not in today()}
    assert lost - GONE == set()


def test_no_module_of_this_version_moves_again() -> None:
    """A step that is applied twice has the same result."""
    assert {name: new_name(name) for name in today() if new_name(name) != name and name not in MOVED} == {}
    assert {target: moved(f"{LIBRARY}.{target}") for target in RENAMED.values() if new_name(target) != target} == {}


@pytest.mark.parametrize("version", EARLIER)
def test_each_recipe_and_each_command_of_an_earlier_version_has_a_successor(version: str) -> None:
    """A recipe without arguments is one of the words of the justfile's lines."""
    git = Git(REPOSITORY)
    done = git.run("show", f"{release(version).commit}:<<cookiecutter.context_name>>/justfile")
    if done.returncode:
        pytest.skip("this clone does not have the whole history")
    names = re.findall(r"^([a-z][\w-]*)(?: [^:\n]*)?:(?!=)", done.stdout.decode(), re.MULTILINE)
    assert set(names) - set(RECIPES) == set()
    starts = {name.removesuffix(".__main__") for name in modules_of(version) if name.endswith(".__main__")}
    assert starts - set(MODULES) == set()


def test_each_successor_is_a_command() -> None:
    """The first word of each is a command of `context`."""
    commands = set(_commands())
    assert {words.split()[0] for words in (*RECIPES.values(), *MODULES.values()) if words} - commands == set()


def _commands() -> Iterable[str]:
    return (name for group in GROUPS.values() for name in group)
