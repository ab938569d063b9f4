"""What the pages say that a team adds first, done word by word in a fresh repository: its check is green after it."""

import ast
import re
from pathlib import Path

import pytest
from bounded_context_cli.docs import section, steps
from bounded_context_cli.docs.names import Names
from conftest import sources
from test_changes import PICTURE, Repository, repository

from template.bake import bake
from template.library import INDEX

__all__ = ["repository"]

SECTIONS = (
    ("a-command",),
    ("rename-a-field",),
    ("a-command", "a-status-between-two-others"),
    ("children",),
    ("a-subscriber", "ask-for-many-by-a-field", "many-in-an-order", "an-entry-point-of-your-own"),
    (
        *("add-a-command", "add-a-step-to-the-check", "a-field", "a-resource-of-your-own-and-a-function-that-uses-it"),
        *("a-secret", "a-queue", "a-schedule", "samples-that-your-rules-accept", "the-times-of-an-aggregate"),
    ),
    ("approval#declare-it",),
    ("archive#declare-an-archive",),
    ("calls#ask-in-a-rule", "calls#its-address-and-its-token", "calls#its-stand-in", "calls#test-it-without-a-network"),
    ("deadlines#declare-it", "deadlines#test-it"),
    ("exports#declare-it", "exports#test-it", "exports#deliver-to-a-partners-server"),
    ("domain#the-component", "domain#make-it-in-a-stack", "frontend#settings"),
    (
        *("fifo#the-queue", "fifo#the-payment-system", "fifo#the-consumer", "fifo#the-sender", "fifo#its-stand-in"),
        "fifo#test-both",
    ),
    ("inbound#react-to-an-event", "inbound#test-a-reaction"),
    ("pager#the-component", "pager#make-it-in-a-stack"),
    ("query#answer-it", "query#test-it", "report#the-function", "report#its-bucket-and-its-schedule", "report#test-it"),
)
"""Each with those that it asks for. Where none can make up for what another one lacks, they share a check."""


def _said(place: str) -> str:
    """Return the section at a page and an anchor, by default of the page about changes."""
    page, _, anchor = place.rpartition("#")
    return section(page or "changing", anchor)


FILES = {"a-field": 1, "a-command": 4}
"""How many a newcomer has to edit, at most."""

TYPED = re.compile(r"^uv run context ([\w -]+)$", re.MULTILINE)
"""The commands of a section."""

RUNS = ("run", "invoke")
"""The commands of an emulator, which end-to-end tests run."""

SCREEN = 60
"""Lines that a person sees at once."""


@pytest.mark.e2e
@pytest.mark.parametrize(
    "anchors",
    # The tasks of every team; the others nightly.
    [
        pytest.param(title, id=" ".join(title), marks=() if "a-field" in title else pytest.mark.nightly)
        for title in SECTIONS
    ],
)
def test_the_steps_of_a_page_are_complete(anchors: tuple[str, ...], repository: Repository) -> None:
    """No line more, and nothing to repair."""
    typed: dict[str, None] = {}
    for anchor in anchors:
        said = _said(anchor)
        assert len(said.strip().splitlines()) <= SCREEN
        for step in steps(said, "payment"):
            step.follow(repository.folder)
        typed |= dict.fromkeys(command for command in TYPED.findall(said) if not command.startswith(RUNS))
    repository.make(*typed)
    assert repository.check() == ""


@pytest.mark.nightly
def test_a_missing_step_is_named(repository: Repository) -> None:
    """Each line has the missing name, and the file to write or the command to run."""
    for anchor in ("a-field", "a-command"):
        for step in steps(section("changing", anchor), "payment"):
            step.follow(repository.folder)
    said = repository.promises("event or field")
    assert re.search(r"events/PaymentVerified/1\.1\.json .*context contracts`", said)
    assert re.search(r"events/PaymentApproved/1\.0\.json .*context contracts`", said)


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_team_has_its_own_command_and_its_own_step_of_the_check(repository: Repository) -> None:
    """The command is listed and runs; a step that fails is named."""
    for anchor in ("add-a-command", "add-a-step-to-the-check"):
        for step in steps(section("changing", anchor), "payment"):
            step.follow(repository.folder)
    assert "\n  sample-list  " in repository.make("--help")
    assert len(repository.make("sample-list --rows 2").splitlines()) == 3
    repository.replace("pyproject.toml", "--rows 1", "--rows none")
    assert "\nlists: " in f"\n{repository.check()}"


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_route_of_its_own_answers_in_the_running_context(repository: Repository) -> None:
    """By HTTP and by message, with the permissions of its preset alone; a bad value is a problem."""
    for step in steps(section("query", "answer-it"), "payment"):
        step.follow(repository.folder)
    repository.write(
        "tests/test_total.py",
        "from bounded_context_local.running.context import api_owner\n\n\n"
        "def test_the_total_of_a_list(running):\n"
        "    list_id = running.upload(running.rows(3)).list_id\n"
        '    total = running.invoke("list_total", {"list_id": list_id})["answer"]\n'
        '    assert total["rows"] == 3\n'
        "    caller = api_owner(running.deployed)\n"
        '    answer = caller.send("GET", f"/lists/{list_id}/total", None)\n'
        "    assert (answer.status, answer.json) == (200, total)\n"
        '    refused = caller.send("GET", f"/lists/{list_id * 9}/total", None)\n'
        '    assert (refused.status, refused.json["code"]) == (400, "bad-parameter")\n',
    )
    assert "1 passed" in repository.make("e2e tests/test_total.py")


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_partner_fetches_its_file_in_a_run(repository: Repository) -> None:
    """As its schedule writes it, in the format of the stack; the event of the download is noted."""
    for step in steps(section("exports", "declare-it"), "payment"):
        step.follow(repository.folder)
    said = repository.make("run")
    assert "1 files prepared" in said
    assert re.search(r"/outgoing/payment-daily-\w+\.csv of acme .*: payment_id;amount;due_date;status", said)


@pytest.mark.e2e
def test_a_new_command_is_in_the_picture(repository: Repository) -> None:
    """Until it is, a promise says what to run."""
    for step in steps(section("changing", "a-command"), "payment"):
        step.follow(repository.folder)
    again = "The picture in README.md does not match the program's resources: run `uv run context contracts`."
    assert again in repository.promises("picture")
    repository.make(PICTURE)
    assert again not in repository.promises("picture")
    readme = (repository.folder / "README.md").read_text(encoding="utf-8")
    assert '        function_approve_payment["ApprovePayment"]\n' in readme


@pytest.mark.parametrize(("anchor", "most"), FILES.items())
def test_a_newcomer_edits_few_files(anchor: str, most: int) -> None:
    """All of them named by the page."""
    assert 0 < len({step.path for step in steps(section("changing", anchor), "payment")}) <= most


@pytest.mark.parametrize("anchors", SECTIONS, ids=" ".join)
def test_the_steps_fit_a_repository_with_an_irregular_plural(anchors: tuple[str, ...], tmp_path: Path) -> None:
    """With the names of its declaration: each place is in one line, and the files are Python."""
    folder = bake(tmp_path, {"context_name": "TaxMan", "plural": "TaxMen", "library": INDEX})
    names = Names.of(folder)
    assert names and names == Names("tax_man", "tax_men", "TaxMan")
    for anchor in anchors:
        for step in steps(_said(anchor), names):
            step.follow(folder)
    for name in sources(folder):
        if name.endswith(".py"):
            ast.parse((folder / name).read_text(encoding="utf-8"))
