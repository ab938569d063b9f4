"""The library's presets become one call; presets of the team stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

FILE = "infra/service/functions.py"
IMPORT = "from bounded_context.infra import (\n    COMMAND,\n    GET,\n    LIST,\n    ON_EVENT,\n    VERIFY_LIST,\n    Preset,\n)\n\n"
CONTEXT = "from loan.context import LOAN\n\n"
STANDARD = (
    "    **dict.fromkeys(LOAN.command_functions, COMMAND),\n    LOAN.get_function: GET,\n    LOAN.list_function: LIST,\n"
    '    LOAN.verification: VERIFY_LIST,\n    "on_event": ON_EVENT,\n'
)
START = "FUNCTIONS: dict[str, Preset] = {\n"
CALLED = "from bounded_context.infra import Preset, standard_presets\n\n"
CALL = "    **standard_presets(LOAN),\n"


def _after(tmp_path: Path, content: str) -> str:
    files, notes = applied("standard_presets", tmp_path, {FILE: content})
    assert notes == []
    return files[FILE]


@pytest.mark.parametrize(
    "own",
    [
        "",
        '    "remind": Preset(timeout=60, memory=256),  # each morning\n',
        '    "one": Preset(timeout=1, memory=3008),\n    # the smallest\n    "two": Preset(timeout=2, memory=128),\n',
    ],
    ids=["the template's", "a function", "comments"],
)
def test_the_functions_of_the_team_follow_the_call(tmp_path: Path, own: str) -> None:
    """Its lines, comments and imports do not change."""
    before = IMPORT + CONTEXT + START + STANDARD + own + "}\n"
    assert _after(tmp_path, before) == CALLED + CONTEXT + START + CALL + own + "}\n"


def test_a_changed_preset_stays_with_its_import(tmp_path: Path) -> None:
    """It comes after the call, so it applies."""
    own = '    "on_event": replace(ON_EVENT, timeout=60),\n'
    before = IMPORT + CONTEXT + START + STANDARD.replace('    "on_event": ON_EVENT,\n', own) + "}\n"
    imported = CALLED.replace("import Preset", "import ON_EVENT, Preset")
    assert _after(tmp_path, before) == imported + CONTEXT + START + CALL + own + "}\n"


COMMENTED = '    "remind": Preset(\n        # minutes\n        timeout=60,  # one\n    ),  # each morning\n'
LAST = "    # the last one\n"


@pytest.mark.parametrize(
    ("presets", "expected"),
    [
        (COMMENTED + STANDARD, CALL + COMMENTED),
        (STANDARD.replace("    LOAN.v", f"{COMMENTED}    LOAN.v"), CALL + COMMENTED),
        (STANDARD + COMMENTED + LAST, CALL + COMMENTED + LAST),
        ("    # the first one\n" + COMMENTED + LAST + STANDARD, "    # the first one\n" + CALL + COMMENTED + LAST),
        (STANDARD + LAST, CALL + '    "on_event": ON_EVENT,\n' + LAST),
    ],
    ids=["before", "between", "after", "above and below", "after the template's"],
)
def test_comments_around_a_preset_stay_there(tmp_path: Path, presets: str, expected: str) -> None:
    """In the preset, at its end, and in the lines below it: each once."""
    assert f"{START}{expected}}}\n" in _after(tmp_path, IMPORT + CONTEXT + START + presets + "}\n")


def test_presets_in_one_line_or_without_a_last_comma_keep_their_comments(tmp_path: Path) -> None:
    """The form of each line remains."""
    in_line = 'FUNCTIONS = {LOAN.get_function: GET, "remind": REMIND}  # all\n'
    expected = 'FUNCTIONS = {**standard_presets(LOAN), "remind": REMIND}  # all\n'
    assert expected in _after(tmp_path / "in one line", IMPORT + CONTEXT + in_line)
    open_end = START + COMMENTED + STANDARD[:-2] + "\n}\n"
    expected = START + CALL + COMMENTED.replace("),  #", ")  #") + "}\n"
    assert expected in _after(tmp_path / "open", IMPORT + CONTEXT + open_end)


@pytest.mark.parametrize("content", ["FUNCTIONS = made_by(LOAN)\n", IMPORT + START + '    "remind": REMIND,\n}\n'])
def test_presets_of_another_form_stay(tmp_path: Path, content: str) -> None:
    """No preset of the library is in them."""
    assert _after(tmp_path, content) == content
