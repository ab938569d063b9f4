"""A context whose partners fetch files or receive them on an own server, and whose analysts query events.

The context of these tests is a copy of the repository with two exports and an archive, in a process of its own. The
partner `acme` has an own server and no home. The others fetch their files over SFTP, each in another kind of files.
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

COLUMNS: Final = ("payment_id", "subscription_id", "amount", "currency", "due_date", "payer")
FORMATS: Final[dict[str, dict[str, Any]]] = {
    "fixed": {
        "kind": "fixed",
        "decimal": "implied",
        "columns": {**{name: f"{n}01-{n}60" for n, name in enumerate(COLUMNS, 1)}, "status": "701-720"},
        "control": {"last": "T", "count": "last 2-9", "sum": "last 10-29", "of": "amount"},
    },
    "xml": {
        "kind": "xml",
        "record": "Payments/Payment",
        "columns": {**{name: name for name in COLUMNS}, "status": "@status"},
        "control": {"count": "Payments/Count", "sum": "Payments/Sum", "of": "amount"},
        "compression": "gzip",
    },
    "xlsx": {"kind": "xlsx", "header": {"Betrag": "amount", "Zustand": "status"}},
    "table": {"control": {"first": "H", "last": "T", "count": "last 2", "sum": "last 3", "of": "amount"}},
}
ROWS: Final = 30
EXPORTS: Final = f"""    exports=(
        Export("daily", ("payment_id", "amount", "payer", "status"), "rate(1 day)", {(*FORMATS,)}),
        Export("evening", fields=("payment_id", "status"), when="cron(0 18 * * ? *)", partners=("acme",)),
    ),
    api=True,
"""
CHANGES: Final = {
    "import Command, Context": "import Archive, Command, Context, Export",
    '"bi", "frontend"': '"frontend", Archive("bi", days=30)',
    "    api=True,\n": EXPORTS,
}

SCRIPT: Final = """
import asyncssh, json, sys, time
from io import BytesIO
from pathlib import Path
from bounded_context.application.reading import FileSource
from bounded_context.domain.formats import FileFormat
from bounded_context_cli.command.operation import Access, SystemClock
from bounded_context_infra.configuration.project import current
from bounded_context_local.additions import archives, exports
from bounded_context_local.emulator.clock import until
from bounded_context_local.testing.running import running
from bounded_context_operations.repair.exports import ExportedFiles, described

folder, formats, rows = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
HOST = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().strip()
PARTNERS = {name: {"public_keys": [], "format": values} for name, values in formats.items()}
PARTNERS["acme"] = {"deliver": "sftp://sftp.acme.example/inbox", "host_keys": [HOST]}

def fetched(deployed):
    files = {}
    for name in formats:
        partner = deployed.partner.named(name)
        [file] = partner.outgoing()
        records = FileSource(BytesIO(partner.fetch(file))).records(FileFormat(**formats[name]))
        files[name] = {"name": file, "records": [record.cells for record in records]}
    return files

def delivered(deployed):
    facts, server = {}, deployed.servers["acme"]
    files = ExportedFiles(deployed.context, deployed.list_stack, lambda service, **_: deployed.aws.client(service))
    secret = deployed.deployment.physical_ids("aws:secretsmanager/secret:Secret")["deliver-acme"]

    def store(value):
        deployed.aws.call("secretsmanager", "put_secret_value", SecretId=secret, SecretString=value)

    def newest():
        return [record for record in files.all() if record.file.partner == "acme"][-1]

    def again():
        # The next transfer is due in minutes: end the claim of the file.
        key = {"pk": f"EXPORT-FILE#evening#acme#{newest().file.period}"}
        table = deployed.aws.client("dynamodb")
        table.update_item(TableName=deployed.outputs["table_name"], Key={"pk": {"S": key["pk"]}},
            UpdateExpression="SET claimed_until = :none", ExpressionAttributeValues={":none": {"N": "0"}})
        return deployed.invoke("export_files", {})

    def failing(name, *, end):
        time.sleep(1.1)
        deployed.invoke("export_files", {"export": "evening"})
        until(lambda: deployed.invoke("export_files", {}) and newest().failures, 30)
        facts[name] = {"reason": newest().reason, "status": str(newest().status), "line": described(newest()),
            "control": f"{newest().key.rpartition('/')[2]}.control.json" in server.files()}
        end()
        again()
        until(lambda: deployed.invoke("export_files", {}) and newest().status == "DELIVERED", 30)
        facts[name]["end"] = str(newest().status)
        facts[name]["content"] = server.files()[newest().key.rpartition("/")[2]].decode()

    facts["first"] = str(newest().status)
    facts["received"] = {name: content.decode() for name, content in server.files().items()}
    facts["adapted"] = [line for line in deployed.deployment.adapted if "connector" in line]
    facts["not_emulated"] = deployed.deployment.not_emulated
    server.full = True
    failing("full", end=lambda: setattr(server, "full", False))
    store(json.dumps({"Username": "other", "Password": "x"}))
    failing("login", end=lambda: store(server.secret))
    store("no JSON")
    failing("secret", end=lambda: store(server.secret))
    facts["users"] = [name for name in deployed.deployment.physical_ids("aws:transfer/user:User")]
    return facts

def queried(deployed, events):
    facts = {"received": sorted(event["id"] for event in events)}
    [result], [analyst] = archives(deployed), deployed.analysts

    def ids():
        return sorted(row["event_id"] for row in analyst.query("SELECT event_id FROM payment_registered"))

    facts["problem"], facts["archived"], facts["files"] = result.problem, ids(), analyst.files()
    facts["folders"] = sorted({file.split("/")[1] for file in analyst.files()})
    facts["raw"] = analyst.query("SELECT * FROM events LIMIT 1")
    firehose, stream = deployed.aws.client("firehose"), deployed.outputs["archives"]["bi"]["stream"]
    for data in (json.dumps(events[0]), json.dumps(events[0]), "no JSON"):
        firehose.put_record(DeliveryStreamName=stream, Record={"Data": data.encode()})
    facts["deliveries"] = analyst.query(f"SELECT count(*) AS n FROM events WHERE id = '{events[0]['id']}'")[0]["n"]
    facts["again"] = ids()
    facts["errors"] = analyst.files("errors/")
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    clients = lambda region: lambda service, **_: deployed.aws.client(service)
    from tests.console import context
    facts["reseed"] = context("reseed", "local", "--to", "bi", "--go", "--outputs", str(outputs), "--json",
        access=Access(clients, SystemClock()))
    facts["after"] = ids()
    return facts

with running(current(), {"partners": PARTNERS}) as run:
    finished = run.upload(run.rows(rows), partner="demo")
    results = [*exports(run.deployed)]
    registered = [event for event in finished.events["frontend"] if event["type"] == "PaymentRegistered"]
    facts = {
        "run": [result.as_json() for result in results],
        "fetched": fetched(run.deployed),
        "delivered": delivered(run.deployed),
        "queried": queried(run.deployed, registered),
    }
    (folder / "facts.json").write_text(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The results of the script."""
    folder = tmp_path_factory.mktemp("others")
    repository = folder / "repository"
    shutil.copytree(PROJECT.root, repository, ignore=shutil.ignore_patterns("build", ".venv", "vendor"))
    declaration = repository / "src" / "payment" / "context.py"
    text = declaration.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    declaration.write_text(text, encoding="utf-8")
    paths = (str(repository / "src"), *(path for path in sys.path if path.endswith("tests") or "library" in path))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    environment.pop("BOUNDED_CONTEXT_PROJECT", None)
    command = [sys.executable, "-c", SCRIPT, str(folder), json.dumps(FORMATS), str(ROWS)]
    subprocess.run(command, cwd=repository, env=environment, check=True)  # noqa: S603
    yield json.loads((folder / "facts.json").read_text(encoding="utf-8"))


@pytest.fixture
def fetched(facts: dict[str, Any]) -> dict[str, Any]:
    """The files of the partners without an own server."""
    return facts["fetched"]


@pytest.fixture
def delivered(facts: dict[str, Any]) -> dict[str, Any]:
    """The files on the own server of a partner."""
    return facts["delivered"]


@pytest.fixture
def queried(facts: dict[str, Any]) -> dict[str, Any]:
    """The queries of an analyst."""
    return facts["queried"]


def test_the_run_prepares_and_shows_each_file(facts: dict[str, Any]) -> None:
    """The function notes each download, and each transfer."""
    daily, *of_partners, evening, sent = facts["run"]
    assert (daily["back"], evening["back"]) == ("4 files prepared", "1 files prepared")
    assert len(of_partners) == len(FORMATS)
    assert not any("problem" in result for result in facts["run"])
    assert sent["sent"].startswith("/inbox/payment-evening-")
    assert sent["sent"].endswith(".csv on the server of acme")
    assert "bytes: payment_id,status / " in sent["back"]


def test_each_partner_fetches_its_file(fetched: dict[str, Any]) -> None:
    endings = {name: values["name"].partition(".")[2] for name, values in fetched.items()}
    assert endings == {"fixed": "txt", "xml": "xml.gz", "xlsx": "xlsx", "table": "csv"}


def test_the_files_have_the_same_rows(fetched: dict[str, Any]) -> None:
    """In the notation of each partner. The reader has compared the file's own count and sum."""
    tables = {name: values["records"] for name, values in fetched.items()}
    names = ["payment_id", "amount", "payer", "status"]
    assert {name: header for name, (header, *_) in tables.items()} == {
        "fixed": [*FORMATS["fixed"]["columns"]],
        "xml": [*FORMATS["xml"]["columns"]],
        "xlsx": ["payment_id", "Betrag", "payer", "Zustand"],
        "table": names,
    }
    fixed, *others = (
        {row[0]: (float(row[header.index(amount)]), row[header.index(status)]) for row in rows}
        for (header, *rows), amount, status in (
            (tables["fixed"], "amount", "status"),
            (tables["xml"], "amount", "status"),
            (tables["xlsx"], "Betrag", "Zustand"),
            (tables["table"], "amount", "status"),
        )
    )
    assert len(fixed) == ROWS
    assert {status for _, status in fixed.values()} == {"REGISTERED"}
    expected = {identity: (amount / 100, status) for identity, (amount, status) in fixed.items()}
    assert others == [expected] * 3


def test_the_server_has_the_file_and_its_control_file(delivered: dict[str, Any]) -> None:
    assert delivered["first"] == "DELIVERED"
    control, file = sorted(delivered["received"], key=len, reverse=True)
    assert control == f"{file}.control.json"
    described = json.loads(delivered["received"][control])
    assert (described["file"], described["rows"]) == (file, ROWS)
    assert described["size"] == len(delivered["received"][file])


def test_a_connector_is_created_and_its_stand_in_is_stated(delivered: dict[str, Any]) -> None:
    assert not [name for name in delivered["not_emulated"] if "transfer" in name]
    assert any("the connector" in line for line in delivered["adapted"])
    assert "sftp-acme" not in delivered["users"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("full", "WRITE_FAILED: No space left on device"),
        ("login", "AUTHENTICATION_FAILED: "),
        ("secret", "INVALID_SECRET: "),
    ],
)
def test_a_failed_transfer_has_a_reason_and_is_repeated(delivered: dict[str, Any], fault: str, reason: str) -> None:
    seen = delivered[fault]
    assert seen["reason"].startswith(reason)
    assert (seen["status"], seen["control"]) == ("PREPARED", False)
    assert "1 failed transfers" in seen["line"]
    assert seen["end"] == "DELIVERED"
    assert seen["content"].count("\n") == ROWS + 1


def test_an_archive_has_each_event_of_another_subscriber(queried: dict[str, Any]) -> None:
    """The events of a list, each once in its view."""
    assert queried["problem"] == ""
    assert len(queried["received"]) == ROWS
    assert queried["archived"] == queried["received"]


def test_its_files_are_apart_by_type_and_day_and_have_no_personal_field(queried: dict[str, Any]) -> None:
    """A file has the events of a second, so there are fewer files than events."""
    assert {"type=PaymentListImported", "type=PaymentRegistered"} <= {*queried["folders"]}
    assert all("/day=20" in file and file.endswith(".parquet") for file in queried["files"])
    assert len(queried["files"]) < ROWS
    assert "payer" not in str(queried["raw"])


def test_a_second_delivery_changes_no_view(queried: dict[str, Any]) -> None:
    """The table has all deliveries."""
    assert queried["deliveries"] == "3"
    assert queried["again"] == queried["archived"]


def test_a_record_that_cannot_be_converted_is_stored_apart(queried: dict[str, Any]) -> None:
    """It stops no other record."""
    [error] = queried["errors"]
    assert error.startswith("errors/processing-failed/day=20")


def test_a_reseed_of_current_events_changes_no_view(queried: dict[str, Any]) -> None:
    """The stream of the table still has the changes, so the events have their ids and sequences."""
    assert queried["reseed"] == 0
    assert queried["after"] == queried["archived"]
