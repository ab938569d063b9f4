"""``template adopt`` on repositories that lost the record of their bake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from template.adopt import command as adoption
from template.adopt import fit
from template.adopt.code import Code, code_of
from template.adopt.command import Adopted, adopt
from template.adopt.derive import derive
from template.adopt.fit import Certainty
from template.bake import bake
from template.cli import main
from template.library import GIT, INDEX, VERSION
from template.pair.choice import ANSWERS
from template.record import FILE
from template.upkeep.errors import CannotTell, NotOurs
from template.upkeep.releases import Release, releases
from template.upkeep.update import plan

from .edits import EDITS, all_edits
from .team import BakedBy, Team, copied
from .test_update import EARLIER, updated

EXAMPLES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["default_context"] for path in ANSWERS.iterdir()
}
RELEASED = {"payment": {"context_name": "Payment"}, **EXAMPLES}
NOTHING = {"lists": "none", "verification": "none", "sftp": "none", "api": "none", "pull_requests": "none"}


def without_record(team: Team) -> bytes:
    """Lose the record; return its bytes."""
    record = (team.folder / FILE).read_bytes()
    team.git("rm", "--quiet", FILE)
    team.commit("the record is lost")
    return record


def adopted(team: Team, given: Mapping[str, str] | None = None) -> Adopted:
    """Adopt a repository that lost its record."""
    return adopt(team.folder, given or {})


def answers_of(folder: Path) -> dict[str, str]:
    """The answers of a bake."""
    return json.loads((folder / FILE).read_text(encoding="utf-8"))["default_context"]


@pytest.mark.parametrize("name", ["payment", "person", "vat_return"])
def test_the_answers_follow_from_the_code(baked: Callable[[str], Path], name: str) -> None:
    """Default answers, a plural without a rule, and an acronym."""
    folder = baked(name)
    assert derive(code_of(folder), {}) == answers_of(folder)


@pytest.mark.parametrize("way", [INDEX, GIT])
def test_the_source_of_the_library_follows_with_the_team_s_other_index(way: str, tmp_path: Path) -> None:
    """The library's index is the one that its source names."""
    folder = bake(tmp_path, {"library": way})
    project = folder / "pyproject.toml"
    other = '\n[[tool.uv.index]]\nname = "other"\nurl = "https://other.example.com/index"\nexplicit = true\n'
    project.write_text(other + project.read_text())
    assert derive(code_of(folder), {}) == answers_of(folder)


def test_a_name_has_the_acronyms_of_the_pages(tmp_path: Path) -> None:
    """The declaration has it in small letters."""
    (tmp_path / "README.md").write_text("Each VAT number, and VAT_NUMBER.\n", encoding="utf-8")
    code = Code(tmp_path, {}, "bill", "src/bill/context.py")
    assert [code.pascal(name) for name in ("vat_number", "due_day")] == ["VATNumber", "DueDay"]


@pytest.mark.nightly
@pytest.mark.parametrize("answers", [NOTHING, {**NOTHING, "verification": "VerifyCustomer"}], ids=str)
def test_the_answers_of_a_context_without_lists_follow(answers: dict[str, str], tmp_path: Path) -> None:
    """Its fields have all types, and personal data."""
    fields = "customer_id:str a:longtext b:int c:decimal d:decimal3 e:signed0 f:currency g:date h:timestamp i:bool "
    fields += "j:email:personal k:phone m:uuid n:low|high o:str:personal"
    folder = bake(tmp_path, {**answers, "fields": fields})
    assert derive(code_of(folder), {}) == answers_of(folder)


def test_a_changed_repository_gets_its_record_back(baked_by: BakedBy) -> None:
    """The version, the answers and the digest, although the library's pin was raised by hand.

    The team's files are reported, and no other file is written.
    """
    team = baked_by(EARLIER[0])
    record = without_record(team)
    team.write("README.md", team.read("README.md") + "Ours.\n")
    team.write("src/payment/model.py", team.read("src/payment/model.py").replace("    payer: Text\n", OWN_FIELD))
    team.replace("pyproject.toml", f"[runtime]=={EARLIER[0]}", f"[runtime]=={EARLIER[1]}")
    team.commit()
    found = adopted(team)
    assert (team.folder / FILE).read_bytes() == record
    assert team.status() == {FILE: "??"}
    assert (found.fits[0].release.version, found.certainty) == (EARLIER[0], Certainty.LIKELY)
    assert {file.path for file in found.fits[0].files} == {"README.md", "pyproject.toml", "src/payment/model.py"}
    team.commit("adopted")
    assert plan(team.folder, None, {}).before.version == EARLIER[0]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions whose bakes `adopt` compares; the first version rejects the answer `owner=bad`.

    The other versions bake the answers without it, which other tests bake too.
    """
    versions, baked = list[str](), fit.bakes_of

    def bakes(
        release: Release, tree: Path, answers: Sequence[Mapping[str, str]], folder: Path
    ) -> list[Path | CannotTell]:
        versions.append(release.version)
        if release.version == EARLIER[0] and answers[0]["owner"] == "bad":
            return [CannotTell(f"Version {release.version} cannot be baked with the answers: owner")]
        return baked(release, tree, [{**given, "owner": "payments-team"} for given in answers], folder)

    monkeypatch.setattr(fit, "bakes_of", bakes)
    return versions


@pytest.mark.parametrize("pin", [f"=={EARLIER[0]}", ">=0", f"=={VERSION}"])
def test_a_record_is_not_newer_than_the_library(
    baked_by: BakedBy, baked: Callable[[str], Path], tried: list[str], pin: str
) -> None:
    """No update would migrate such a repository. The library is that of the pin and of the wheel, the older of both."""
    team = baked_by(EARLIER[0])
    without_record(team)
    for folder in ("tests", "docs", "workflow", "infra/service"):
        shutil.copytree(baked("payment") / folder, team.folder / folder, dirs_exist_ok=True)
    team.replace("pyproject.toml", f"[runtime]=={EARLIER[0]}", f"[runtime]{pin}")
    team.commit("written like the newest version")
    assert adopted(team).fits[0].release.version == EARLIER[0]
    assert tried == [EARLIER[0]]


@pytest.mark.slow
def test_a_version_that_cannot_be_baked_is_named(
    baked_by: BakedBy, tried: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The library's version ends the command without a record. An older version is in the output."""
    team = baked_by(EARLIER[0])
    without_record(team)
    answers = tmp_path / "answers.yaml"
    answers.write_text("default_context:\n  owner: bad\n", encoding="utf-8")
    assert main(["adopt", str(team.folder), "--answers", str(answers)]) == 2
    error = capsys.readouterr().err
    assert f"Version {EARLIER[0]} cannot be baked" in error
    assert "--answers" in error
    assert (team.status(), tried) == ({}, EARLIER[:1])
    team.replace("pyproject.toml", f"[runtime]=={EARLIER[0]}", f"[runtime]=={EARLIER[1]}")
    (wheel,) = (team.folder / "vendor").iterdir()
    wheel.rename(wheel.with_name(wheel.name.replace(EARLIER[0], EARLIER[1])))
    team.commit("raised by hand")
    assert main(["adopt", str(team.folder), "--answers", str(answers)]) == 0
    assert f"  Version {EARLIER[0]} cannot be baked with the answers: owner" in capsys.readouterr().out.splitlines()
    assert tried[1:] == [EARLIER[1], EARLIER[0]]


def test_a_lost_record_is_named_with_its_commit(baked_by: BakedBy, capsys: pytest.CaptureFixture[str]) -> None:
    """The remedy restores it: in a check, in an update, and after an adoption."""
    team = baked_by(EARLIER[0])
    commit = team.git("rev-parse", "--short", "HEAD").strip()
    record = without_record(team)
    remedy = f"git checkout {commit} -- {FILE}"
    for command in ("check", "update"):
        assert main([command, str(team.folder)]) == 2
        assert f"`{remedy}`" in capsys.readouterr().err
    team.git(*remedy.split()[1:])
    assert (team.folder / FILE).read_bytes() == record
    team.git("rm", "--quiet", "--force", FILE)
    assert main(["adopt", str(team.folder)]) == 0
    assert f"`{remedy}`" in capsys.readouterr().out


def test_a_link_in_the_place_of_a_record_is_not_overwritten(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command that would replace it is recommended: its target is in no commit."""
    team = baked_by(EARLIER[0])
    (team.folder / FILE).unlink()
    (team.folder / FILE).symlink_to("elsewhere")
    assert main(["update", str(team.folder)]) == 2
    assert "git checkout" not in capsys.readouterr().err


def test_a_record_that_is_restored_during_the_bakes_remains(
    baked_by: BakedBy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command is refused and overwrites nothing."""
    team = baked_by(EARLIER[0])
    without_record(team)

    def restored(*_: object) -> tuple[list[fit.Fit], list[CannotTell]]:
        team.write(FILE, "of the team")
        return [fit.Fit(releases()[0], b"of the command", (), 1)], []

    monkeypatch.setattr(adoption, "fits", restored)
    assert main(["adopt", str(team.folder)]) == 2
    assert f"has the record {FILE}" in capsys.readouterr().err
    assert team.read(FILE) == "of the team"


OWN_FIELD = "    payer: Text\n    note: Text | None = None\n"


@pytest.mark.nightly
@pytest.mark.parametrize("name", RELEASED)
@pytest.mark.parametrize("version", [one.version for one in releases()])
def test_each_version_is_found(version: str, name: str, bakes_with: Callable[..., Path], tmp_path: Path) -> None:
    """With all answers of the examples: the record has the same bytes."""
    team = Team(copied(bakes_with(version, RELEASED[name]), tmp_path))
    record = without_record(team)
    found = adopted(team)
    assert (team.folder / FILE).read_bytes() == record
    assert (found.certainty, found.fits[0].files) == (Certainty.SURE, ())


@pytest.mark.nightly
@pytest.mark.parametrize("version", EARLIER)
def test_an_adopted_repository_is_updated_like_the_original(version: str, baked_by: BakedBy) -> None:
    """With the edits of a team. Its own command becomes an answer, so it is not among the edits."""
    team = baked_by(version)
    for edit in EDITS[1:]:
        edit(team)
    team.commit()
    original = updated(team).merged
    team.git("reset", "--quiet", "--hard")
    without_record(team)
    found = adopted(team)
    assert (found.fits[0].release.version, found.certainty) == (version, Certainty.SURE)
    team.commit("adopted")
    again = updated(team).merged
    assert (again.tree, again.conflicts.keys()) == (original.tree, original.conflicts.keys())


@pytest.mark.nightly
@pytest.mark.parametrize("version", EARLIER)
def test_a_command_of_the_team_is_adopted(version: str, baked_by: BakedBy) -> None:
    """It has the form of the bake, so it is an answer of the record."""
    team = baked_by(version)
    all_edits(team)
    without_record(team)
    found = adopted(team)
    assert (found.fits[0].release.version, found.certainty) == (version, Certainty.SURE)
    assert "ApprovePayment:changes:PaymentApproved" in found.answers["commands"]


def test_a_missing_answer_is_named_with_its_file_and_may_be_given(baked: Callable[[str], Path], tmp_path: Path) -> None:
    """All of them at once; a given answer is not derived."""
    team = Team(copied(baked("payment"), tmp_path))
    without_record(team)
    team.replace("src/payment/model.py", "amount: Amount", "amount: Money")
    team.write("infra/service/Pulumi.prod.yaml", "config: [\n")
    team.commit()
    before = team.everything()
    with pytest.raises(CannotTell) as raised:
        adopted(team)
    lines = {line.partition(":")[0]: line for line in str(raised.value).splitlines()}
    assert lines.keys() == {"fields", "sftp", "strategy"}
    assert "src/payment/model.py" in lines["fields"]
    assert team.everything() == before
    given = {"fields": "subscription_id:str", "sftp": "none", "strategy": "AllAtOnce"}
    assert derive(code_of(team.folder), given).items() >= given.items()


def test_what_cannot_be_adopted_is_refused_and_stays_as_it_was(baked: Callable[[str], Path], tmp_path: Path) -> None:
    """A repository with a record, with uncommitted changes, without git, without a declaration; no folder."""
    folder = copied(baked("payment"), tmp_path)
    (folder / FILE).unlink()
    with pytest.raises(CannotTell, match="git"):
        adopt(folder, {})
    team = Team(folder)
    team.write("new.txt", "new")
    with pytest.raises(CannotTell, match=r"new\.txt"):
        adopted(team)
    team.write(FILE, "{}")
    with pytest.raises(CannotTell, match=FILE):
        adopted(team)
    team.write("src/payment/context.py", "PAYMENT = None\n")
    (folder / FILE).unlink()
    for place in (folder, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotOurs):
            adopt(place, {})
    assert not (folder / FILE).exists()


def test_bad_answers_of_a_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the repository is read."""
    file = tmp_path / "answers.yaml"
    file.write_text("default_context:\n  region: nowhere\n", encoding="utf-8")
    assert main(["adopt", str(tmp_path), "--answers", str(file)]) == 2
    assert capsys.readouterr().err.startswith("Error: region: ")
