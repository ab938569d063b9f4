"""The declaration names each command's rule, and only the versions that are not 1.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

LOAN = "src/loan"
USE_CASES = "def register_loan(): ...\n\n\ndef verify_loan(): ...\n"
COMMANDS = "class RegisterLoan: ...\n\n\nclass VerifyLoan: ...\n"
HEAD = "from bounded_context import Command, Context\n\nfrom .commands import RegisterLoan\n"
EVENTS = '"""E."""\n\nfrom typing import Final\n\nVERSIONS: Final = {"LoanRegistered": "1.0", "LoanVerified": "1.0"}\n"""Versions."""\n\n\nX = 1\n'


def declared(tmp_path: Path, commands: str, **files: str) -> tuple[dict[str, str], list[str]]:
    """Apply the step to a declaration with these commands."""
    own = {f"{LOAN}/{name.replace('__', '/')}.py": content for name, content in files.items()}
    context = {f"{LOAN}/context.py": HEAD + commands}
    return applied(
        "declaration",
        tmp_path,
        {f"{LOAN}/use_cases.py": USE_CASES, f"{LOAN}/commands.py": COMMANDS, **context, **own},
    )


def handler(model: str, rule: str, source: str = "..use_cases") -> str:
    """Return a module with an entry point."""
    return f"from {source} import {rule}\n\nlambda_handler = command_handler(LOAN, {model}, {rule}, loans)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Command.creates(RegisterLoan, Status.A, 'B')\n",
            "Command.creates(RegisterLoan, register_loan, Status.A, 'B')\n",
        ),
        ("Command.deletes(RegisterLoan, 'B')\n", "Command.deletes(RegisterLoan, register_loan, 'B')\n"),
        (
            "Command.creates(\n    RegisterLoan,\n    Status.A,  # ours\n    'B',\n)\n",
            "Command.creates(\n    RegisterLoan,\n    register_loan,\n    Status.A,  # ours\n    'B',\n)\n",
        ),
        (
            f"X = (\n    Command.changes(RegisterLoan, Status.A, 'B', after=({'Status.A, ' * 5}Status.B)),\n)\n",
            "X = (\n    Command.changes(\n"
            f"        RegisterLoan, register_loan, Status.A, 'B', after=({'Status.A, ' * 5}Status.B)\n    ),\n)\n",
        ),
        (
            f"X = (\n    Command.deletes(\n        RegisterLoan, '{'x' * 80}', after=tuple(Status)\n    ),\n)\n",
            "X = (\n    Command.deletes(\n        RegisterLoan,\n        register_loan,\n"
            f"        '{'x' * 80}',\n        after=tuple(Status),\n    ),\n)\n",
        ),
    ],
    ids=["creates", "deletes", "a line each", "a long line", "a longer line"],
)
def test_a_command_gets_its_rule(tmp_path: Path, before: str, after: str) -> None:
    """By the name of its function; the declaration imports it."""
    files, notes = declared(tmp_path, before)
    assert (files[f"{LOAN}/context.py"], notes) == (f"{HEAD}from .use_cases import register_loan\n{after}", [])


def test_the_rule_is_the_one_of_the_handler(tmp_path: Path) -> None:
    """Under another name, and from another module."""
    files, _ = declared(
        tmp_path,
        "Command.creates(RegisterLoan, Status.A, 'B')\n",
        handlers__register_loan=handler("RegisterLoan", "accept", "..intake"),
    )
    assert (
        files[f"{LOAN}/context.py"]
        == f"{HEAD}from .intake import accept\nCommand.creates(RegisterLoan, accept, Status.A, 'B')\n"
    )


def test_an_unknown_rule_is_left_to_the_team(tmp_path: Path) -> None:
    """The note has the file and the command."""
    files, [note] = declared(tmp_path, "Command.creates(OpenLoan, Status.A, 'B')\n")
    assert files[f"{LOAN}/context.py"] == f"{HEAD}Command.creates(OpenLoan, Status.A, 'B')\n"
    assert note.startswith(f"{LOAN}/context.py: ")
    assert "OpenLoan" in note


@pytest.mark.parametrize(
    ("versions", "after"),
    [
        ("1.0", "Context(\n    data=D,\n    api=True,\n)\n"),
        ("2.1", 'Context(\n    data=D,\n    versions={\n        "LoanVerified": "2.1",\n    },\n    api=True,\n)\n'),
    ],
)
def test_only_raised_versions_are_declared(tmp_path: Path, versions: str, after: str) -> None:
    """The dictionary leaves the events, with its docstring and the import of Final."""
    events = EVENTS.replace('Verified": "1.0', f'Verified": "{versions}')
    context = "from .events import VERSIONS, D\n\nContext(\n    data=D,\n    versions=VERSIONS,\n    api=True,\n)\n"
    files, _ = declared(tmp_path, context, events=events)
    assert files[f"{LOAN}/context.py"] == f"{HEAD}from .events import D\n\n{after}"
    assert files[f"{LOAN}/events.py"] == '"""E."""\n\n\nX = 1\n'


def test_versions_that_the_team_uses_stay(tmp_path: Path) -> None:
    """Another module imports them."""
    context = "from .events import VERSIONS, D\n\nContext(data=D, versions=VERSIONS)\n"
    files, _ = declared(tmp_path, context, events=EVENTS, own="from .events import VERSIONS\n")
    assert files[f"{LOAN}/events.py"] == EVENTS
    assert files[f"{LOAN}/context.py"] == HEAD + context
