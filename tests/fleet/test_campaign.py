"""``template fleet update``: waves, stops, resumption and interruptions, with bare remotes.

The merge and the repositories' own commands are stand-ins: files of a repository decide their outcome.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from upkeep.team import Team

from template.cli import main
from template.fleet.campaign import campaign as steps
from template.fleet.campaign.branch import Branch
from template.fleet.campaign.own_commands import OwnCommands
from template.fleet.campaign.records import Records
from template.fleet.campaign.result import Result
from template.library import VERSION
from template.processes import Heed
from template.record import FILE, digest
from template.upkeep.git import Git
from template.upkeep.merge import Merged
from template.upkeep.releases import OLDEST
from template.upkeep.update import Outcome, Plan

BRANCH = f"template-{VERSION}"
NOTE = "src/order.py: rename `total`"


def record(version: str) -> str:
    """Return the record of a bake."""
    answers = {"context_name": "Order"}
    return json.dumps({"template": version, "default_context": answers, "digest": digest(answers)})


def merge(plan: Plan, _bakes: object, heed: Heed, **_: object) -> Outcome:
    """Stand in for the merge: a repository with the file `conflict` has a conflict."""
    heed.check()
    folder, merged = plan.repository.folder, Merged()
    if (folder / "conflict").exists():
        merged.conflicts = {"conflict": {}}
    (folder / FILE).write_text(record(plan.after.version))
    (folder / "new").write_text("of the template\n")
    Git(folder)("add", FILE, "new")
    return Outcome(plan, merged, (FILE, "new"), plan.answers, (), (NOTE,))


class Fleet:
    """A folder of clones with bare remotes, and the calls of the repositories' own commands."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.called, self._capsys = folder, list[tuple[str, str]](), capsys
        self.roster = folder / "fleet.txt"
        self.before = dict[str, dict[str, bytes]]()

    def add(self, name: str, *files: str, version: str = OLDEST, remote: bool = True, **texts: str) -> Team:
        """Add a repository with empty files and with texts, in the last wave."""
        clone = self.folder / name
        clone.mkdir(parents=True)
        for path, content in {FILE: record(version), "name": name, **dict.fromkeys(files, ""), **texts}.items():
            (clone / path).write_text(content)
        team = Team(clone, "--initial-branch=main")
        team.git("config", "user.name", "platform")
        team.git("config", "user.email", "platform@example.com")
        if remote:
            self.remote(team).folder.mkdir(parents=True)
            self.remote(team)("init", "--quiet", "--bare", "--initial-branch=main")
            team.git("remote", "add", "origin", f"../remotes/{name}")
            team.git("push", "--quiet", "origin", "main")
        self.before[name] = team.everything()
        return team

    def remote(self, team: Team) -> Git:
        """Return the bare remote of a clone."""
        return Git(self.folder / "remotes" / team.folder.name)

    def run(self, *options: str, waves: str = "") -> tuple[int, dict[str, Any]]:
        """Run the command; return its exit status, and each repository's result."""
        self.roster.write_text(waves or "\n".join(self.before))
        self.called.clear()
        status = main(["fleet", "update", str(self.roster), "--json", *(options or ("--branches",))])
        *lines, total = map(json.loads, self._capsys.readouterr().out.splitlines())
        assert total["version"] == VERSION
        return status, {line["name"]: line for line in lines}

    def states(self, *options: str, waves: str = "") -> dict[str, str]:
        """Run the command; return each repository's state."""
        return {name: result["state"] for name, result in self.run(*options, waves=waves)[1].items()}

    def assert_undisturbed(self, *teams: Team) -> None:
        """HEAD, index, files and branches of the remote are as before, except for the campaign's branch."""
        for team in teams:
            assert team.everything() == self.before[team.folder.name]
            assert team.git("branch", "--show-current") == "main\n"
            assert team.git("worktree", "list").count("\n") == 1
            assert team.git("fsck", "--full", "--no-dangling", "--connectivity-only") == ""
            heads = self.remote(team)("for-each-ref", "--format=%(refname:short) %(objectname)").splitlines()
            assert f"main {team.git('rev-parse', 'main').strip()}" in heads
            assert {head.split()[0] for head in heads} <= {"main", BRANCH}


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet without repositories; a repository with the file `red` fails its check."""
    fleet = Fleet(tmp_path / "clones", capsys)

    def uv(_self: OwnCommands, copy: Path, words: list[str], _variables: object, log: Path, end: float) -> int | None:
        if monotonic() >= end:
            return None
        fleet.called.append(((copy / "name").read_text(), words[-1]))
        log.write_text("output\n")
        (copy / "uv.lock").write_text("version = 1\n")
        return int(words[-1] == "check" and (copy / "red").exists())

    monkeypatch.setattr(OwnCommands, "_uv", uv)
    monkeypatch.setattr(steps, "merge_bakes", merge)
    monkeypatch.setattr(steps, "bakes", lambda releases, _work: dict.fromkeys(releases))
    return fleet


def tip(git: Git) -> str:
    """Return the commit of the campaign's branch; an empty string without it."""
    return git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}").stdout.decode().strip()


@pytest.mark.slow
def test_a_failure_stops_after_its_wave_and_the_next_call_continues(fleet: Fleet) -> None:
    """A conflict leaves no branch, and a failed check a branch that is not pushed. No repository is updated twice."""
    names = {"first": "", "good": "", "bad": "conflict", "red": "red", "last": ""}
    teams = {name: fleet.add(name, *file.split()) for name, file in names.items()}
    waves = "first\n\ngood\nbad\nred\n\nlast\n"
    assert fleet.states("--branches", waves=waves) == {
        "first": "ready", "good": "ready", "bad": "conflict", "red": "red", "last": "waiting",
    }  # fmt: skip
    tips = {name: tip(Git(team.folder)) for name, team in teams.items()}
    pushed = {name: tip(fleet.remote(team)) for name, team in teams.items()}
    assert [name for name in tips if tips[name]] == ["first", "good", "red"]
    assert pushed == {**dict.fromkeys(names, ""), "first": tips["first"], "good": tips["good"]}
    fleet.assert_undisturbed(*teams.values())
    # The remedies of the report.
    teams["bad"].git("switch", "--quiet", "--create", BRANCH, "origin/main")
    teams["bad"].write(FILE, record(VERSION))
    teams["bad"].commit("update, with the conflict resolved")
    teams["red"].git("switch", "--quiet", BRANCH)
    teams["red"].git("rm", "--quiet", "red")
    teams["red"].commit("correct the code")
    status, results = fleet.run("--branches", waves=waves)
    assert (status, {result["state"] for result in results.values()}) == (0, {"ready"})
    assert {name for name, _ in fleet.called} == {"bad", "red", "last"}
    after = {name: tip(fleet.remote(team)) for name, team in teams.items()}
    assert after == {name: tip(Git(team.folder)) for name, team in teams.items()}
    assert (after["first"], after["good"]) == (tips["first"], tips["good"])
    assert fleet.run("--branches", waves=waves)[0] == 0
    assert fleet.called == []


def test_uncommitted_work_stops_the_update_and_stays(fleet: Fleet) -> None:
    """It matters no more after the branch is made."""
    team = fleet.add("order")
    team.write("name", "order, with a change that is not committed")
    status, results = fleet.run()
    assert (status, results["order"]["state"], "git stash" in results["order"]["remedy"]) == (1, "dirty", True)
    assert (team.status(), tip(Git(team.folder))) == ({"name": " M"}, "")
    team.git("checkout", "--quiet", "name")
    assert fleet.states() == {"order": "ready"}
    team.write("name", "order, with a change that is not committed")
    assert fleet.states() == {"order": "ready"}
    assert team.status() == {"name": " M"}


def test_an_unreadable_repository_is_reported_and_the_rest_of_its_wave_is_updated(fleet: Fleet) -> None:
    """No repository, an unreachable remote, several remotes, a foreign branch, a default branch of the same name."""
    foreign, named, lost, several = (fleet.add(name) for name in ("foreign", "named", "lost", "several"))
    several.git("remote", "rename", "origin", "upstream")
    several.git("remote", "add", "fork", "../remotes/foreign")
    foreign.git("branch", BRANCH)
    fleet.remote(named)("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
    named.git("push", "--quiet", "origin", f"main:{BRANCH}")
    lost.git("remote", "set-url", "origin", "../remotes/moved")
    fleet.add("good", remote=False)
    (fleet.folder / "empty").mkdir()
    status, results = fleet.run("--branches", waves="good\nforeign\nnamed\nlost\nseveral\nempty\n\n")
    assert (status, results.pop("good")["state"]) == (1, "ready")
    assert {result["state"] for result in results.values()} == {"unknown"}
    assert all(str(fleet.folder / name) in result["remedy"] for name, result in results.items())
    assert [tip(fleet.remote(team)) for team in (foreign, lost)] == ["", ""]
    assert named.git("rev-parse", "main").strip() == tip(fleet.remote(named))


class Killed(BaseException):
    """The end of the process."""


STEPS = [(steps, "merge_bakes"), (Branch, "commit"), (Records, "record"), (steps, "pull_request"), (Branch, "push")]


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_campaign_that_is_killed_after_a_step_continues(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    """The branches equal those of an undisturbed campaign, and no repository is damaged."""
    team = fleet.add("order")
    original: Callable[..., object] = getattr(owner, step)

    def killed(*arguments: object, **options: object) -> None:
        original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, killed)
        with pytest.raises(Killed):
            fleet.run()
    (fleet.folder / f"campaign-{VERSION}" / "work-left").mkdir()
    assert fleet.states() == {"order": "ready"}
    assert team.git("diff", "--name-only", "main", BRANCH).split() == [FILE, "new", "uv.lock"]
    assert team.git("rev-list", "--count", f"main..{BRANCH}") == "1\n"
    assert tip(fleet.remote(team)) == tip(Git(team.folder))
    fleet.assert_undisturbed(team)
    assert not list((fleet.folder / f"campaign-{VERSION}").glob("work-*"))


def test_checks_without_time_are_reported_and_run_by_the_next_call(fleet: Fleet) -> None:
    """The branches are pushed nevertheless. The next wave waits for the check of this wave."""
    team, _ = fleet.add("first"), fleet.add("second")
    status, results = fleet.run("--branches", "--minutes", "0")
    assert (status, [result["state"] for result in results.values()]) == (1, ["not-run", "waiting"])
    assert f"git switch {BRANCH} && uv run context check" in results["first"]["remedy"]
    assert tip(fleet.remote(team)) == tip(Git(team.folder)) != ""
    text = fleet.folder / f"campaign-{VERSION}" / "first.md"
    assert "not run" in text.read_text()
    assert fleet.states() == {"first": "ready", "second": "ready"}
    assert "passed" in text.read_text()


def test_a_branch_is_judged_by_its_commits(fleet: Fleet) -> None:
    """A new commit is checked again, a deleted branch is made again, and a branch only moves forward."""
    team = fleet.add("order")
    assert fleet.states() == {"order": "ready"}
    team.git("switch", "--quiet", BRANCH)
    team.write("red", "")
    team.commit("a mistake")
    team.git("push", "--quiet", "origin", BRANCH)
    team.git("switch", "--quiet", "main")
    team.git("branch", "--quiet", "--force", BRANCH, f"{BRANCH}~")
    assert fleet.states() == {"order": "red"}
    team.git("switch", "--quiet", BRANCH)
    team.commit("another commit")
    team.git("switch", "--quiet", "main")
    assert fleet.states() == {"order": "unknown"}
    pushed = tip(fleet.remote(team))
    team.git("branch", "--quiet", "-D", BRANCH)
    assert fleet.states() == {"order": "red"}
    assert tip(fleet.remote(team)) == pushed
    fleet.remote(team)("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert fleet.states() == {"order": "ready"}
    team.git("push", "--quiet", "origin", f"{BRANCH}:main")
    assert fleet.states() == {"order": "current"}


def test_a_push_replaces_no_commit_of_the_remote(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague pushed a branch of the same name during the check."""
    team, text = fleet.add("order"), steps.pull_request
    other = team.git("commit-tree", "main^{tree}", "-p", "main", "-m", "of a colleague").strip()

    def described(branch: Branch, result: Result, version: str) -> str:
        team.git("push", "--quiet", "origin", f"{other}:refs/heads/{BRANCH}")
        return text(branch, result, version)

    monkeypatch.setattr(steps, "pull_request", described)
    assert fleet.states() == {"order": "unknown"}
    assert tip(fleet.remote(team)) == other


def test_the_list_may_be_relative_to_the_current_folder(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lines are relative to the list."""
    team, fleet.roster = fleet.add("order"), Path("../clones/fleet.txt")
    (fleet.folder.parent / "here").mkdir()
    monkeypatch.chdir(fleet.folder.parent / "here")
    assert fleet.states() == {"order": "ready"}
    assert tip(fleet.remote(team))
    fleet.assert_undisturbed(team)


def test_the_sentences_of_a_hook_that_refuses_a_push_are_reported(fleet: Fleet) -> None:
    """All of them, and the place. A push that is permitted later continues the campaign."""
    team = fleet.add("order")
    hook = fleet.remote(team).folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Branches begin with a ticket.' >&2\necho\necho 'See go/branches.'\nexit 1\n")
    hook.chmod(0o755)
    status, results = fleet.run()
    assert (status, results["order"]["state"], tip(fleet.remote(team))) == (1, "unknown", "")
    words = ("Branches begin with a ticket. See go/branches.", "pre-receive hook declined", str(team.folder), BRANCH)
    assert all(word in results["order"]["remedy"] for word in words)
    fleet.assert_undisturbed(team)
    hook.unlink()
    assert fleet.states() == {"order": "ready"}


def test_the_base_is_the_remotes_default_branch(fleet: Fleet) -> None:
    """A stale clone on a branch of its own gets the update of the remote's newest commit."""
    team = fleet.add("order")
    team.write("later", "of a colleague")
    team.commit()
    team.git("push", "--quiet", "origin", "main")
    team.git("switch", "--quiet", "--create", "ours", "main~")
    team.git("branch", "--quiet", "--force", "main", "main~")
    assert fleet.states() == {"order": "ready"}
    assert team.git("show", f"{BRANCH}:later") == "of a colleague"
    assert team.git("branch", "--show-current") == "ours\n"


def test_folders_of_one_repository_have_branches_of_their_own(fleet: Fleet) -> None:
    """A pull request has the changes of its folder alone."""
    team = fleet.add("whole")
    for name in ("order", "invoice"):
        team.write(f"contexts/{name}/{FILE}", record(OLDEST))
        team.write(f"contexts/{name}/name", name)
    team.commit()
    team.git("push", "--quiet", "origin", "main")
    assert fleet.states("--branches", waves="whole/contexts/order\nwhole/contexts/invoice\n") == {
        "order": "ready", "invoice": "ready",
    }  # fmt: skip
    changed = team.git("diff", "--name-only", "origin/main", f"origin/{BRANCH}-contexts-order").split()
    assert {path.rpartition("/")[0] for path in changed} == {"contexts/order"}


def test_without_branches_the_states_are_printed(fleet: Fleet) -> None:
    """Nothing is written, in no repository and beside none."""
    old, new = fleet.add("old"), fleet.add("new", version=VERSION)
    (status, results), files = fleet.run("--json"), sorted(path.name for path in fleet.folder.iterdir())
    assert (status, results["old"]["state"], results["new"]["state"]) == (1, "to-update", "current")
    assert files == ["fleet.txt", "new", "old", "remotes"]
    fleet.assert_undisturbed(old, new)


def test_a_second_campaign_at_the_same_time_is_refused(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    """It would delete the temporary clones of the first."""
    fleet.add("order")
    fleet.roster.write_text("order\n")
    with Records(fleet.roster, VERSION).work():
        assert main(["fleet", "update", str(fleet.roster), "--branches"]) == 2
    assert capsys.readouterr().err.startswith("Error: Another campaign ")


def test_the_commit_and_the_pull_request_describe_the_update(fleet: Fleet) -> None:
    """Versions, remarks, check, files, and the entries of the CHANGELOG with a migration."""
    team = fleet.add("order")
    fleet.run()
    subject, body = team.git("log", "-1", "--format=%s%x00%b", BRANCH).split("\0")
    assert subject == f"Update the template from {OLDEST} to {VERSION}"
    assert NOTE in body
    text = (fleet.folder / f"campaign-{VERSION}" / "order.md").read_text()
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    assert NOTE in sections["For you to do"]
    assert "passed" in sections["Check"]
    assert sections["Changed files"].split("`")[1::2] == [FILE, "new", "uv.lock"]
    migrations = sections["Changes with a migration"]
    assert migrations.count("\n- ") == migrations.count("**Migration") > 0
