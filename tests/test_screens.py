"""The pictures of the README show what there is: the example's program, and the screen of a run."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bounded_context_local.additions import ActionResult
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import Rows, RunResult
from screens.record import FILE, counted, drawn, screen, seconds, without_what_was_wiped, written

from template.examples import EXAMPLE
from template.names import REPOSITORY
from template.processes import environment

RUN = RunResult(
    rows=Rows(uploaded=1000, valid=1000, rejected=0, imported=1000),
    events={name: Counter({"PaymentRegistered": 1001}) for name in ("bi", "frontend")},
    outcome="IMPORTED",
    own_event="PaymentListImported",
    not_emulated=[],
    adapted=[],
    stages=dict.fromkeys(("package", "emulator", "deploy", "upload", "import", "events", "additions"), 1.0),
)
BESIDES = (
    ActionResult("POST /payments", "201 REGISTERED"),
    ActionResult("POST /payments again", "409 already-exists"),
    ActionResult("GET /payments/id-999000001", "200 REGISTERED"),
    ActionResult("one-bad-row.csv over SFTP", "REJECTED, line 2, amount: 'no such value'"),
    ActionResult("watch_lists, as its schedule", "the oldest unfinished list is 0 s old"),
    ActionResult("sweep_uploads, as its schedule", "0 unseen uploads"),
    ActionResult("SubscriptionRegistered by subscription", "subscription-1 is stored as KNOWN"),
)


AGAIN = "examples/demo.svg is not what a run shows: run `uv run python -m tests.screens.record`"
PHONE, READABLE = 375, 11
"""Pixels: the width of a phone, and the smallest text."""


def words(text: str) -> set[str]:
    """The words of a screen; numbers are others in each run."""
    return set(re.findall(r"[A-Za-z-]{2,}", text))


@pytest.mark.slow
def test_the_example_is_drawn_as_it_is(tmp_path: Path) -> None:
    """By what its program registers today."""
    pictures = [tmp_path / "payment.svg", tmp_path / "overview.svg"]
    command = [sys.executable, "-m", "bounded_context_lab.drawing", *map(str, pictures)]
    variables = {**environment(), "PYTHONPATH": str(EXAMPLE / "src")}
    subprocess.run(command, cwd=EXAMPLE, env=variables, capture_output=True, check=True)
    again = "examples/{} is not what is drawn of examples/payment: run `uv run template examples`"
    for picture in pictures:
        assert picture.read_bytes() == (EXAMPLE.parent / picture.name).read_bytes(), again.format(picture.name)


def test_the_recorded_demo_has_the_words_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows, its stages, what it did besides, and what it says at its end; nothing comes from elsewhere."""
    recorded = FILE.read_text(encoding="utf-8")
    run_screen = RunScreen(quiet=False)
    run_screen.show(RUN, BESIDES)
    run_screen.show_more("id-000000001")
    assert words(capsys.readouterr().out) <= words(written(recorded)), AGAIN
    assert not re.search(r"(href|src|url)\s*[=(]\s*[\"']?(https?:)?//", recorded)


@pytest.mark.e2e
@pytest.mark.nightly
def test_the_recorded_demo_has_the_numbers_of_a_run() -> None:
    """All counts are equal. The seconds of another machine are within a factor of four, and their sum is right."""
    recorded, run = (written(picture) for picture in (FILE.read_text(encoding="utf-8"), drawn(screen())))
    assert counted(recorded) == counted(run), AGAIN
    times, today = seconds(recorded), seconds(run)
    assert times.keys() == today.keys()
    assert times["all stages"] / 4 < today["all stages"] < times["all stages"] * 4, AGAIN


def test_the_seconds_of_the_recorded_demo_are_its_sum() -> None:
    """Of the stages in its table."""
    *stages, total = seconds(written(FILE.read_text(encoding="utf-8"))).values()
    assert len(stages) == 7
    assert sum(stages) == pytest.approx(total, abs=0.05)


def test_a_wrong_count_in_the_recorded_demo_is_detected() -> None:
    """Another number of resources is a difference, other seconds are none."""
    screens = ("✓ deploy  4.21 s  311 resources", "✓ deploy  5.03 s  311 resources", "✓ deploy  4.21 s  309 resources")
    recorded, slower, stale = (counted(written(drawn(text))) for text in screens)
    assert recorded == slower != stale


@pytest.mark.parametrize("name", ["demo", "overview"])
def test_the_pictures_of_the_readme_are_readable_on_a_phone(name: str) -> None:
    """Their text has 11 pixels or more at the width of a phone."""
    picture = (REPOSITORY / "examples" / f"{name}.svg").read_text(encoding="utf-8")
    [width] = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ', picture))
    [font] = map(float, re.findall(r"font: ([\d.]+)px", picture))
    shown = re.findall(r"!\[[^\]]*\]\(examples/(\w+)\.svg\)", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert name in shown
    assert set(shown) == {"demo", "overview"}
    assert font * min(1, PHONE / width) >= READABLE


def test_a_recorded_screen_has_the_lines_that_stay() -> None:
    """What a spinner said is wiped, colours stay, and so does no folder of the moment."""
    output = "Baked /tmp/demo-x/Payment\n\x1b[?25l⠋ package\r\x1b[2K⠙ package\n\x1b[1A\x1b[2K\x1b[32m✓\x1b[0m package\n"
    assert without_what_was_wiped(output) == "Baked Payment\n\x1b[32m✓\x1b[0m package"
    assert "package" in drawn(without_what_was_wiped(output))
