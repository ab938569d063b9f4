"""Second tables in the account: a policy reports the old ones."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command.operation import Access
from bounded_context_cli.policies.cli import ACCOUNT
from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import Program
from tests.console import context
from tests.policies.test_plain import node
from tests.rollout.clients import FakeClock

TABLE = "payment-prod-table"
AGES = {
    TABLE: 400,
    f"{TABLE}-at-20260101T000000Z": 8,
    f"{TABLE}-at-20260108T000000Z": 7,
    f"{TABLE}-epoch-2": 100,
    f"{TABLE}-epoch-2-at-20260101T000000Z": 30,
    f"{TABLE}s-at-20260101T000000Z": 90,
    "loan-prod-table-at-20260101T000000Z": 90,
}
OLD = [f"{TABLE}-at-20260101T000000Z", f"{TABLE}-epoch-2", f"{TABLE}-epoch-2-at-20260101T000000Z"]
GB = 10**9


class Tables:
    """The tables of an account, ten GB each."""

    def __init__(self, clock: FakeClock, fault: Exception | None = None) -> None:
        self._now, self._fault = clock.now(), fault

    def get_paginator(self, name: str) -> "Tables":
        assert name == "list_tables"
        return self

    def paginate(self) -> list[dict[str, list[str]]]:
        if self._fault:
            raise self._fault
        return [{"TableNames": [name]} for name in AGES]

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        created = self._now - timedelta(days=AGES[TableName])
        described = {"TableName": TableName, "CreationDateTime": created, "TableSizeBytes": 10 * GB}
        return {"Table": {**described, "TableStatus": "ACTIVE"}}


def access(fault: Exception | None = None) -> Access:
    """An account with these tables."""
    clock = FakeClock()
    tables = Tables(clock, fault)
    return Access(lambda _region: lambda _service, **_: tables, clock)


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of the stack has a table alone."""
    monkeypatch.setattr(Program, "graph", lambda *_: Graph([node("dynamodb/table", name=TABLE)]))


def test_old_second_tables_break_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of restores and of other epochs; no other stack's, and none of this week. Without the option, none."""
    assert context("policies", "prod", "--account", "--json", access=access()) == 1
    policies = {policy["name"]: policy["violations"] for policy in json.loads(capsys.readouterr().out)["policies"]}
    violations = policies[ACCOUNT[0].name]
    assert [violation["resource"] for violation in violations] == OLD
    assert all("2.83 USD" in violation["sentence"] for violation in violations)
    context("policies", "prod", "--json", access=access())
    assert ACCOUNT[0].name not in capsys.readouterr().out


def test_an_account_that_cannot_be_read_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the cause."""
    assert context("policies", "prod", "--account", access=access(NoCredentialsError())) == 2
    assert "AWS_PROFILE" in capsys.readouterr().err
