"""Modules of entry points: the library's are removed, the team's move to the package and are named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from .repository import applied

LOAN = "src/loan"
HANDLERS = f"{LOAN}/handlers"
BOOTSTRAP = "def loans(): ...\n"
COMMAND = '''"""VerifyLoan."""

from bounded_context.handlers import command_handler

from ..bootstrap import loans
from ..commands import VerifyLoan
from ..context import LOAN
from ..use_cases import verify_loan

lambda_handler = command_handler(LOAN, VerifyLoan, verify_loan, loans)
'''
QUERY = "from ..bootstrap import loans\n\nlambda_handler = get_handler(LOAN, loans)\n"
TEMPLATE = {
    f"{LOAN}/context.py": "Command.changes(VerifyLoan, verify_loan, S, 'E')\nCommand.changes(OpenLoan, open_loan, S, 'E')\n",
    f"{LOAN}/bootstrap.py": BOOTSTRAP,
    f"{HANDLERS}/__init__.py": '"""Handlers."""\n',
    f"{HANDLERS}/verify_loan.py": COMMAND,
    f"{HANDLERS}/get_loan.py": QUERY,
    "infra/service/functions.py": (
        '"""F."""\n\nfrom bounded_context.infra import COMMAND\n\nFUNCTIONS = {\n    **commands,\n'
        '    LOAN.get_function: GET,\n    "own": Preset(timeout=1),\n}\n'
    ),
}


def migrated(tmp_path: Path, own: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Apply the step to the template's files with the team's."""
    return applied("entry_points", tmp_path, {**TEMPLATE, **own}, TEMPLATE)


def presets(tmp_path: Path, own: Mapping[str, str]) -> str:
    """Return the lines that the step adds to the presets."""
    before = TEMPLATE["infra/service/functions.py"].splitlines()
    after = migrated(tmp_path, own)[0]["infra/service/functions.py"].splitlines()
    return "\n".join(line.strip() for line in after if line not in before and line)


def test_the_templates_entry_points_are_removed(tmp_path: Path) -> None:
    """With the adapters that only they use."""
    files, notes = migrated(
        tmp_path, {f"{HANDLERS}/open_loan.py": COMMAND.replace("Verify", "Open").replace("verify", "open")}
    )
    assert (set(files), notes) == ({f"{LOAN}/context.py", "infra/service/functions.py"}, [])
    assert files["infra/service/functions.py"] == TEMPLATE["infra/service/functions.py"]


@pytest.mark.parametrize(
    "own",
    [
        COMMAND + "# ours\n",
        COMMAND + "\n\ndef helper(): ...\n",
        COMMAND.replace("..bootstrap", "..own_adapters"),
        COMMAND.replace("verify_loan, loans)", "verify_loan, lambda: loans())"),
    ],
    ids=["a comment", "a function", "other adapters", "an expression"],
)
def test_a_changed_entry_point_moves_and_is_named(tmp_path: Path, own: str) -> None:
    """Its imports follow."""
    files, notes = migrated(tmp_path, {f"{HANDLERS}/verify_loan.py": own})
    assert files[f"{LOAN}/verify_loan.py"] == own.replace("from ..", "from .")
    assert f"{HANDLERS}/verify_loan.py" not in files
    assert notes == []
    assert (
        '    "verify_loan": replace(COMMAND, handler="loan.verify_loan.lambda_handler"),\n'
        in (files["infra/service/functions.py"])
    )
    assert (
        '"""F."""\n\nfrom dataclasses import replace\n\nfrom bounded_context.infra import COMMAND\n'
        in (files["infra/service/functions.py"])
    )


@pytest.mark.parametrize(
    ("item", "after"),
    [
        (
            '"verify_loan": replace(COMMAND, memory=1024),',
            '"verify_loan": replace(COMMAND, memory=1024, handler="loan.verify_loan.lambda_handler"),',
        ),
        ('"verify_loan": OURS,', '"verify_loan": replace(OURS, handler="loan.verify_loan.lambda_handler"),'),
    ],
)
def test_a_preset_of_the_team_keeps_its_values(tmp_path: Path, item: str, after: str) -> None:
    """It gets one more."""
    functions = TEMPLATE["infra/service/functions.py"].replace("}\n", f"    {item}\n}}\n")
    own = {f"{HANDLERS}/verify_loan.py": COMMAND + "# ours\n", "infra/service/functions.py": functions}
    assert after in presets(tmp_path, own).splitlines()


def test_comments_around_the_last_preset_stay_there(tmp_path: Path) -> None:
    """A new preset follows them."""
    functions = TEMPLATE["infra/service/functions.py"]
    last = '    "own": Preset(timeout=1),  # ours\n    # the last one\n'
    functions = functions.replace("GET,\n", "GET,  # cached\n").replace('    "own": Preset(timeout=1),\n', last)
    own = {f"{HANDLERS}/verify_loan.py": COMMAND + "# ours\n", "infra/service/functions.py": functions}
    found = migrated(tmp_path, own)[0]["infra/service/functions.py"]
    new = '    "verify_loan": replace(COMMAND, handler="loan.verify_loan.lambda_handler"),\n'
    assert f"GET,  # cached\n{last}{new}}}\n" in found


def test_the_preset_of_a_query_is_found_by_its_attribute(tmp_path: Path) -> None:
    """Its key is no text."""
    own = {f"{HANDLERS}/get_loan.py": QUERY + "# ours\n"}
    assert 'LOAN.get_function: replace(GET, handler="loan.get_loan.lambda_handler"),' in presets(tmp_path, own)


def test_changed_adapters_keep_all_entry_points(tmp_path: Path) -> None:
    """The library's would use others."""
    files, _ = migrated(tmp_path, {f"{LOAN}/bootstrap.py": BOOTSTRAP.replace("...", "return ours()")})
    assert {f"{LOAN}/bootstrap.py", f"{LOAN}/verify_loan.py", f"{LOAN}/get_loan.py"} <= set(files)


def test_adapters_of_the_team_stay_beside_the_templates(tmp_path: Path) -> None:
    """Only the entry point that uses them stays."""
    own = {
        f"{LOAN}/bootstrap.py": BOOTSTRAP + "\n\ndef ours(): ...\n",
        f"{HANDLERS}/open_loan.py": COMMAND.replace("Verify", "Open")
        .replace("verify", "open")
        .replace("loans", "ours"),
    }
    files, notes = migrated(tmp_path, own)
    assert (files[f"{LOAN}/bootstrap.py"], notes) == (own[f"{LOAN}/bootstrap.py"], [])
    assert {path for path in files if path.endswith("_loan.py")} == {f"{LOAN}/open_loan.py"}
    assert (
        '"open_loan": replace(COMMAND, handler="loan.open_loan.lambda_handler")' in files["infra/service/functions.py"]
    )


def test_own_functions_move_with_their_names(tmp_path: Path) -> None:
    """In tests, in strings and in settings."""
    own = {
        f"{HANDLERS}/remind.py": "from ..context import LOAN\nfrom . import helper\n",
        f"{HANDLERS}/helper.py": "",
        "tests/test_own.py": (
            "from loan.handlers import remind, verify_loan\n\n\ndef test(functions):\n"
            "    functions.invoke(verify_loan, {})\n    functions.invoke(remind, {})\n"
            '    patch("loan.handlers.remind.boto3")\n'
        ),
        "pyproject.toml": 'source = ["loan.handlers.remind"]\n',
    }
    files, notes = migrated(tmp_path, own)
    assert files[f"{LOAN}/remind.py"] == "from .context import LOAN\nfrom . import helper\n"
    assert files["tests/test_own.py"] == (
        "from loan import remind\n\n\ndef test(functions):\n"
        '    functions.invoke("verify_loan", {})\n    functions.invoke(remind, {})\n'
        '    patch("loan.remind.boto3")\n'
    )
    assert files["pyproject.toml"] == 'source = ["loan.remind"]\n'
    assert notes == []


def test_checks_of_a_moved_step_are_found(tmp_path: Path) -> None:
    """In the module of the steps."""
    own = {
        f"{LOAN}/list_steps.py": "def verify_list(): ...\n\n\ndef checks(): ...\n",
        "tests/test_own.py": "from loan.handlers.verify_list import checks\n\nX = 'loan.handlers.verify_list.lambda_handler'\n",
    }
    assert migrated(tmp_path, own)[0]["tests/test_own.py"] == (
        "from loan.list_steps import checks\n\nX = 'loan.list_steps.verify_list'\n"
    )


def test_another_use_of_a_removed_module_is_left_to_the_team(tmp_path: Path) -> None:
    """The note has the file and the call to write."""
    own = "from loan.handlers import verify_loan\n\nverify_loan.lambda_handler({}, None)\n"
    files, [note] = migrated(tmp_path, {"tests/test_own.py": own})
    assert files["tests/test_own.py"] == own
    assert note.startswith("tests/test_own.py: ")
    assert 'functions.invoke("verify_loan", ...)' in note


def test_a_module_whose_new_place_is_taken_stays(tmp_path: Path) -> None:
    """The note has both names."""
    own = {f"{HANDLERS}/remind.py": "A = 1\n", f"{LOAN}/remind.py": "B = 1\n"}
    files, [note] = migrated(tmp_path, own)
    assert (files[f"{HANDLERS}/remind.py"], files[f"{LOAN}/remind.py"]) == ("A = 1\n", "B = 1\n")
    assert note.startswith(f"{HANDLERS}/remind.py: ")
