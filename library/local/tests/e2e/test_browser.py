"""What no page may have is seen, wherever it shows."""

from pathlib import Path

import pytest

from bounded_context_cli.testing import browser
from bounded_context_cli.views.pages import page

pytestmark = pytest.mark.e2e

WRONG = {
    '<script>console.error("one is wrong")</script>': "1 scripts.",
    "<img src='nowhere.png'>": "The console says: ",
    '<div style="width: 500px">too wide for a phone</div>': "360 px wide, by day: ",
    '<p style="color: #999">hard to read</p>': "faint: hard to read",
    '<p style="color: #555">hard to read</p>': "360 px wide, in the dark: faint: hard to read",
    '<div style="height: 1em; overflow: hidden">one<br>two<br>three</div>': "spilled: <div",
    '<div style="height: 1em; border: 1px solid">one<br>two<br>three</div>': "spilled: <div",
    '<svg viewBox="0 0 1 1"></svg>': "unnamed: <svg",
    "<h4>Deep</h4>": "headings leave out a level, or there is not one of the first: [1, 4].",
    f"<!--{'x' * browser.MOST_BYTES}-->": "The page has 1,0",
    "<style>body { background: white; }</style>": "The page is as bright in the dark as by day.",
}


def test_every_kind_of_flaw_is_reported(tmp_path: Path) -> None:
    """One thing of each kind, on one page; without them it has no flaw."""
    chromium = browser.found_or_skip()
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_text(page("A page", ["<p>Good.</p>"]), encoding="utf-8")
    bad.write_text(page("A page", ["<p>Good.</p>", *WRONG]), encoding="utf-8")
    flaws = browser.look(chromium, bad, tmp_path / "bad").flaws()
    assert [flaw for flaw in WRONG.values() if not any(flaw in sentence for sentence in flaws)] == []
    assert browser.look(chromium, good, tmp_path / "good").flaws() == []
