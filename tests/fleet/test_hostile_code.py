"""Campaigns and impacts over repositories whose code attacks the operator: no attack reaches its aim."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from upkeep.team import Team

from template.cli import main
from template.fleet import impact as module
from template.fleet.campaign import campaign as steps
from template.fleet.members import Member
from template.fleet.published import FOLDERS

from .contexts import member, stack
from .hostile import Attack
from .test_campaign import BRANCH, Fleet, merge
from .test_impact import EXAMPLE, published, without

NAMES = ("first", "second")


@pytest.fixture
def attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attack:
    """The operator of this process; one repository after the other."""
    made = Attack(tmp_path / "operator")
    for name, value in made.operator().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(steps, "processors", lambda: 1)
    return made


def test_no_repository_of_a_campaign_reaches_the_operator_or_the_next_repository(
    attack: Attack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials, packages, git's settings and hooks, programs on the PATH. Both branches are pushed nevertheless."""
    monkeypatch.setattr(steps, "merge_bakes", merge)
    monkeypatch.setattr(steps, "bakes", lambda found, _work: dict.fromkeys(found))
    fleet = Fleet(tmp_path / "clones", capsys)
    teams = [fleet.add(name, **attack.files(name)) for name in NAMES]
    found = fleet.states("--branches", waves="first\n\nsecond\n")
    assert attack.successes() == set()
    assert found == dict.fromkeys(NAMES, "ready")
    for team in teams:
        remote = fleet.remote(team)
        assert remote("rev-parse", f"{BRANCH}~") == remote("rev-parse", "main")


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
        return [member(path.name, folder=str(path), **(consumers if path.name in NAMES else {})) for path in folders]

    monkeypatch.setattr(module, "declared_members", declared)
    listed = tmp_path / "fleet.txt"
    listed.write_text("\n".join(str(folder / name) for name in ("payment", *NAMES)))
    status = main(["fleet", "impact", str(payment.folder), str(listed), "--json"])
    consumer_states = {one["name"]: one["state"] for one in json.loads(capsys.readouterr().out)["consumers"]}
    assert attack.successes() == set()
    assert (status, consumer_states) == (0, dict.fromkeys(NAMES, "green"))
