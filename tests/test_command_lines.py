"""The console scripts accept each command line of pages, workflows, buildspecs and hooks."""

import re
from pathlib import Path

import pytest
from command_lines import blocks, named, rejected, typed
from test_page_commands import PAGES

from template.library import CODE
from template.names import REPOSITORY

GENERATED = REPOSITORY / "<<cookiecutter.context_name>>"
BUILDSPECS = CODE["infra"] / "pipeline" / "buildspecs"
OPTIONAL = CODE["cli"] / "data" / "files"
SCRIPTS = sorted(
    path
    for ending in ("yml", "yaml", "toml")
    for root in (GENERATED, BUILDSPECS, OPTIONAL)
    for path in root.rglob(f"*.{ending}")
)
OWN = re.compile(r'^([\w-]+) = "infra\.\w+:\w+"$', re.MULTILINE)
"""The commands that a page adds to a repository."""
ALL_PAGES = [*PAGES, *sorted(GENERATED.rglob("*.md"))]


def name(path: Path) -> str:
    """The path from the top of this repository."""
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", [page for page in ALL_PAGES if page.name != "CHANGELOG.md"], ids=name)
def test_commands_of_a_page_exist(page: Path) -> None:
    """Lines of blocks are complete; code in the text may name a command without its arguments."""
    text = page.read_text(encoding="utf-8")
    lines = [line for line in typed(blocks(text)) if line.split()[1] not in OWN.findall(text)]
    reasons = [rejected(line) for line in lines] + [rejected(line, incomplete=True) for line in named(text)]
    assert [reason for reason in reasons if reason] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_commands_of_a_workflow_or_buildspec_exist(script: Path) -> None:
    """Every generated file in YAML is read, and the buildspecs of the library."""
    assert [reason for line in typed(script.read_text(encoding="utf-8")) if (reason := rejected(line))] == []


def test_workflows_buildspecs_and_hooks_are_read() -> None:
    """A change of their form may hide their lines."""
    with_commands = {path.name for path in SCRIPTS if list(typed(path.read_text(encoding="utf-8")))}
    workflows = {"action.yml", "check.yml", "preview.yml", "pre-commit-config.yaml"}
    assert workflows | {"build.yml", "deploy.yml", "shift.yml", "smoke.yml"} <= with_commands


def test_a_command_that_no_console_script_accepts_is_named() -> None:
    """A command, a subcommand, an option, an argument that does not exist, and one that is missing."""
    page = "```sh\nuv run context launch  # it\nuv run context cost --fast\nuv run template fleet\n```\n\n"
    page += "So `context pull-request x` and `uv run context\ncheck all`, not `template fleet` and `context rollout`.\n"
    assert [line for line in typed(blocks(page)) if rejected(line)] == [
        "context launch",
        "context cost --fast",
        "template fleet",
    ]
    assert [line for line in named(page) if rejected(line, incomplete=True)] == [
        "context pull-request x",
        "context check all",
    ]


@pytest.mark.parametrize("line", ["context sandbox up ada --hours 48", "context sandbox up ada"])
def test_the_command_parses_the_values_of_its_options(line: str) -> None:
    """A default is not parsed."""
    assert rejected(line) is None
