"""The instructions for coding agents, ``AGENTS.md``: written from the declaration, down to a comment.

Imports no other module of the library, because the bake writes the first file with this module.
"""

from collections.abc import Iterator
from typing import Final

NAME: Final = "AGENTS.md"

END: Final = "<!-- Your own instructions follow. -->\n"
"""The comment after the generated part."""


def page(existing: str, title: str, package: str, *, lists: bool, api: bool) -> str:
    """Return the text of the file, with the team's lines of the existing text.

    Args:
        existing: the text before, or an empty text. Without the comment, all of its lines are the team's.
        title: the aggregate's name, such as ``Payment``.
        package: the context's name, such as ``payment``.
        lists: whether the context imports lists.
        api: whether the context has an HTTP API.
    """
    before, separator, after = existing.partition(END)
    own = after if separator else f"\n{before}" if before.strip() else ""
    return "\n".join(_lines(title, package, lists=lists, api=api)) + f"\n\n{END}{own}"


def _lines(title: str, package: str, *, lists: bool, api: bool) -> Iterator[str]:
    yield f"# {title}: instructions for coding agents"
    yield ""
    yield "This repository declares one bounded context on AWS. The library `bounded-context` has all common code."
    yield "`uv run context docs` lists its pages, and `uv run context docs WORDS` searches them."
    yield f"`uv run context contracts` writes this page from `src/{package}/context.py`, down to the last comment."
    yield ""
    yield "## Build and check"
    yield ""
    yield from _table("command | effect", _commands(lists=lists, api=api))
    yield ""
    yield "A change is complete if `uv run context check` ends with status 0. Otherwise, it lists remedies: file, line,"
    yield "and the text to write or the command to run. No command in this table needs an AWS account."
    yield ""
    yield "## Place of each change"
    yield ""
    yield "Read the section before the change. It names every file to edit."
    yield ""
    yield from _table("change | files | section", _places(package, lists=lists))
    yield ""
    yield "## Files that you do not edit"
    yield ""
    yield from _generated(lists=lists, api=api)
    yield ""
    yield "Leave commands that need an AWS account to a person: they deploy, release or operate a stack."


def _commands(*, lists: bool, api: bool) -> Iterator[tuple[str, ...]]:
    runs = "imports a list" if lists else "sends commands"
    yield "`uv sync`", "installs the pinned packages"
    yield (
        "`uv run context check --changed`",
        "checks style, types, imports and tests, as far as your changes can break them",
    )
    yield "`uv run context check`", "runs all checks"
    yield "`uv run context fix`", "repairs style"
    yield "`uv run context contracts`", "writes schemas, diagrams and documents from the code"
    if api:
        yield "`uv run context openapi`", "writes the API's document"
    yield "`uv run context run`", f"deploys to an embedded AWS on this machine, {runs}, and checks the result"
    yield "`uv run context mcp`", "offers docs, check, run and invoke as tools (`uv run context docs agents`)"


def _places(package: str, *, lists: bool) -> Iterator[tuple[str, ...]]:
    source = f"src/{package}"
    yield "a field", f"`{source}/model.py`", _section("changing a-field")
    yield "a rule", f"`{source}/use_cases.py`", _section("changing a-rule")
    yield "a refusal", f"`{source}/model.py`, `context.py`", _section("changing a-refusal-of-your-own")
    yield "a command", f"`{source}/commands.py`, `use_cases.py`, `context.py`", _section("changing a-command")
    yield "a status", f"`{source}/model.py`, `context.py`", _section("changing a-status-between-two-others")
    yield "a query by a field", f"`{source}/context.py`", _section("changing ask-for-many-by-a-field")
    yield "a subscriber", f"`{source}/context.py`", _section("changing a-subscriber")
    if lists:
        yield "a check of lists", f"`{source}/list_steps.py`", _section("changing a-steps-own-check")
        yield "a state of the workflow", "`workflow/`, ejected", _section("changing a-state-of-the-workflow")
    yield "a call to another system", f"`{source}/`, `infra/service/`", _section("calls")
    yield "a resource", "`infra/service/`", _section("changing a-resource-of-your-own-and-a-function-that-uses-it")
    yield "code of the library", "ejected by `context eject`", _section("changing own-a-part-of-the-library")
    yield "a stack's setting", "`infra/service/Pulumi.<stack>.yaml`", _section("settings")


def _section(words: str) -> str:
    return f"`uv run context docs {words}`"


def _generated(*, lists: bool, api: bool) -> Iterator[str]:
    documents = ["`events/`", "`released/`", *(["`docs/lists.md`"] if lists else []), "the diagrams in `README.md`"]
    yield f"- {', '.join(documents)}: `uv run context contracts` writes them."
    yield "- Earlier versions in `events/` and `released/`: other contexts and stored data need them."
    if api:
        yield "- `docs/api/`: `uv run context openapi` writes it."
    yield "- `.template.json`, `vendor/`, `infra/*/Pulumi.yaml`, `infra/account/__main__.py`,"
    yield "  `infra/pipeline/__main__.py`: `template update` writes them. `uv.lock`: `uv lock` writes it."
    yield "- Files whose first line names `uv run context add`: that command writes them."
    yield "- `build/`: outputs of commands, not in git."


def _table(head: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    names = head.split(" | ")
    yield from (f"| {' | '.join(cells)} |" for cells in (names, ["---"] * len(names), *rows))
