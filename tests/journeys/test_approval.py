"""A person approves lists with a total above 1,000,000: the page is followed in a fresh repository, which then runs."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from bounded_context_cli.docs import section, steps
from bounded_context_local.sample_lists import Samples, as_csv
from payment.context import PAYMENT

from template.processes import environment

from .journey import Journey

BEHAVIOUR = '''
from bounded_context_local.sample_lists import as_csv
from bounded_context_local.testing.running import Finished

LARGE, SMALL = "600000.00", "400000.00"


def _uploaded(running: Running, amount: str, reject: str = "") -> Finished:
    rows = [{**row, "amount": amount, "currency": "EUR"} for row in running.rows(2)]
    running.deployed.table.know_references(row["subscription_id"] for row in rows)
    return running.upload(rows, reject=reject)


def test_a_list_above_the_limit_is_imported_after_its_approval(running: Running) -> None:
    """The record names the person. The token is removed."""
    done = _uploaded(running, LARGE)
    assert (done.outcome, done.imported) == ("IMPORTED", 2)
    assert done.record["decided_by"].startswith("arn:aws:")
    assert "task_token" not in done.record
    assert done.record["decided_at"] >= done.record["waits_since"] > 0


def test_a_list_below_the_limit_does_not_wait(running: Running) -> None:
    """It has no decision."""
    done = _uploaded(running, SMALL)
    assert (done.outcome, done.imported) == ("IMPORTED", 2)
    assert not {"waits_since", "decided_by"} & done.record.keys()


def test_a_rejected_list_has_no_rows_and_its_partner_the_reason(running: Running) -> None:
    """Subscribers get the event of a rejected list."""
    done = _uploaded(running, LARGE, "twice the usual total")
    assert (done.outcome, done.imported) == ("REJECTED", 0)
    assert [line["reason"] for line in done.rejections()] == ["twice the usual total"]
    assert {event["data"]["reason"] for event in done.own_events()} == {"twice the usual total"}


def test_the_watch_counts_no_age_of_a_list_that_waits(running: Running) -> None:
    """And reads the records with its own permissions."""
    ages: list[float] = []

    def look(list_id: str) -> None:
        ages.append(running.deployed.invoke("watch_lists", {})["seconds"])
        running.deployed.decide(list_id)

    rows = [{**row, "amount": LARGE, "currency": "EUR"} for row in running.rows(2)]
    running.deployed.table.know_references(row["subscription_id"] for row in rows)
    content = as_csv([list(rows[0]), *([*row.values()] for row in rows)])
    ended = running.deployed.follow(running.deployed.partner.upload("watched.csv", content), decide=look)
    assert (ended.outcome, ages) == ("IMPORTED", [0])
'''

LARGE = "600000.00"
EXPORT = re.compile(r"export (AWS_\w+)=(\S+)")
WAITS = re.compile(r"(\w+)\.csv waits for an approval: (uv run context list approve \S+ \w+ --outputs \S+)")


@dataclass
class Kept:
    """A kept run of a repository, and the commands of another terminal."""

    folder: Path
    log: Path

    def says(self, pattern: str | re.Pattern[str], seconds: float = 240) -> re.Match[str]:
        """Wait for a line of the run, and return its match."""
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.log.read_text(encoding="utf-8"))):
            assert time.monotonic() < end, self.log.read_text(encoding="utf-8")
            time.sleep(0.5)
        return match

    def environment(self) -> dict[str, str]:
        """Return the printed environment of the emulator."""
        return dict(EXPORT.findall(self.log.read_text(encoding="utf-8")))

    def put(self, name: str, seed: int) -> None:
        """Upload two large rows into the partner's folder."""
        samples = Samples(PAYMENT)
        rows = [dict(zip(samples.columns, row, strict=True)) for row in samples.rows(2, seed=seed)]
        large = [[*{**row, "amount": LARGE, "currency": "EUR"}.values()] for row in rows]
        content = as_csv([list(samples.columns), *large])
        values, bucket = self.environment(), self.says(r"# inbox_bucket: (\S+)")[1]
        keys: Any = {name: values[name.upper()] for name in ("aws_access_key_id", "aws_secret_access_key")}
        s3 = boto3.client("s3", endpoint_url=values["AWS_ENDPOINT_URL"], region_name=values["AWS_REGION"], **keys)
        s3.put_object(Bucket=bucket, Key=f"incoming/demo/{name}.csv", Body=content)

    def runs(self, *command: str) -> tuple[int, str]:
        """Run a command, and return its exit status and its output."""
        variables = {**_variables(), **self.environment()}
        result = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


def _variables() -> dict[str, str]:
    return {name: value for name, value in environment().items() if not name.startswith("PYTEST")} | {"COLUMNS": "500"}


@contextmanager
def kept(folder: Path, log: Path) -> Iterator[Kept]:
    """Keep a context running, and end the run at the end of the block."""
    command = ("uv", "run", "--no-sync", "context", "run", "--keep", "--rows", "20")
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=_variables(), stdout=file, stderr=file)
        try:
            yield Kept(folder, log)
        finally:
            process.terminate()
            process.wait(60)


def decide_in_a_kept_run(folder: Path, log: Path) -> None:
    """Approve a list, reject another, and try decisions that are refused, by the commands of the page."""
    with kept(folder, log) as run:
        run.says("Ctrl-C stops")
        run.put("large", 1)
        approve = run.says(WAITS)[2].split()
        outputs = approve[-2:]
        waiting = run.runs("uv", "run", "context", "list", "waiting", "local", *outputs)[1]
        assert "large.csv: 2 of 2 rows, amount 1,200,000 EUR" in waiting
        assert run.runs(*approve)[0] == 0
        run.says("large.csv is IMPORTED")
        status, out = run.runs(*approve)
        assert (status, "approved it at" in out) == (2, True)
        run.put("other", 2)
        reject = [*run.says(r"other\.csv waits for an approval: (.*)")[1].split(), "--reason", "a wrong total"]
        reject[reject.index("approve")] = "reject"
        assert run.runs(*reject)[0] == 0
        run.says("other.csv is REJECTED")
        reject[reject.index("local") + 1] = "0" * 32
        assert run.runs(*reject)[0] == 2


@pytest.mark.e2e
@pytest.mark.nightly
def test_lists_above_a_limit_are_approved(tmp_path: Path) -> None:
    """The lines of the page alone, in the check, in a run, and in a kept run with the commands that it prints."""
    journey = Journey.of(tmp_path, {})
    for step in steps(section("approval", "declare-it"), "payment"):
        step.follow(journey.folder)
    journey.context("contracts")
    journey.done("a person approves lists", BEHAVIOUR)
    decide_in_a_kept_run(journey.folder, tmp_path / "run.log")
