"""A lost region: an embedded AWS is killed, and the context continues on another one. Planted faults are found."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bounded_context_local.rehearsal import region
from bounded_context_local.rehearsal.recovery import BackupCopy, plain
from bounded_context_local.rehearsal.region import LostRegion
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import RunningContext
from bounded_context_operations.repair.restore import filling
from tests.console import PROGRAM

from .facts import CONTEXT, ENVIRONMENT, PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

OPEN = "the number of open lists that it reported"
MISSING = "items of the copy that are missing"
BEFORE = "lost commands that were answered before the copy"
ANSWER = "a repeated command whose answer the copy has"
OTHERWISE = "aggregates that subscribers have otherwise"
AGAIN = "its imported rows"
DOUBLED = "aggregates that an earlier list has doubled"


def test_a_context_continues_in_another_region() -> None:
    """The rehearsal as its user starts it."""
    result = subprocess.run(  # noqa: S603
        [PROGRAM, "rehearse", "region", "--json"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["problems"], report["missing"], report["lost_before_the_copy"]) == ([], 0, 0)
    assert report["acknowledged"] > report["lost"] > 0
    assert report["recovery_point_seconds"] < report["recovery_seconds"]["command"] < 300


class Faulty(LostRegion):
    """The rehearsal with a fault, by its name."""

    fault = ""

    def copied(self, lost: RunningContext) -> BackupCopy:
        copy = super().copied(lost)
        return replace(copy, began=time.time() + region.LOST_SECONDS / 2) if self.fault == "late" else copy

    def restore_backup(self, copy: BackupCopy, standby: RunningContext) -> None:
        items = {key: item for key, item in copy.items.items() if not self._is_dropped(copy, key, item)}
        super().restore_backup(replace(copy, items=items), standby)

    def _is_dropped(self, copy: BackupCopy, key: str, item: Mapping[str, Any]) -> bool:
        if self.fault == "answers":
            return key.startswith(f"{CONTEXT.name}.")
        if not key.startswith(CONTEXT.key_prefix):
            return False
        list_id = plain(item).get("list_id")
        if self.fault == "aggregate":
            return key == CONTEXT.key_prefix + self.acknowledged[0].identity
        return self.fault == "list" and list_id is not None and list_id not in copy.open_lists()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("aggregate", {MISSING}),
        ("answers", {MISSING, ANSWER}),
        ("late", {BEFORE}),
        ("list", {MISSING, DOUBLED}),
        ("open", {OPEN, AGAIN}),
        ("epoch", {OTHERWISE}),
    ],
)
def test_a_planted_fault_is_found(fault: str, found: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the check of its own."""
    if fault == "answers":  # An aggregate that names its last commands recognises them without their answers, too.
        monkeypatch.setattr(filling, "_of_another_incarnation", lambda _: "0" * 16)
    if fault == "epoch":  # The standby continues with the epoch of the lost table.
        monkeypatch.setattr(region, "epoch_of", lambda _: -1)
        monkeypatch.setattr(filling, "epoch_of", len)
    if fault == "open":  # The rows of the list in flight are restored.
        monkeypatch.setattr(filling.Filling, "is_imported", lambda *_: True)
        monkeypatch.setattr(filling.Filling, "closed", lambda *_: True)
    rehearsal = Faulty(PROJECT, RunScreen(quiet=True), 200, 900)
    rehearsal.fault = fault
    problems = rehearsal.perform().problems()
    assert found <= {problem.partition(": ")[0] for problem in problems}, problems
