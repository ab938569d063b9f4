"""Whether a run's numbers add up."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from bounded_context.application.importing import UNRECORDED
from bounded_context.domain.lists import Failure
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import Rows, RunResult

LIST_IMPORTED, LIST_REJECTED = "ThingListImported", "ThingListRejected"

IMPORTED = RunResult(
    rows=Rows(uploaded=10, valid=9, rejected=1, imported=9),
    events={"one": Counter({"Created": 9, LIST_IMPORTED: 1}), "two": Counter({"Created": 9, LIST_IMPORTED: 1})},
    outcome="IMPORTED",
    own_event=LIST_IMPORTED,
    not_emulated=[],
    adapted=[],
    stages={"import": 1.2345},
)
REJECTED = replace(
    IMPORTED,
    rows=Rows(uploaded=10, valid=2, rejected=8, imported=0),
    events={"one": Counter({LIST_REJECTED: 1})},
    outcome="REJECTED",
    own_event=LIST_REJECTED,
)


@pytest.mark.parametrize("result", [IMPORTED, REJECTED])
def test_numbers_that_add_up(result: RunResult):
    """An imported and a rejected list are both good ends."""
    assert result.problems() == []


@pytest.mark.parametrize(
    ("result", "names"),
    [
        (replace(IMPORTED, rows=Rows(11, 9, 1, 9)), ["11", "9", "1"]),
        (replace(IMPORTED, rows=Rows(10, 9, 1, 8)), ["8", "9"]),
        (replace(REJECTED, rows=Rows(10, 2, 8, 2)), ["2", "0"]),
        (replace(IMPORTED, events={"one": Counter({"Created": 9})}), ["one", "0", LIST_IMPORTED, "1"]),
        (replace(IMPORTED, events={"one": Counter({"Created": 10, LIST_IMPORTED: 1})}), ["one", "11", "10"]),
        (replace(REJECTED, events={"one": Counter({LIST_REJECTED: 2})}), ["one", "2", LIST_REJECTED, "1"]),
        (replace(IMPORTED, outcome="FAILED", cause="no table"), ["FAILED", "table"]),
    ],
)
def test_numbers_that_do_not_add_up(result: RunResult, names: list[str]):
    """The problem has the found and the expected number, the subscriber and the event."""
    named = re.compile(rf"\b(?:\d+|one|FAILED|table\.|{LIST_IMPORTED}|{LIST_REJECTED})")
    assert names in [[name.rstrip(".") for name in named.findall(problem)] for problem in result.problems()]


def test_json_has_the_promised_form():
    """Programs read the rows, the events, the outcome, what is not emulated and the stages."""
    assert IMPORTED.as_json() == {
        "rows": {"uploaded": 10, "valid": 9, "rejected": 1, "imported": 9},
        "events": {"one": 10, "two": 10},
        "outcome": "IMPORTED",
        "not_emulated": [],
        "stages": {"import": 1.23},
    }


CAUSE = Failure("import_list", 3, "KeyError", "'amount'", "src/things/rules.py:7 in rule", "context logs")


def test_a_failed_list_reports_its_cause():
    """On standard error, for programs, and without the sentence for the partner."""
    failed = replace(REJECTED, outcome="FAILED", cause="send it again", failure=CAUSE)
    [problem] = failed.problems()
    assert all(str(value) in problem for value in CAUSE.facts().values())
    assert "send it again" not in problem
    assert failed.as_json()["failure"] == {
        "step": "import_list",
        "part": 3,
        "error": "KeyError",
        "message": "'amount'",
        "frame": "src/things/rules.py:7 in rule",
        "log": "context logs",
    }


@pytest.mark.parametrize("verbose", [False, True])
def test_the_screen_has_the_frames_of_libraries_if_wanted(verbose: bool, capsys: pytest.CaptureFixture[str]):
    """Each fact of the cause is a line."""
    RunScreen(quiet=False, verbose=verbose).show_failure(CAUSE, '  File "/layer/pydantic.py"')
    screen = capsys.readouterr().out
    lines = [line.split(maxsplit=1) for line in screen.splitlines() if line.startswith("  ")]
    assert [[name, str(value)] for name, value in CAUSE.facts().items()] == lines[:6]
    assert ("/layer/pydantic.py" in screen) is verbose


def test_the_screen_has_the_exception_that_a_step_could_not_record(capsys: pytest.CaptureFixture[str]):
    """Its last line: the step failed before it had the table."""
    failure = Failure("validate_list", error="BadEnvironment", message=UNRECORDED)
    RunScreen(quiet=False, verbose=False).show_failure(failure, '  File "/layer/pydantic.py"\nBadEnvironment: FORMATS')
    screen = capsys.readouterr().out
    assert screen.splitlines()[-1].split() == ["logged", "BadEnvironment:", "FORMATS"]
    assert "/layer/pydantic.py" not in screen
