"""The pictures of the README show what there is: the example's program, and the screen of a run."""

import html
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bounded_context_local.additions import ActionResult
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import Rows, RunResult
from screens.record import drawn, without_what_was_wiped

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


def words(text: str) -> set[str]:
    """The words of a screen; numbers are others in each run."""
    return set(re.findall(r"[A-Za-z-]{2,}", text))


@pytest.mark.slow
def test_the_example_is_drawn_as_it_is(tmp_path: Path) -> None:
    """By what its program registers today."""
    picture = tmp_path / "payment.svg"
    command = [sys.executable, "-m", "bounded_context_lab.drawing", str(picture)]
    variables = {**environment(), "PYTHONPATH": str(EXAMPLE / "src")}
    subprocess.run(command, cwd=EXAMPLE, env=variables, capture_output=True, check=True)
    again = "examples/payment.svg is not what is drawn of examples/payment: run `uv run template examples`"
    assert picture.read_bytes() == EXAMPLE.with_suffix(".svg").read_bytes(), again


def test_the_recorded_demo_has_the_words_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows, its stages, what it did besides, and what it says at its end; nothing comes from elsewhere."""
    recorded = (REPOSITORY / "examples" / "demo.svg").read_text(encoding="utf-8")
    screen = RunScreen(quiet=False)
    screen.show(RUN, BESIDES)
    screen.show_more("id-000000001")
    text = html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", recorded))).replace("\xa0", " ")
    again = "examples/demo.svg is not what a run shows: run `uv run python -m tests.screens.record`"
    assert words(capsys.readouterr().out) <= words(text), again
    assert not re.search(r"(href|src|url)\s*[=(]\s*[\"']?(https?:)?//", recorded)


def test_a_recorded_screen_has_the_lines_that_stay() -> None:
    """What a spinner said is wiped, colours stay, and so does no folder of the moment."""
    output = "Baked /tmp/demo-x/Payment\n\x1b[?25l⠋ package\r\x1b[2K⠙ package\n\x1b[1A\x1b[2K\x1b[32m✓\x1b[0m package\n"
    assert without_what_was_wiped(output) == "Baked Payment\n\x1b[32m✓\x1b[0m package"
    assert "package" in drawn(without_what_was_wiped(output))
