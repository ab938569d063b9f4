"""``template update`` on repositories that a version of the template baked and a team changed."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from terminal import terminal

from template.cli import main
from template.library import DISTRIBUTIONS, VERSION
from template.new import completed
from template.processes import Asked, Heed
from template.record import FILE, digest
from template.upkeep import commands, sources
from template.upkeep.apply import require_clean
from template.upkeep.conditions import exclusive
from template.upkeep.errors import CannotTell
from template.upkeep.merge import Merged
from template.upkeep.migrations import step
from template.upkeep.migrations.v0_5_0.optional_files import FILES
from template.upkeep.releases import CHANGELOG, OLDEST, Release, behind, release, releases
from template.upkeep.reports import outcome_lines
from template.upkeep.update import Bakes, Outcome, merge_bakes, plan, update

from .edits import FUNCTIONS, OWN_HANDLER, PROGRAM, REMIND, WORKFLOW, all_edits
from .migrations.repository import planted, rename
from .team import BakedBy, Team, copied, largest_file

DESCRIPTION = "Registers every payment, one by one or by the list, and tells the other contexts."
"""The default of 0.4.0, which a repository keeps."""

EARLIER = [
    release.version
    for release in releases()
    if release.version != VERSION and behind(release.version) <= behind(OLDEST)
]
UPDATED = [*(pytest.param(version, marks=pytest.mark.nightly) for version in EARLIER[:-1]), EARLIER[-1]]
"""The versions that can be updated; all except the last are tested nightly."""

PACKAGE = "src/payment"
PYTHON_2 = {
    "scripts/report.py": 'context = {}\nprint "in Python 2", context, ["-m", 1]\n',
    "scripts/release_2.py": "from bounded_context import pipeline\nexec 'x'\n",
}
"""Scripts that no step can parse. Only the second one has a name that a step edits."""

ASL = "workflow/list_import.asl.json"


def updated(team: Team, **changes: str) -> Outcome:
    """Take a repository to this version."""
    return update(plan(team.folder, None, changes), dict, write=True, heed=Heed())


def never_asked(team: Team, question: str) -> None:
    """The repository was baked before there was this question."""
    record = json.loads(team.read(".template.json"))
    del record["default_context"][question]
    record["digest"] = digest(record["default_context"])
    team.write(".template.json", json.dumps(record))
    team.commit("baked before the question came")


def lived_in(team: Team) -> None:
    """What a team does in a year: a command of its own, changed and renamed and removed files, a component, the ASL."""
    team.write(f"{PACKAGE}/refund_payment.py", '"""Refunds."""\n\nfrom payment.context import PAYMENT\n')
    team.write(f"{PACKAGE}/use_cases.py", team.read(f"{PACKAGE}/use_cases.py") + "# ours\n")
    team.write("infra/service/ledger.py", '"""A component of our own."""\n')
    team.write(f"{PACKAGE}/list_steps.py", team.read(f"{PACKAGE}/list_steps.py") + "# ours\n")
    team.git("mv", "tests/test_list.py", "tests/test_lists.py")
    team.write("tests/test_lists.py", team.read("tests/test_lists.py") + "# ours\n")
    team.git("rm", "--quiet", "tests/test_handlers.py")
    team.write(ASL, team.read(ASL).replace('  "StartAt"', '  "Version": "1.0",\n  "StartAt"', 1))
    team.write("README.md", team.read("README.md").replace("\n", "\r\n") + "Ours, without a last newline")
    team.write("docs/logo.png", b"\x89PNG\0\xff")
    team.commit("a year of work")


@pytest.mark.parametrize("version", UPDATED)
def test_a_repository_with_edits_is_updated_to_this_version(baked_by: BakedBy, version: str) -> None:
    """Nothing that the team did is lost, and what the template owns is the new version's."""
    team = baked_by(version)
    lived_in(team)
    before = team.everything()
    outcome = updated(team)
    after = team.everything()
    own = (f"{PACKAGE}/refund_payment.py", "infra/service/ledger.py", "docs/logo.png")
    assert {path: after[path] for path in own} == {path: before[path] for path in own}
    assert b"# ours\n" in after[f"{PACKAGE}/use_cases.py"]
    assert b"# ours\n" in after["tests/test_lists.py"]
    assert b"# ours\n" in after[f"{PACKAGE}/list_steps.py"]
    assert not {"tests/test_list.py", "tests/test_handlers.py", "tests/e2e/test_running.py"} & set(after)
    assert '  "Version": "1.0",\n' in team.read(ASL)
    assert b"Ours, without a last newline" in after["README.md"]
    assert json.loads(team.read(".template.json"))["template"] == VERSION
    assert f'["bounded-context=={VERSION}"]' in team.read("pyproject.toml")
    wheels = sorted(path.name for path in (team.folder / "vendor").iterdir())
    assert wheels == sorted(f"{name.replace('-', '_')}-{VERSION}-py3-none-any.whl" for name in DISTRIBUTIONS)
    assert set(team.status()) == set(outcome.changed)
    team.git("reset", "--hard")
    assert team.everything() == before


def test_edited_tests_stay_and_own_tests_of_rules_join_those_of_functions(baked_by: BakedBy) -> None:
    """The new version has the tests of functions in the file of the rules."""
    team = baked_by("0.4.0")
    rules, handlers, running = "tests/test_rules.py", "tests/test_handlers.py", "tests/e2e/test_running.py"
    for path in (rules, handlers):
        team.write(path, team.read(path) + "\n\ndef test_ours(): ...\n")
    team.replace(rules, "import AlreadyExists", "import Aggregates, AlreadyExists")
    team.replace(rules, "import delete_payment", "import approve_payment, delete_payment")
    team.commit("our tests")
    merged = updated(team).merged
    assert (merged.conflicts, merged.kept) == ({}, [handlers])
    assert "def test_ours()" in team.read(handlers)
    assert all(name in team.read(rules) for name in ("test_ours", "test_the_function", "approve_payment", "Aggregates"))
    assert not (team.folder / running).exists()


@pytest.mark.parametrize("version", UPDATED)
def test_an_unchanged_repository_becomes_the_new_bake(
    baked_by: BakedBy, bakes: Callable[[str], Path], version: str
) -> None:
    """File by file, with the description of that time."""
    team, wanted = baked_by(version), bakes(VERSION)
    assert updated(team).merged.conflicts == {}
    of_today = json.loads((wanted / FILE).read_text())["default_context"]["description"].encode()
    there = {
        path: content.replace(DESCRIPTION.encode(), of_today)
        for path, content in team.everything().items()
        if path not in ("HEAD", "index")
    }
    files = {str(path.relative_to(wanted)): path.read_bytes() for path in wanted.rglob("*") if path.is_file()}
    for contents in (there, files):
        contents[FILE] = re.sub(rb'"digest": "\w+"', b"", contents[FILE])
    assert {path: there[path] for path in files} == files
    assert there.keys() - files.keys() <= {*FILES}


def test_a_dry_run_changes_nothing(baked_by: BakedBy, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even git's objects."""
    team = baked_by(VERSION)
    before, objects = team.everything(), team.git("count-objects", "-v")
    assert main(["update", str(team.folder), "--answer", "owner=others", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert not said["written"]
    assert ".template.json" in said["changed"]
    assert (team.everything(), team.git("count-objects", "-v")) == (before, objects)


def test_a_changed_answer_is_merged_as_a_new_version_is(baked_by: BakedBy) -> None:
    """And recorded with its digest, so that the next update starts from it."""
    team = baked_by(VERSION)
    updated(team, owner="others")
    team.commit("other owners")
    record = json.loads(team.read(".template.json"))
    assert record["default_context"]["owner"] == "others"
    assert record["digest"] == digest(record["default_context"])
    assert updated(team).changed == ()


def test_a_new_question_gets_its_default(baked_by: BakedBy) -> None:
    """It is named, with the answer that was taken."""
    team = baked_by(VERSION)
    never_asked(team, "library")
    outcome = update(plan(team.folder, None, {}), lambda known: completed(known, ask=False), write=True, heed=Heed())
    assert (outcome.asked, outcome.answers["library"]) == (("library",), "wheel")


@pytest.mark.slow
def test_a_new_question_is_asked_at_a_terminal(baked_by: BakedBy) -> None:
    """And asked again until the answer is good; what was answered once is not asked."""
    team = baked_by(VERSION)
    never_asked(team, "owner")
    with terminal("template", "update", str(team.folder), "--dry-run", cwd=team.folder) as screen:
        screen.wait_for("[payments-team]: ")
        screen.type("aws:us\n")
        screen.wait_for("[payments-team]: ")
        screen.type("our-team\n")
        assert screen.ended() == 0
    assert "owner: our-team" in screen.output
    assert team.status() == {}


@pytest.mark.parametrize(
    ("path", "content"), [("README.md", "changed"), ("own.txt", "new")], ids=["a changed file", "a new file"]
)
def test_a_work_tree_that_is_not_clean_is_refused(baked_by: BakedBy, path: str, content: str) -> None:
    """What is not committed could not be given back."""
    team = baked_by(VERSION)
    team.write(path, content)
    before = team.everything()
    with pytest.raises(CannotTell, match=f" 1 changes .*{re.escape(path)}"):
        updated(team, owner="others")
    assert team.everything() == before


def test_a_file_that_is_saved_during_the_questions_is_not_overwritten(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also if git's flag hides the change: the update refuses and changes nothing."""
    team = baked_by(VERSION)
    for path, flag in ((".template.json", ""), ("src/payment/context.py", "--skip-worktree")):

        def save(known: dict[str, str], _ask: bool, path: str = path) -> dict[str, str]:
            team.write(path, "saved\n")
            return dict(known)

        if flag:
            team.git("update-index", flag, path)
        before = team.everything()
        monkeypatch.setattr(commands, "completed", save)
        assert main(["update", str(team.folder), "--answer", "owner=others"]) == 2
        assert path in capsys.readouterr().err
        assert team.everything() == before | {path: b"saved\n"}
        team.write(path, before[path])


def test_a_second_update_is_refused(baked_by: BakedBy, capsys: pytest.CaptureFixture[str]) -> None:
    """Until the first ends, also in its check; the lock of a killed update ends with its process."""
    team = baked_by(VERSION)
    with exclusive(team.folder):
        assert main(["update", str(team.folder), "--dry-run"]) == 2
        assert capsys.readouterr().err.startswith(f"Error: Another update of {team.folder} runs")
    assert main(["update", str(team.folder), "--dry-run"]) == 0


def test_an_update_to_an_older_version_is_refused(baked_by: BakedBy) -> None:
    """No migration step goes back."""
    team = baked_by(VERSION)
    with pytest.raises(CannotTell, match=rf"{re.escape(VERSION)}, which is newer than {re.escape(EARLIER[-1])}"):
        plan(team.folder, EARLIER[-1], {})


def test_files_that_a_person_saves_during_the_check_are_not_part_of_the_update(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only generated files are."""
    team = baked_by(VERSION)

    def context(repository: Path, _command: str, _quiet: bool) -> int:
        (repository / "src/payment/model.py").write_text("saved\n")
        return 0

    monkeypatch.setattr(commands, "_context", context)
    assert main(["update", str(team.folder), "--answer", "owner=others", "--no-input"]) == 0
    assert team.status()["src/payment/model.py"] == " M"


def test_a_signal_leaves_the_repository_unchanged(baked_by: BakedBy) -> None:
    """Up to the moment in which it is written."""
    team = baked_by(VERSION)
    before, heed = team.everything(), Heed()
    heed.number = signal.SIGTERM
    with pytest.raises(Asked):
        update(plan(team.folder, None, {"owner": "others"}), dict, write=True, heed=heed)
    assert team.everything() == before


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (None, r"is not a repository of this template: it has no \.template\.json\."),
        ("{", r"cannot be read \(.*\): restore it from git\."),
        ("[]", r"cannot be read \(it is not a JSON object\): restore it from git\."),
        (
            '{"template": "0.4.0", "digest": "", "default_context": []}',
            r"cannot be read \(default_context is not a JSON object\)",
        ),
        ('{"template": "0.4.0", "default_context": {}}', r"cannot be read \(it has no 'digest'\)"),
        ('{"template": "9.9.9", "digest": "", "default_context": {}}', r"were edited by hand"),
        (
            json.dumps({"template": "9.9.9", "digest": digest({}), "default_context": {}}),
            r"Version 9\.9\.9 is unknown",
        ),
    ],
    ids=["no record", "no JSON", "a list", "a list of answers", "no digest", "answers edited", "unknown version"],
)
def test_a_repository_that_cannot_be_updated_is_refused_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], record: str | None, sentence: str
) -> None:
    """And nothing is changed."""
    (tmp_path / "README.md").write_text("ours\n")
    if record is not None:
        (tmp_path / ".template.json").write_text(record)
    team = Team(tmp_path)
    before = team.everything()
    assert main(["update", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert re.search(sentence, said)
    assert team.everything() == before


def test_a_folder_without_git_is_refused(bakes: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing could be taken back."""
    assert main(["update", str(bakes(VERSION))]) == 2
    assert "git repository" in capsys.readouterr().err


def test_bad_answers_are_refused_as_they_are_by_a_bake(baked_by: BakedBy, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence each."""
    team = baked_by(VERSION)
    for bad in ("owner=aws:x", "nothing=1", "context_name=Other"):
        assert main(["update", str(team.folder), f"--answer={bad}"]) == 2
        assert capsys.readouterr().err.startswith(f"Error: {bad.partition('=')[0]}: ")


def test_a_template_that_cannot_be_reached_is_an_error(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lies in no clone, and its address leads nowhere; a check cannot tell either."""
    team = baked_by(VERSION)
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path)
    monkeypatch.setattr(sources, "VERSION", "9.9.9")
    monkeypatch.setattr(sources, "address", lambda: str(tmp_path / "moved"))
    for command in ("update", "check"):
        assert main([command, str(team.folder)]) == 2
        assert str(tmp_path / "moved") in capsys.readouterr().err


def test_sources_are_fetched_where_the_template_is_no_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of the address that the template names, at the version's commit."""
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "cookiecutter.json").write_text("{}\n")
    team = Team(origin)
    commit = team.git("rev-parse", "HEAD").strip()
    (tmp_path / "installed").mkdir()
    monkeypatch.setattr(sources, "REPOSITORY", tmp_path / "installed")
    monkeypatch.setattr(sources, "address", lambda: origin.as_uri())
    with sources.sources(Release("0.1.0", commit, "2026-01-01")) as tree:
        assert (tree / "cookiecutter.json").read_text() == "{}\n"


def test_a_conflict_is_resolved_by_the_team_before_any_check(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1: the markers are there, and what is not settled cannot be green."""
    team = baked_by(VERSION)
    team.replace("src/payment/context.py", 'owner="payments-team"', 'owner="ours"')
    team.commit()
    assert main(["update", str(team.folder), "--answer", "owner=others", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["conflicts"], said["check"]) == (["src/payment/context.py"], None)
    assert team.status()["src/payment/context.py"] == "UU"


@pytest.mark.parametrize(("written", "command"), [(True, "uv run context check"), (False, "template update .")])
def test_the_last_lines_are_the_conflicts_and_the_next_command(baked_by: BakedBy, written: bool, command: str) -> None:
    """The CHANGELOG is a path to read."""
    change = replace(plan(baked_by(VERSION).folder, None, {}), before=release(OLDEST))
    conflicts: Any = dict.fromkeys(("b.py", "a.py"))
    merged = Merged(conflicts=conflicts, to_make=["events/asyncapi.json"])
    *before, first, second, following = outcome_lines(Outcome(change, merged, ("a.py", "c.py"), {}, ()), written)
    assert (first, second, command in following) == ("  a.py", "  b.py", True)
    assert f"  {CHANGELOG}" in before
    assert len(before) < 10


@pytest.mark.slow
@pytest.mark.parametrize("version", UPDATED)
def test_the_edits_that_the_pages_describe_cause_no_conflict(baked_by: BakedBy, version: str) -> None:
    """Commands, checks, resources, workflows and scripts: each arrives in the form of this version."""
    team = baked_by(version)
    all_edits(team)
    for path, content in PYTHON_2.items():
        team.write(path, content)
    team.commit()
    outcome = updated(team)
    merged = outcome.merged
    assert (merged.conflicts, merged.kept, merged.left_out) == ({}, [], [])
    assert {note.partition(":")[0] for note in outcome.notes} <= {"scripts/release_2.py"}
    assert {path: team.read(path) for path in PYTHON_2} == PYTHON_2
    assert OWN_HANDLER in team.read(FUNCTIONS)
    assert REMIND in team.read(FUNCTIONS)
    steps = team.read("src/payment/list_steps.py")
    assert "        aws.obeys(PAYMENT),\n        payable,\n    ]\n" in steps
    assert "def payable(rows: Sequence[TypedRow[PaymentDetails]], _list_id: str) -> list[Rejection]:\n" in steps
    assert 'ApprovePayment, approve_payment, Status.APPROVED, "PaymentApproved"' in team.read("src/payment/context.py")
    program = team.read(PROGRAM)
    assert program.index('Receipts("receipts"') < program.index("\nfinish(")
    assert "from bounded_context_infra import Component, Stack, private_bucket\n" in team.read(
        "infra/service/receipts.py"
    )
    assert "context check  # ours\n" in team.read(WORKFLOW)


@pytest.mark.slow
def test_the_steps_are_listed_before_anything_is_written(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the text, and in JSON; a dry run lists them, too."""
    monkeypatch.setattr(step, "_STEPS", (planted(rename, VERSION), planted(rename, EARLIER[-1])))
    team = baked_by(EARLIER[-1])
    before = team.everything()
    assert main(["update", str(team.folder), "--no-input", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["steps"] == [{"version": VERSION, "summary": rename.__doc__}]
    assert (said["notes"], said["written"], said["conflicts"]) == ([], False, [])
    assert main(["update", str(team.folder), "--no-input", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Migration steps:", f"  {VERSION}: {rename.__doc__}"]
    assert team.everything() == before


@pytest.mark.slow
def test_code_that_no_step_can_read_ends_the_update(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its name and the remedy; nothing is changed."""
    monkeypatch.setattr(step, "_STEPS", (planted(rename, VERSION),))
    team = baked_by(EARLIER[-1])
    team.write("src/payment/ledger.py", "import bounded_context.old as (\n")
    team.commit()
    before = team.everything()
    assert main(["update", str(team.folder), "--no-input"]) == 2
    assert capsys.readouterr().err.startswith("Error: src/payment/ledger.py: ")
    assert team.everything() == before


def test_a_renamed_import_arrives_beside_the_edits_of_the_team(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step edits both sides, so the team's edit of the next line causes no conflict."""
    monkeypatch.setattr(step, "_STEPS", (planted(rename, VERSION),))
    team, line = baked_by(EARLIER[-1]), "from bounded_context.infra import Preset, standard_presets\n"
    old, new = copied(bakes(EARLIER[-1]), tmp_path / "old"), copied(bakes(EARLIER[-1]), tmp_path / "new")
    before, after = (f"{line}from bounded_context.{name} import Preset\n" for name in ("old", "new"))
    for folder, lines in ((old, before), (new, after), (team.folder, before + "from receipts import X\n")):
        file = folder / FUNCTIONS
        file.write_text(file.read_text().replace(line, lines))
    team.commit()
    merged = merge_bakes(plan(team.folder, None, {}), Bakes(old, new, {}), write=True, heed=Heed()).merged
    assert merged.conflicts == {}
    assert after + "from receipts import X\n" in team.read(FUNCTIONS)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("owner=others", ["contracts", "openapi", "check"]), ("api=none", ["contracts", "check"])],
)
def test_an_update_without_conflicts_generates_the_documents_that_the_repository_has(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch, answer: str, expected: list[str]
) -> None:
    """Before its check; a context without an HTTP API has no document of it."""
    team, called = baked_by(VERSION), list[str]()

    def context(_repository: Path, command: str, _quiet: bool) -> int:
        called.append(command)
        return 0

    monkeypatch.setattr(commands, "_context", context)
    assert main(["update", str(team.folder), "--answer", answer, "--no-input"]) == 0
    assert called == expected


def test_the_lock_and_the_documents_of_an_update_belong_to_its_commit(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise they would block the next update."""
    team = baked_by(VERSION)
    before = team.everything()

    def context(repository: Path, _command: str, _quiet: bool) -> int:
        (repository / "uv.lock").write_text("version = 1\n")
        (repository / "README.md").write_text("a new diagram\n")
        (repository / "events/asyncapi.json").write_text("{}\n")
        (repository / "notes.txt").write_text("written during the check\n")
        return 1

    monkeypatch.setattr(commands, "_context", context)
    assert main(["update", str(team.folder), "--answer", "owner=others", "--no-input"]) == 1
    status = team.status()
    paths = ("uv.lock", "events/asyncapi.json", "README.md", "notes.txt")
    assert [status[path] for path in paths] == ["A ", "M ", "M ", "??"]
    (team.folder / "notes.txt").unlink()
    team.git("commit", "--quiet", "--message", "Update")
    require_clean(team.folder)
    team.git("reset", "--hard", "--quiet", "HEAD~")
    assert team.everything() == before


def test_a_full_disk_ends_with_one_sentence(baked_by: BakedBy, capsys: pytest.CaptureFixture[str]) -> None:
    """Also before the merge, in the temporary files; the exit status is 2."""
    team = baked_by(VERSION)
    before = team.everything()
    for command in ("update", "check"):
        with largest_file(0):
            assert main([command, str(team.folder)]) == 2
        [error] = capsys.readouterr().err.splitlines()
        assert "File too large" in error
    assert team.everything() == before


@pytest.mark.nightly
@pytest.mark.e2e
@pytest.mark.parametrize("version", EARLIER)
def test_the_repositorys_own_check_is_green_afterwards(
    baked_by: BakedBy, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """With the team's edits, and without any manual edit; the command runs the check, in the new environment."""
    team = baked_by(version)
    all_edits(team)
    # Other tests are on the other processors.
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "1")
    status = main(["update", str(team.folder), "--no-input"])
    said = capfd.readouterr().out
    assert (status, said.endswith("Green.\n")) == (0, True), said
