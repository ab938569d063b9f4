"""The figures of releases of a fleet: a table in each output, marks of old and absent ones, and bad files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bounded_context_operations.release.rollout import figures as rollout

from template.fleet import command
from template.fleet.findings import findings
from template.fleet.members import Member
from template.fleet.output import fleet_json, fleet_lines
from template.fleet.page import page
from template.fleet.portal.command import files_of
from template.fleet.releases import ABSENT, HEAD, figures, measured
from template.upkeep.errors import CannotTell

from .contexts import member, stack

NOW = datetime.now(UTC)
STACKS = {"dev": stack(), "prod": stack()}
PAYMENT = member("payment", stacks=STACKS)
ORDER = member("order_line", stacks=STACKS)
BROKEN = member("broken", errors=("ImportError: nowhere",))

Fleet = tuple[list[Member], list[str]]


def form(context: str = "payment", **changes: object) -> dict[str, Any]:
    """The content of a file, as `context releases --write` writes it."""
    return {
        "context": context,
        "stack": "prod",
        "since": (NOW - timedelta(days=90)).isoformat(timespec="seconds"),
        "until": NOW.isoformat(timespec="seconds"),
        "releases": 17,
        "releases_per_week": 1.17,
        "commits": 40,
        "releases_without_commits": 0,
        "lead_seconds": 12000.0,
        "failed": 2,
        "failure_share": 0.118,
        "restore_seconds": 2400.0,
        **changes,
    }


def put(folder: Path, name: str, content: object) -> Path:
    """Write a file, and its folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def of(folder: Path, *fleet: Member) -> Fleet:
    """The contexts with their figures, and the sentences about bad files."""
    contexts, faults = measured(fleet or (PAYMENT, ORDER), figures(folder))
    assert {fault.kind for fault in faults} <= {"releases"}
    return contexts, [fault.sentence.removeprefix(f"{folder}/") for fault in faults]


def lines_of(fleet: list[Member]) -> list[list[str]]:
    """The rows of the table, as people read them."""
    lines = list(fleet_lines(fleet, []))
    start = next(number for number, line in enumerate(lines) if line.split()[:2] == [*HEAD[:2]])
    rows = [re.split(" {2,}", line) for line in lines[start:]]
    return [row for row in rows if len(row) == len(HEAD)]


def test_each_context_has_a_row_for_each_measured_stack(tmp_path: Path) -> None:
    """Only production is measured. A context that cannot be read has a row, too; a folder may have folders."""
    put(tmp_path, "payment-prod.json", form())
    put(tmp_path, "of/broken.json", form("broken", lead_seconds=None, failure_share=None, releases=0, failed=0))
    fleet, faults = of(tmp_path, PAYMENT, ORDER, BROKEN)
    assert faults == []
    day = f"{NOW:%Y-%m-%d}, 90 days"
    assert lines_of(fleet) == [
        [*HEAD],
        ["payment", "prod", "1.17", "3 h 20 min", "12%, 2 of 17", "40 min", day],
        ["order-line", "prod", *[ABSENT] * 5],
        ["broken", "prod", "1.17", ABSENT, ABSENT, "40 min", day],
    ]


def test_json_has_the_figures_as_they_are(tmp_path: Path) -> None:
    """Of a stack that is not measured, they are null; the names are those of the file."""
    content = form()
    put(tmp_path, "a.json", content)
    first, second = fleet_json(of(tmp_path)[0], [])["releases"]
    names = [name for name in content if name not in ("commits", "releases_without_commits")]
    assert first == {**{name: content[name] for name in names}, "stale": False}
    assert second == {**dict.fromkeys([*names, "stale"]), "context": "order-line", "stack": "prod"}


def test_without_a_folder_nothing_is_added() -> None:
    """The table, the pages and the list of JSON stay as they are."""
    fleet, faults = measured([PAYMENT], figures(None))
    assert (fleet, faults) == ([PAYMENT], [])
    assert fleet_json(fleet, [])["releases"] == []
    assert len([*fleet_lines(fleet, [])]) == 3
    assert "Releases" not in page(fleet, []) + "".join(files_of(fleet).values())


@pytest.mark.parametrize(("days", "is_stale"), [(13.9, False), (14.1, True)])
def test_an_old_measurement_is_marked(tmp_path: Path, days: float, *, is_stale: bool) -> None:
    """After two weeks, two weekly measurements are missing. The mark is no finding."""
    until = NOW - timedelta(days=days)
    put(tmp_path, "a.json", form(until=until.isoformat()))
    fleet, faults = of(tmp_path)
    [cells] = [row for row in lines_of(fleet) if row[0] == "payment"]
    assert cells[-1] == f"{until:%Y-%m-%d}, {90 - days - 0.5:.0f} days{', stale' if is_stale else ''}"
    assert (faults, fleet_json(fleet, [])["releases"][0]["stale"]) == ([], is_stale)


def test_an_empty_folder_has_a_row_for_each_context(tmp_path: Path) -> None:
    """The figures of all contexts are absent."""
    fleet, _ = of(tmp_path)
    assert lines_of(fleet)[1:] == [["payment", *[ABSENT] * 6], ["order-line", *[ABSENT] * 6]]


BAD: Mapping[str, tuple[Any, str]] = {
    "an empty file": ("", "it is no JSON ("),
    "a file that is cut off": (json.dumps(form())[:-9], "it is no JSON ("),
    "an output for people": ("prod, releases from 2026-09-02\n", "it is no JSON ("),
    "deep JSON": ("[" * 50_000, "it is no JSON ("),
    "a list": ([form()], "it is no JSON object: "),
    "a large file": (json.dumps(form()) + " " * 100_000, "it has more than 100000 bytes: "),
    "another document": ({"name": "payment"}, "it has no context: "),
    "a missing figure": ({name: value for name, value in form().items() if name != "failed"}, "it has no failed: "),
    "a text for a figure": (form(lead_seconds="3 h"), "lead_seconds is '3 h', and not a number from 0, or null: "),
    "null for a count": (form(releases=None), "releases is 'None', and not a whole number from 0: "),
    "a truth value": (form(failed=True), "failed is 'True', and not a whole number from 0: "),
    "a negative time": (form(restore_seconds=-1), "restore_seconds is '-1', and not a number from 0, or null: "),
    "no number": (form(releases_per_week=float("nan")), "releases_per_week is 'nan', and not a number from 0: "),
    "infinity": (form(lead_seconds=float("inf")), "lead_seconds is 'inf', and not a number from 0, or null: "),
    "a percentage": (form(failure_share=11.8), "failure_share is '11.8', and not a share from 0 to 1, or null: "),
    "more failures than releases": (form(failed=18), "failed is 18, which is more than 17 releases: "),
    "a time without a zone": (form(until="2026-11-01T00:00:00"), "until is '2026-11-01T00:00:00', and not a time with"),
    "no time": (form(since="yesterday"), "since is 'yesterday', and not a time with its zone, such as "),
    "an end before the beginning": (form(since=NOW.isoformat(), until=(NOW - timedelta(days=1)).isoformat()), "since"),
    "the future": (form(until=(NOW + timedelta(hours=2)).isoformat()), "until is "),
    "an empty stack": (form(stack=""), "stack is '', and not a text: "),
    "another stack": (form(stack="pr-7"), "payment has no stack 'pr-7', but dev, prod: delete the file."),
    "a misspelt context": (form("paymnt"), "the context 'paymnt' is not in this fleet: write payment, or delete "),
    "another context": (form("xyz"), "the context 'xyz' is not in this fleet: add its repository, or delete the file."),
}


@pytest.mark.parametrize(("content", "fault"), BAD.values(), ids=BAD)
def test_a_bad_file_is_a_finding_and_gives_no_figures(tmp_path: Path, content: object, fault: str) -> None:
    """With its place and a remedy. The figures of the others are shown."""
    put(tmp_path, "bad.json", content)
    put(tmp_path, "order.json", form("order-line"))
    fleet, [sentence] = of(tmp_path)
    assert sentence.startswith(f"bad.json: {fault}")
    assert re.search(r": (write|delete|add|correct) [^:]*\.$", sentence), sentence
    assert {row[0]: row[2] for row in lines_of(fleet)[1:]} == {"payment": ABSENT, "order-line": "1.17"}


def test_what_is_no_text_is_a_finding(tmp_path: Path) -> None:
    """None of them ends the command, or lets it wait."""
    (tmp_path / "a.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    (tmp_path / "c.json").mkdir()
    os.mkfifo(tmp_path / "d.json")
    _, faults = of(tmp_path)
    assert [fault.partition(" (")[0].removesuffix(": remove it.") for fault in faults] == [
        *("a.json: it is no file", "b.json: it is no JSON", "c.json: it is no file", "d.json: it is no file"),
    ]


def test_the_later_of_two_measurements_counts(tmp_path: Path) -> None:
    """The earlier file is a finding: somebody has renamed a file, or two jobs write."""
    put(tmp_path, "a.json", form(until=(NOW - timedelta(days=20)).isoformat(), releases_per_week=9))
    put(tmp_path, "b.json", form())
    fleet, [fault] = of(tmp_path)
    assert fault == f"a.json: {tmp_path}/b.json has a later measurement of the same stack: delete the earlier file."
    assert lines_of(fleet)[1][2] == "1.17"


def test_a_missing_folder_is_refused_before_any_repository_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes no minute to say so."""
    monkeypatch.setattr(command, "members", lambda _: pytest.fail("the repositories are read"))
    assert command.show(tmp_path, releases=tmp_path / "none") == 2
    assert f"{tmp_path}/none is no folder: name the folder of " in capsys.readouterr().err
    with pytest.raises(CannotTell):
        figures(put(tmp_path, "file.json", form()))


def test_a_bad_file_sets_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As each finding does. Without it, the status is that of the contexts."""
    monkeypatch.setattr(command, "roster", lambda _: [tmp_path])
    monkeypatch.setattr(command, "members", lambda _: [PAYMENT])
    monkeypatch.setattr(Member, "in_step", True)
    put(tmp_path, "a.json", form())
    assert findings([PAYMENT]) == []
    assert command.show(tmp_path, releases=tmp_path) == 0
    bad = put(tmp_path, "b.json", "{")
    assert command.show(tmp_path, releases=tmp_path) == 1
    assert f"{bad}: it is no JSON" in capsys.readouterr().out


HOSTILE = "</td><script>alert(1)</script>{x}"


def test_the_page_and_the_portal_have_the_figures(tmp_path: Path) -> None:
    """On the page of each service, and in the catalogue. Texts of a file are no markup."""
    put(tmp_path, "a.json", form())
    put(tmp_path, "b.json", form("broken", stack=HOSTILE))
    fleet, _ = of(tmp_path, PAYMENT, ORDER, BROKEN)
    files = files_of(fleet)
    whole = page(fleet, [])
    for text in (whole, files["services/payment.html"]):
        assert "12%, 2 of 17" in text
        assert "3 h 20 min" in text
    assert "12%" not in files["services/order-line.html"]
    assert f'measured">{ABSENT}</td>' in files["services/order-line.html"]
    assert not any("<script" in text for name, text in {**files, "page": whole}.items() if name.endswith(".html"))
    catalogue = files["eventcatalog/services/payment/index.mdx"]
    assert r"Releases of prod: releases a week 1\.17; lead time 3 h 20 min; failed 12%, 2 of 17" in catalogue
    assert "Releases" not in files["eventcatalog/services/order-line/index.mdx"]
    assert "<script" not in files["eventcatalog/services/broken/index.mdx"]


def test_the_file_of_the_command_is_read(tmp_path: Path) -> None:
    """Its form is written in one distribution, and read without it."""
    of_stack = rollout.Figures("prod", NOW - timedelta(days=90), NOW, [], [60.0], 0)
    rollout._write(tmp_path, "payment", of_stack.as_json())
    fleet, faults = of(tmp_path)
    assert (faults, lines_of(fleet)[1][:4]) == ([], ["payment", "prod", "0", "1 min"])
    assert {"stack", "write"} <= set(rollout.releases.__annotations__)
