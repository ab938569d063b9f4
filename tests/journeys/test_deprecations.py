"""Deprecations of an own route, a command and events, on the emulator: headers, log lines, metrics and dashboards."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from .journey import Journey
from .test_claim import ANSWERS

ROUTES = '''"""The routes of the API besides those of commands and queries."""

from bounded_context import Identifier, NotFound
from bounded_context.handlers import route
from pydantic import BaseModel

from .context import CLAIM


class LetterQuery(BaseModel):
    """A letter."""

    letter_id: Identifier


class Letter(BaseModel):
    """A letter to a person."""

    letter_id: str


@route(CLAIM, "GET /letters/{{letter_id}}", errors=(NotFound,), deprecated="{days}")
def get_letter(request: LetterQuery) -> Letter:
    """Return a letter."""
    if request.letter_id == "none":
        raise NotFound("letter", request.letter_id)
    return Letter(letter_id=request.letter_id)
'''
BEHAVIOUR = '''
def test_remaining_uses_are_seen(running: Running) -> None:
    """Of an own route, of a command, and of the events of rows and lists. Other routes have no such headers."""
    from bounded_context_local.running.context import api_owner, of_functions

    caller = api_owner(running.deployed)
    for letter, status in ("letter-1", 200), ("none", 404):
        answer = caller.send("GET", f"/letters/{letter}")
        assert (answer.status, answer.headers["deprecation"][:1], answer.headers["sunset"][-3:]) == (status, "@", "GMT")
    rows = running.rows(2)
    running.deployed.table.know_references(row["policy_id"] for row in rows)
    assert running.upload(rows).outcome == "IMPORTED"
    identity = {"claim_id": rows[0]["claim_id"]}
    assert "sunset" not in caller.send("GET", f"/claims/{identity['claim_id']}").headers
    assert running.invoke("assess_claim", identity)["ok"]
    running.events(rows[0]["claim_id"], 2)
    samples = [sample for sample in of_functions(running.deployed) if sample.metric == "DeprecatedUses"]
    uses = {sample.dimensions["contract"] for sample in samples}
    assert {"get_letter", "assess_claim", "ClaimAssessed.1", "ClaimListImported.1"} <= uses
    assert "ClaimListRejected.1" not in uses
'''


@pytest.mark.e2e
@pytest.mark.nightly
def test_uses_of_deprecated_contracts_are_counted(tmp_path: Path) -> None:
    """The check is green, also of the dashboards; a removal before the day is refused, with the route."""
    journey, today = Journey.of(tmp_path, ANSWERS), date.today()
    end = today + timedelta(days=90)
    events = "".join(f'"{name}.1": "{end}", ' for name in ("ClaimAssessed", "ClaimListImported", "ClaimListRejected"))
    journey.add(
        "src/claim/context.py",
        f'    deprecated={{{events}"assess_claim": "{today}/{end}"}},\n',
        after="subscribers=",
    )
    journey.add("src/claim/routes.py", ROUTES.format(days=f"{today}/{end}"))
    journey.context("contracts", "openapi")
    journey.done("deprecations", BEHAVIOUR)
    journey.run("git add -A", "git -c user.name=a -c user.email=a@example.com commit -qm Deprecations")
    (journey.folder / "src/claim/routes.py").unlink()
    with pytest.raises(AssertionError, match=r"GET /letters/\{letter_id\} is gone, and its document promises it until"):
        journey.context("openapi")
