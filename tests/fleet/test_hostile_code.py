"""Campaigns and impacts over repositories whose code attacks the operator: no attack reaches its aim."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from upkeep.team import Team

from template import processes
from template.alone import alone
from template.cli import main
from template.fleet import impact as module
from template.fleet import members, own_environment
from template.fleet import survey as surveys
from template.fleet.campaign import campaign as steps
from template.fleet.campaign import own_commands
from template.fleet.campaign.branch import Branch
from template.fleet.members import Member
from template.fleet.published import FOLDERS
from template.record import FILE
from template.upkeep import git

from .contexts import member, stack
from .hostile import Attack
from .test_campaign import BRANCH, Fleet, merge
from .test_impact import EXAMPLE, published, without

NAMES = ("first", "second")


@pytest.fixture
def attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attack:
    """The operator of this process; one repository after the other."""
    attack = Attack(tmp_path / "operator")
    for name, value in attack.operator().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(steps, "processors", lambda: 1)
    return attack


@pytest.fixture
def fleet(attack: Attack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """The hostile repositories, in clones with remotes."""
    monkeypatch.setattr(steps, "merge_bakes", merge)
    monkeypatch.setattr(steps, "bakes", lambda releases, _work: dict.fromkeys(releases))
    fleet = Fleet(tmp_path / "clones", capsys)
    for name in NAMES:
        fleet.add(name, **attack.files(name))  # pyrefly: ignore[bad-argument-type] (names of files)
    return fleet


@pytest.mark.slow
def test_no_repository_of_a_campaign_reaches_the_operator_or_the_next_repository(attack: Attack, fleet: Fleet) -> None:
    """Credentials, packages, git's settings and hooks, programs on the PATH. Both branches are pushed nevertheless."""
    states = fleet.states("--branches", waves="first\n\nsecond\n")
    assert attack.successes() == set()
    assert states == dict.fromkeys(NAMES, "ready")
    for remote in (git.Git(fleet.folder / "remotes" / name) for name in NAMES):
        assert remote("rev-parse", f"{BRANCH}~") == remote("rev-parse", "main")


@pytest.mark.slow
def test_no_consumer_of_an_impact_reaches_the_operator_or_the_next_consumer(
    attack: Attack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the publisher."""
    folder = tmp_path / "fleet"
    for name in FOLDERS:
        shutil.copytree(EXAMPLE / name, folder / "payment" / name)
    for name in ("payment", *NAMES):
        for path, text in attack.files(name).items():
            (folder / name).mkdir(exist_ok=True)
            (folder / name / path).write_text(text)
    payment = Team(folder / "payment")
    published(payment, tmp_path / "payment.git")
    without(payment, "PaymentDeleted")
    consumers = {"stacks": {"prod": stack({"payment": ["PaymentDeleted"]})}}

    def declared(folders: Sequence[Path]) -> list[Member]:
        return [member(path.name, folder=str(path), **(consumers if path.name in NAMES else {})) for path in folders]  # pyrefly: ignore[bad-argument-type]

    monkeypatch.setattr(module, "declared_members", declared)
    listed = tmp_path / "fleet.txt"
    listed.write_text("\n".join(str(folder / name) for name in ("payment", *NAMES)))
    status = main(["fleet", "impact", str(payment.folder), str(listed), "--json"])
    consumer_states = {
        consumer["name"]: consumer["state"] for consumer in json.loads(capsys.readouterr().out)["consumers"]
    }
    assert attack.successes() == set()
    assert (status, consumer_states) == (0, dict.fromkeys(NAMES, "green"))


def _signed(team: Team) -> None:
    """Give the last commit a signature, which `git log` verifies with a program if the clone's settings say so."""
    text = team.git("cat-file", "commit", "HEAD")
    head, _, message = text.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n a1b2\n -----END PGP SIGNATURE-----"
    file = team.folder / "commit"
    file.write_text(f"{head}\n{signature}\n\n{message}\n")
    team.git("reset", "--quiet", "--hard", team.git("hash-object", "-t", "commit", "-w", str(file)).strip())


@pytest.fixture
def declared(attack: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The clones of repositories whose declarations attack, with signed commits."""
    monkeypatch.setattr(surveys, "build", attack.library)
    monkeypatch.setenv("UV_FIND_LINKS", str(attack.folder / "wheels"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    for name in NAMES:
        (tmp_path / name).mkdir()
        for path, text in {**attack.files(name), FILE: "{}"}.items():
            (tmp_path / name / path).write_text(text)
        _signed(Team(tmp_path / name))
    return [tmp_path / name for name in NAMES]


def test_no_declaration_of_an_impact_reaches_the_operator_or_the_next_declaration(
    attack: Attack, declared: list[Path]
) -> None:
    """Nor does a setting that it writes into the clone run a program when `template` reads git."""
    declarations = members.declared_members(declared)
    assert attack.successes() == set()
    assert tuple(declaration.name for declaration in declarations) == NAMES


@pytest.mark.parametrize(
    ("evidence", "function", "fault"),
    [
        ("module of a package", "survey_of", lambda groups: surveys.survey([[*chain(*groups)]])),
        ("setting of git", "_member", lambda folder, *_: members._updated(folder)),
    ],
)
@pytest.mark.nightly
def test_a_planted_fault_permits_an_attack_of_a_declaration(
    evidence: str, function: str, fault: object, attack: Attack, declared: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One environment for all declarations, and a command of git after the code."""
    monkeypatch.setattr(members, function, fault)
    members.declared_members(declared)
    assert evidence in attack.successes()


def _without(*options: str) -> tuple[object, str, object]:
    """Install packages without these options."""
    return own_environment, "_DATA_ONLY", tuple(name for name in own_environment._DATA_ONLY if name not in options)


@contextmanager
def _in_the_clone(branch: Branch, _work: Path, copy: Path | None = None) -> Iterator[Branch]:
    """Use the settings of the clone, or of the copy."""
    variables = {"GIT_DIR": str(branch.folder / ".git"), "GIT_WORK_TREE": str(copy or branch.folder)}
    yield replace(branch, folder=copy or branch.folder, variables=variables)


def _in_one_folder(*, dir: Path, **_: object) -> object:  # noqa: A002 (the name of tempfile)
    return nullcontext(str(dir / "shared"))


def _in_the_file(copy: Path) -> str:
    return (copy / ".python-version").read_text()


PLANTED: dict[str, tuple[object, str, object]] = {
    "variables of the command": (alone("cli", "command.environment"), "allowed", dict[str, str]),
    "module of a package": _without("--link-mode=copy"),
    "home of the build": _without("--no-build", "--no-install-project"),
    "start of a package": _without("--no-compile-bytecode"),
    "program .python-version": (own_environment, "_python", _in_the_file),
    "start of Python": (own_commands, "TemporaryDirectory", _in_one_folder),
    "setting of git": (Branch, "apart", _in_the_clone),
    "program git": (git, "program", lambda name, path: shutil.which(name, path=path)),
    "process in the background": (processes, "_signal", lambda _child, _number: None),
}
"""By the attack that a fault permits: the module or class, and its faulty part."""


@pytest.mark.nightly
@pytest.mark.parametrize("evidence", PLANTED)
def test_a_planted_fault_permits_an_attack(
    evidence: str, attack: Attack, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that cannot fail proves nothing."""
    monkeypatch.setattr(*PLANTED[evidence])
    fleet.run("--branches", waves="first\n\nsecond\n")
    assert evidence in attack.successes()
