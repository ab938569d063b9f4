"""``template fleet impact``: the consumers that a change of events would break."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from upkeep.team import Team, copied

from template.cli import main
from template.fleet import impact as module
from template.fleet import inbound_tests
from template.fleet.impact import State
from template.fleet.members import Member
from template.fleet.published import FOLDERS
from template.names import REPOSITORY

from .contexts import member, stack

EXAMPLE = REPOSITORY / "examples" / "payment"
ASYNCAPI, SAMPLES = "events/asyncapi.json", "released/0.1.0.json"
REPORT = '<testsuite><testcase classname="tests.test_it" name="test_reads">{}</testcase></testsuite>'
FAILED = '<failure message="AssertionError: no {}&#10;more&#10;assert not True"/>'

Consumer = Callable[..., Team]


def published(team: Team, remote: Path) -> None:
    """Push to a bare remote, whose main branch the clone knows."""
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    team.git("branch", "--move", "main")
    team.git("remote", "add", "origin", str(remote))
    team.git("push", "--quiet", "origin", "main")
    team.git("remote", "set-head", "origin", "main")


def without(team: Team, label: str) -> None:
    """Publish an event no more."""
    document = json.loads(team.read(ASYNCAPI))
    del document["components"]["messages"][label]
    team.write(ASYNCAPI, json.dumps(document))


@pytest.fixture
def payment(tmp_path: Path) -> Team:
    """The publisher, as it is on the main branch of its remote."""
    folder = tmp_path / "fleet" / "payment"
    for name in FOLDERS:
        shutil.copytree(EXAMPLE / name, folder / name)
    team = Team(folder)
    published(team, tmp_path / "payment.git")
    return team


@pytest.fixture
def consumer(tmp_path: Path, payment: Team, monkeypatch: pytest.MonkeyPatch) -> Consumer:
    """Adds a consumer of these labels, whose test needs other labels, or whose environment ends with a status."""
    members = [member("payment", folder=str(payment.folder))]

    def declared(folders: Sequence[Path]) -> list[Member]:
        return [context for folder in folders for context in members if context.folder.resolve() == folder.resolve()]

    def run(copy: Path, arguments: Sequence[str], _: object) -> subprocess.CompletedProcess[str]:
        if not (copy / "test.json").exists():
            status = generated(copy) if arguments[-1] == "contracts" else 0
            return subprocess.CompletedProcess(arguments, status, "error: a reader would miss a field\n")
        wanted = json.loads((copy / "test.json").read_text())
        status = wanted["sync"] if arguments[0] == "sync" else wanted["run"]
        if arguments[0] == "run" and not status:
            messages = json.loads((copy / "consumed" / "payment" / ASYNCAPI).read_text())["components"]["messages"]
            failures = [FAILED.format(label) for label in wanted["reads"] if label not in messages]
            (copy / "build").mkdir(exist_ok=True)
            (copy / "build" / "inbound.xml").write_text(REPORT.format("".join(failures)))
            status = 1 if failures else 0
        return subprocess.CompletedProcess(arguments, status, "error: no such package\n")

    def add(name: str, labels: Sequence[str], reads: Sequence[str] = (), sync: int = 0, run: int = 0) -> Team:
        folder = tmp_path / "fleet" / name
        folder.mkdir()
        (folder / "test.json").write_text(json.dumps({"reads": reads, "sync": sync, "run": run}))
        stacks = {"stacks": {"prod": stack({"payment": labels})}} if labels else {}
        members.append(member(name, folder=str(folder), errors=() if labels else ("It cannot be imported.",), **stacks))
        return Team(folder)

    def generated(copy: Path) -> int:
        """Stand in for the publisher's command: the file `code` has the code's document; it is empty for a failure."""
        code = (copy / "code").read_text() if (copy / "code").exists() else None
        if code:
            (copy / ASYNCAPI).write_text(code)
        return int(code == "")

    monkeypatch.setattr(module, "declared_members", declared)
    monkeypatch.setattr(inbound_tests, "run_uv", run)
    monkeypatch.setattr("template.fleet.impact_command.roster", lambda place: sorted(place.iterdir()))
    return add


def impact_of(place: Path, capsys: pytest.CaptureFixture[str], status: int) -> dict[str, dict[str, Any]]:
    """The consumers of the command's JSON, by name."""
    assert main(["fleet", "impact", str(place / "payment"), str(place), "--json"]) == status
    return {consumer["name"]: consumer for consumer in json.loads(capsys.readouterr().out)["consumers"]}


def test_consumers_of_a_removed_event_break_and_others_do_not(
    payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed test is named with its reason. The clones of the consumers stay as they are."""
    without(payment, "PaymentDeleted")
    teams = [
        consumer("breaks", ["PaymentDeleted"], ["PaymentRegistered", "PaymentDeleted"]),
        consumer("green", ["PaymentDeleted"], ["PaymentRegistered"]),
        consumer("unaffected", ["PaymentRegistered"], ["PaymentDeleted"]),
    ]
    before = [team.everything() for team in teams]
    consumers = impact_of(payment.folder.parent, capsys, 1)
    assert {name: entry["state"] for name, entry in consumers.items()} == {
        name: name for name in ("breaks", "green", "unaffected")
    }
    [test] = consumers["breaks"]["tests"]
    assert test == {"test": "tests.test_it::test_reads", "reason": "no PaymentDeleted\nmore"}
    assert consumers["breaks"]["events"] == ["PaymentDeleted"]
    assert [team.everything() for team in teams] == before


def test_an_event_changes_with_its_schema_its_samples_and_its_major_version(
    payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a branch too. A commit of the main branch is no change any more."""
    events = ["PaymentRegistered", "PaymentVerified", "PaymentDeleted", "PaymentListImported"]
    for event in events:
        consumer(event, [event])
    payment.replace("events/PaymentRegistered/1.0.json", '"title": "PaymentRegistered"', '"title": "Another"')
    samples = json.loads(payment.read(SAMPLES))
    samples["sent"]["PaymentVerified"][0]["data"]["amount"] = "13.00"
    payment.write("released/0.9.0.json", payment.read(SAMPLES))
    payment.write("released/0.10.0.json", json.dumps(samples))
    payment.git("switch", "--quiet", "--create", "change")
    payment.commit()
    payment.write(
        ASYNCAPI, payment.read(ASYNCAPI).replace('"PaymentDeleted": {\n        "name"', '"PaymentDeleted.2": {"name"')
    )
    consumers = impact_of(payment.folder.parent, capsys, 0)
    states = [consumers[event]["state"] for event in events]
    assert states == [State.GREEN, State.GREEN, State.GREEN, State.UNAFFECTED]
    payment.commit()
    payment.git("push", "--quiet", "origin", "HEAD:main")
    assert {entry["state"] for entry in impact_of(payment.folder.parent, capsys, 0).values()} == {State.UNAFFECTED}


def test_without_a_remote_each_consumed_event_counts_as_changed(
    payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tests of all consumers run: a failure may be older than the change."""
    payment.git("remote", "remove", "origin")
    consumer("red", ["Unpublished"], ["Unpublished"])
    assert impact_of(payment.folder.parent, capsys, 1)["red"]["state"] == State.BREAKS


def test_an_unknown_effect_has_a_reason(payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]) -> None:
    """Code, environment or tests that cannot be used, and tests that fail without the change."""
    without(payment, "PaymentDeleted")
    consumer("unreadable", [])
    consumer("unbuilt", ["PaymentDeleted"], sync=2)
    consumer("uncollected", ["PaymentDeleted"], run=2)
    consumer("red", ["PaymentDeleted"], ["Unpublished"])
    consumers = impact_of(payment.folder.parent, capsys, 2)
    assert {entry["state"] for entry in consumers.values()} == {State.UNKNOWN}
    assert all(entry["reason"] for entry in consumers.values())
    assert "no such package" in consumers["unbuilt"]["reason"]
    assert len({entry["reason"] for entry in consumers.values()}) == len(consumers)


def test_a_repository_outside_the_fleet_or_without_schemas_is_refused(
    payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence."""
    team = consumer("order", ["PaymentDeleted"])
    place = payment.folder.parent
    listed = place.parent / "listed"
    listed.mkdir()
    (listed / "order").symlink_to(team.folder)
    assert main(["fleet", "impact", str(payment.folder), str(listed)]) == 2
    payment.git("rm", "--quiet", ASYNCAPI)
    assert main(["fleet", "impact", str(payment.folder), str(place)]) == 2
    outside, without_schemas = capsys.readouterr().err.splitlines()
    assert "not in the fleet" in outside
    assert ASYNCAPI in without_schemas


def test_documents_that_differ_from_the_code_are_refused(
    payment: Team, consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    """No consumer counts as unaffected then. The clone stays as it is, also if the code cannot be published."""
    consumer("order", ["PaymentDeleted"], ["PaymentDeleted"])
    current = payment.read(ASYNCAPI)
    for code in (current.replace("PaymentDeleted", "PaymentRemoved"), ""):
        payment.write("code", code)
        before = payment.everything()
        assert main(["fleet", "impact", str(payment.folder), str(payment.folder.parent)]) == 2
        [error] = capsys.readouterr().err.splitlines()
        assert f"`uv run context contracts` in {payment.folder}" in error
        assert (ASYNCAPI if code else "a reader would miss a field") in error
        assert payment.everything() == before
    payment.write("code", current)
    assert impact_of(payment.folder.parent, capsys, 0)["order"]["state"] == State.UNAFFECTED


READER = '''"""Prices of subscriptions."""

from bounded_context_cli.testing import ConsumedEvents


def test_each_price_is_read(consumed_events: ConsumedEvents):
    for event in consumed_events.samples("subscription", "SubscriptionStarted"):
        assert float(event["data"]["price"]) > 0
'''
CONSUMES = """\
  payment:consumes:
    subscription:
      topic: /subscription/prod/topic-arn
      created_by: [SubscriptionStarted]
      deleted_by: [SubscriptionEnded]
"""


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_bake_runs_its_own_tests_and_the_promise(
    baked: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment of its own, with samples that lack a field, and without a consumed event.

    The code of the publisher does not have these changes, so that the command refuses them first.
    """
    fleet = tmp_path / "fleet"
    subscription, payment = (Team(copied(baked(name), fleet)) for name in ("subscription", "payment"))
    payment.write("infra/service/Pulumi.prod.yaml", payment.read("infra/service/Pulumi.prod.yaml") + CONSUMES)
    payment.write("tests/test_prices.py", READER)
    payment.commit()
    published(subscription, tmp_path / "subscription.git")
    before = payment.everything()
    arguments = ["fleet", "impact", str(subscription.folder), str(fleet), "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == []
    without(subscription, "SubscriptionEnded")
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"Error: {ASYNCAPI} differs from the code: ")
    subscription.write(SAMPLES, subscription.read(SAMPLES).replace('"price":', '"cost":'))
    monkeypatch.setattr(module, "require_current", lambda _: None)
    assert main(arguments) == 1
    [impact] = json.loads(capsys.readouterr().out)["consumers"]
    assert (impact["name"], impact["state"]) == ("payment", "breaks")
    reasons = {test["test"].partition("::")[0]: test["reason"] for test in impact["tests"]}
    assert reasons.keys() == {"tests.test_prices", "pyproject.toml"}
    assert "SubscriptionEnded" in reasons["pyproject.toml"]
    assert payment.everything() == before
