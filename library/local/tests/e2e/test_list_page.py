"""The page of a list that a run imported, and of one that it refused, in a browser: each number that it promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bounded_context_cli.testing import browser
from bounded_context_cli.testing.browser import Seen
from bounded_context_local.actors.subscriber import wait_until
from bounded_context_local.list_views.facts import gather
from bounded_context_local.list_views.page import list_page
from bounded_context_local.running.context import RunningContext, read_result

from .lists import Sample

pytestmark = pytest.mark.e2e

STAGES = {"deploy": 1.25, "import": 2.5}


def _page(deployed: RunningContext, sent: Sample, events: int, file: Path) -> None:
    """Import a list as a run does, and write its page."""
    uploaded = deployed.partner.upload(sent.name, sent.content)
    ended = deployed.follow(uploaded)
    wait_until(deployed.subscribers, ended.list_id or "", events)
    received = {subscriber.name: subscriber.types_of_list(ended.list_id or "") for subscriber in deployed.subscribers}
    result = read_result(
        deployed, ended, len(sent.rows), deployed.table.imported(ended.list_id or ""), received, STAGES
    )
    file.write_text(list_page(gather(deployed, uploaded, ended, result.report), result), encoding="utf-8")


def _seen(file: Path, folder: Path) -> Seen:
    seen = browser.look(browser.found_or_skip(), file, folder / "browser")
    assert seen.flaws() == []
    return seen


def test_the_page_of_a_list_has_its_rows_rejects_parts_and_times(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path
) -> None:
    """On a wide screen and on a phone, by day and in the dark."""
    sent, file = sample(400).with_ragged(1), tmp_path / "list.html"
    _page(deployed, sent, 400, file)
    # On a phone each cell is a line of its own.
    for view in (view for view in _seen(file, tmp_path).shown if view.width == browser.WIDE):
        lines = [" ".join(line.split()) for line in view.text.splitlines()]
        assert {"uploaded 400", "valid 399", "rejected 1", "imported 399", "cells 1"} <= set(lines)
        [rejected] = [line.split() for line in lines if line.startswith("the row ")]
        assert {str(len(sent.rows[1]) + 1), str(len(sent.rows[1]))} <= set(rejected)
        assert rejected[-2:] == ["1", "2"]
        parts = [line.split() for line in lines if " imported " in line and line[0].isdigit()]
        assert sum(int(part[1]) for part in parts) == 399
        assert all(float(part[-1]) > 0 for part in parts), parts
        states = [line.split() for line in lines if " state " in line]
        steps = {state[0]: float(state[-1]) for state in states if state[-1][0].isdigit()}
        assert steps["ImportList"] > 0
        assert sum(line.startswith("import_list ") for line in lines) == 1
        assert {"deploy 1.25", "import 2.50"} <= set(lines)


def test_the_page_of_a_refused_list_has_the_reason(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path
) -> None:
    """With each reason that its partner reads, and how many rows there are of it."""
    sent, file = sample(20).with_ragged(20), tmp_path / "list.html"
    _page(deployed, sent, 1, file)
    for view in _seen(file, tmp_path).shown:
        assert "REJECTED" in view.text
        assert "20 of 20 rows were rejected" in view.text
        assert "2, 3, 4, 5, 6, 7, 8, 9, ..." in view.text
