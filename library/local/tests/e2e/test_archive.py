"""The archive of a running context: Parquet files in the embedded S3, and queries by Athena on them.

The context of these tests is a copy of the repository whose subscriber `bi` is an archive, in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

from .facts import PROJECT

pytestmark = pytest.mark.e2e

SCRIPT: Final = """
import json, sys
from pathlib import Path
from bounded_context_cli.command.operation import Access, SystemClock
from bounded_context_infra.configuration.project import current
from bounded_context_local.additions import archives
from bounded_context_local.testing.running import running

def ids(analyst, view="payment_registered"):
    return sorted(row["event_id"] for row in analyst.query(f"SELECT event_id FROM {view}"))

with running(current()) as run:
    deployed, facts = run.deployed, {}
    finished = run.upload(run.rows(30))
    facts["received"] = sorted(e["id"] for e in finished.events["frontend"] if e["type"] == "PaymentRegistered")
    [result] = archives(deployed)
    [analyst] = deployed.analysts
    facts["problem"], facts["archived"], facts["files"] = result.problem, ids(analyst), analyst.files()
    facts["folders"] = sorted({file.split("/")[1] for file in analyst.files()})
    facts["raw"] = analyst.query("SELECT * FROM events LIMIT 1")
    firehose = deployed.aws.client("firehose")
    stream = deployed.outputs["archives"]["bi"]["stream"]
    event = next(e for e in finished.events["frontend"] if e["type"] == "PaymentRegistered")
    for data in (json.dumps(event), json.dumps(event), "no JSON"):
        firehose.put_record(DeliveryStreamName=stream, Record={"Data": data.encode()})
    facts["deliveries"] = analyst.query(f"SELECT count(*) AS n FROM events WHERE id = '{event['id']}'")[0]["n"]
    facts["again"] = ids(analyst)
    facts["errors"] = analyst.files("errors/")
    outputs = Path(sys.argv[1]) / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    clients = lambda region: lambda service, **_: deployed.aws.client(service)
    from tests.console import context
    facts["reseed"] = context("reseed", "local", "--to", "bi", "--go", "--outputs", str(outputs), "--json",
        access=Access(clients, SystemClock()))
    facts["after"] = ids(analyst)
    Path(sys.argv[1], "facts.json").write_text(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The results of the script."""
    folder = tmp_path_factory.mktemp("archive")
    repository = folder / "repository"
    shutil.copytree(PROJECT.root, repository, ignore=shutil.ignore_patterns("build", ".venv", "vendor"))
    declaration = repository / "src" / "payment" / "context.py"
    text = declaration.read_text(encoding="utf-8")
    for old, new in {
        "import Command": "import Archive, Command",
        '"bi", "frontend"': '"frontend", Archive("bi", days=30)',
    }.items():
        assert old in text
        text = text.replace(old, new)
    declaration.write_text(text, encoding="utf-8")
    paths = (str(repository / "src"), *(path for path in sys.path if path.endswith("tests") or "library" in path))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    environment.pop("BOUNDED_CONTEXT_PROJECT", None)
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    subprocess.run(command, cwd=repository, env=environment, check=True)  # noqa: S603
    yield json.loads((folder / "facts.json").read_text(encoding="utf-8"))


def test_an_archive_has_each_event_of_another_subscriber(facts: dict[str, Any]) -> None:
    """The events of a list, each once in its view."""
    assert facts["problem"] == ""
    assert len(facts["received"]) == 30
    assert facts["archived"] == facts["received"]


def test_its_files_are_apart_by_type_and_day_and_have_no_personal_field(facts: dict[str, Any]) -> None:
    """A file has the events of a second, so there are fewer files than events."""
    assert {"type=PaymentListImported", "type=PaymentRegistered"} <= {*facts["folders"]}
    assert all("/day=20" in file and file.endswith(".parquet") for file in facts["files"])
    assert len(facts["files"]) < 30
    assert "payer" not in str(facts["raw"])


def test_a_second_delivery_changes_no_view(facts: dict[str, Any]) -> None:
    """The table has all deliveries."""
    assert facts["deliveries"] == "3"
    assert facts["again"] == facts["archived"]


def test_a_record_that_cannot_be_converted_is_stored_apart(facts: dict[str, Any]) -> None:
    """It stops no other record."""
    [error] = facts["errors"]
    assert error.startswith("errors/processing-failed/day=20")


def test_a_reseed_of_current_events_changes_no_view(facts: dict[str, Any]) -> None:
    """The stream of the table still has the changes, so the events have their ids and sequences."""
    assert facts["reseed"] == 0
    assert facts["after"] == facts["archived"]
