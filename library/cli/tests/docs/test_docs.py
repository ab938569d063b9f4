"""The platform's pages: what the command prints, and that no link of theirs leads nowhere."""

import re
from pathlib import Path

import pytest

from bounded_context.application.queries import READS
from bounded_context_cli import docs
from tests.console import context
from tests.test_public_names import KEPT, MODULES

IMPORT = re.compile(r"^from (bounded_context\S*) import (\([\w\s,]*\)|[^\n#(]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def test_without_a_name_the_pages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With their titles, so that one can choose."""
    assert context("docs") == 0
    said = capsys.readouterr().out
    assert re.search(r"^runbook +Runbook$", said, re.MULTILINE)
    assert len(said.splitlines()) == len(docs.pages())


def test_a_page_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Markdown, for a pager or a terminal."""
    assert context("docs", "releases") == 0
    assert capsys.readouterr().out == (docs.FOLDER / "releases.md").read_text(encoding="utf-8")


def test_a_terminal_shows_the_rendered_page_in_its_pager(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headings and tables are drawn, and no line is wider than the terminal."""
    paged: list[str] = []
    monkeypatch.setattr("pydoc.pager", paged.append)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for variable, value in (("TERM", "xterm-256color"), ("COLUMNS", "80")):
        monkeypatch.setenv(variable, value)
    assert context("docs", "runbook", "the-alarms") == 0
    [output] = paged
    assert "\x1b[" in output
    plain = re.sub("\x1b\\[[0-9;]*m", "", output)
    assert not re.search(r"^#|^\|", plain, re.MULTILINE)
    assert max(map(len, plain.splitlines())) <= 80
    assert capsys.readouterr().out == ""


def test_words_are_searched_in_all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Page, line and heading of each section with all of the words; sections with a word in the heading come first."""
    assert context("docs", "Dead-Letter", "queue") == 0
    matches = re.findall(r"^(\w+):(\d+) +(\S.*)(?:\n    (.*))?$", capsys.readouterr().out, re.MULTILINE)
    for page, number, heading, text in matches:
        assert docs.page(page).splitlines()[int(number) - 1].strip() in (text, f"## {heading}", f"### {heading}")
        inside = docs.section(page, docs.anchor_of(heading)).lower()
        assert all(word in inside for word in ("dead-letter", "queue"))
    assert ("runbook", "A dead-letter queue is not empty") in [(page, heading) for page, _, heading, _ in matches[:9]]
    assert context("docs", "runbook", "A dead-letter queue is not empty") == 0


def test_a_section_ends_where_the_next_begins(capsys: pytest.CaptureFixture[str]) -> None:
    """What an alarm names is printed, and no more at night."""
    assert context("docs", "runbook", "a-dead-letter-queue-is-not-empty") == 0
    said = capsys.readouterr().out
    assert said.startswith("### A dead-letter queue ")
    assert said.count("\n#") == 0
    assert "redrive <stack> <queue> --go" in said


def test_a_section_contains_its_subsections(capsys: pytest.CaptureFixture[str]) -> None:
    """A comment of a shell is no heading."""
    assert context("docs", "runbook", "the-alarms") == 0
    assert "### A function fails" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["xyzzy"], "runbook"), (["../pages.py"], "runbook"), (["runbook", "nothing"], "the-alarms")],
)
def test_an_unknown_page_is_refused_with_the_known_pages(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word that no page contains, or a misspelt section."""
    assert context("docs", *arguments) == 1
    assert says in capsys.readouterr().err


def test_a_block_that_needs_an_account_names_its_trial_or_its_error() -> None:
    """An item that one can neither run nor recognize would be a worry, and no help."""
    items = re.split(r"^(?:\*\*|## )", docs.page("account"), flags=re.MULTILINE)[1:]
    named = [item for item in items if item.partition("\n")[0].count("**") == 1]
    assert len(named) > 20
    assert [item[:40] for item in named if "*Try" not in item and "*Wrong if:*" not in item] == []


@pytest.mark.parametrize("page", sorted(docs.FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_links_lead_to_pages_and_sections(page: Path) -> None:
    """Those that are installed: a page never points into a repository, where the other file may not be."""
    for name, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = page.parent / name if name else page
        assert target.parent == page.parent, name
        assert docs.page(target.stem)
        assert not anchor or docs.section(target.stem, anchor)


@pytest.mark.parametrize("page", sorted(docs.FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_pages_import_public_names(page: Path) -> None:
    """A team copies these lines, also after a name has moved to another distribution."""
    public = {line.partition("(")[0] for line in KEPT.read_text(encoding="utf-8").splitlines()}
    text = "".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    imported = {f"{module}.{name}" for module, names in IMPORT.findall(text) for name in re.findall(r"\w+", names)}
    assert {name for name in imported if name.rpartition(".")[0] in MODULES} - public - {*MODULES} == set()


def test_the_page_of_the_api_states_the_reads_of_a_page() -> None:
    """A page with a filter by status may read each shard of the index twice."""
    [stated] = re.findall(r"reads an index at most (\d+) times", (docs.FOLDER / "api.md").read_text(encoding="utf-8"))
    assert int(stated) == READS
