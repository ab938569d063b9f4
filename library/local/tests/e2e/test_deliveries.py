"""Exported files on a partner's own server: a connector of the embedded AWS sends them, and faults are repeated.

The context of these tests is a copy of the repository with an export, in a process of its own. Its partner `acme` has
an own server and no home.
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

EXPORT: Final = """    exports=(
        Export("daily", fields=("payment_id", "status"), when="cron(0 18 * * ? *)", partners=("acme",)),
    ),
"""

SCRIPT: Final = """
import asyncssh, json, sys, time
from pathlib import Path
from bounded_context.adapters.exports import ExportTable
from bounded_context_infra.configuration.project import current
from bounded_context_local.additions import exports
from bounded_context_local.emulator.clock import until
from bounded_context_local.testing.running import running
from bounded_context_operations.repair.exports import ExportedFiles, described

HOST = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().strip()
ACME = {"deliver": "sftp://sftp.acme.example/inbox", "host_keys": [HOST]}

with running(current(), {"partners": {"acme": ACME}}) as run:
    deployed, facts = run.deployed, {}
    server = deployed.servers["acme"]
    files = ExportedFiles(deployed.context, deployed.list_stack, lambda service, **_: deployed.aws.client(service))
    secret = deployed.deployment.physical_ids("aws:secretsmanager/secret:Secret")["deliver-acme"]

    def store(value):
        deployed.aws.call("secretsmanager", "put_secret_value", SecretId=secret, SecretString=value)

    def newest():
        return list(files.all())[-1]

    def again():
        # The next transfer is due in minutes: end the claim of the file.
        key = {"pk": f"EXPORT-FILE#daily#acme#{newest().file.period}"}
        table = deployed.aws.client("dynamodb")
        table.update_item(TableName=deployed.outputs["table_name"], Key={"pk": {"S": key["pk"]}},
            UpdateExpression="SET claimed_until = :none", ExpressionAttributeValues={":none": {"N": "0"}})
        return deployed.invoke("export_files", {})

    def failing(name, *, end):
        time.sleep(1.1)
        deployed.invoke("export_files", {"export": "daily"})
        until(lambda: deployed.invoke("export_files", {}) and newest().failures, 30)
        facts[name] = {"reason": newest().reason, "status": str(newest().status), "line": described(newest()),
            "control": f"{newest().key.rpartition('/')[2]}.control.json" in server.files()}
        end()
        again()
        until(lambda: deployed.invoke("export_files", {}) and newest().status == "DELIVERED", 30)
        facts[name]["end"] = str(newest().status)
        facts[name]["content"] = server.files()[newest().key.rpartition("/")[2]].decode()

    run.upload(run.rows(12), partner="demo")
    facts["run"] = [result.as_json() for result in exports(deployed)]
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
    transfer, connector = deployed.aws.client("transfer"), deployed.outputs["deliveries"]["acme"]
    facts["users"] = [name for name in deployed.deployment.physical_ids("aws:transfer/user:User")]
    Path(sys.argv[1], "facts.json").write_text(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The results of the script."""
    folder = tmp_path_factory.mktemp("deliveries")
    repository = folder / "repository"
    shutil.copytree(PROJECT.root, repository, ignore=shutil.ignore_patterns("build", ".venv", "vendor"))
    declaration = repository / "src" / "payment" / "context.py"
    text = declaration.read_text(encoding="utf-8")
    for old, new in {"Context\n": "Context, Export\n", "    api=True,\n": f"    api=True,\n{EXPORT}"}.items():
        assert old in text
        text = text.replace(old, new, 1)
    declaration.write_text(text, encoding="utf-8")
    paths = (str(repository / "src"), *(path for path in sys.path if path.endswith("tests") or "library" in path))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    environment.pop("BOUNDED_CONTEXT_PROJECT", None)
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    subprocess.run(command, cwd=repository, env=environment, check=True)  # noqa: S603
    yield json.loads((folder / "facts.json").read_text(encoding="utf-8"))


def test_the_run_shows_the_file_on_the_partner_s_server(facts: dict[str, Any]) -> None:
    assert facts["run"][0]["back"] == "1 files prepared"
    assert facts["run"][1]["sent"].startswith("/inbox/payment-daily-")
    assert facts["run"][1]["sent"].endswith(".csv on the server of acme")
    assert "bytes: payment_id,status / " in facts["run"][1]["back"]
    assert not any("problem" in result for result in facts["run"])
    assert facts["first"] == "DELIVERED"


def test_the_server_has_the_file_and_its_control_file(facts: dict[str, Any]) -> None:
    control, file = sorted(facts["received"], key=len, reverse=True)
    assert control == f"{file}.control.json"
    described = json.loads(facts["received"][control])
    assert (described["file"], described["rows"]) == (file, 12)
    assert described["size"] == len(facts["received"][file])


def test_a_connector_is_created_and_its_stand_in_is_stated(facts: dict[str, Any]) -> None:
    assert not [name for name in facts["not_emulated"] if "transfer" in name]
    assert any("the connector" in line for line in facts["adapted"])
    assert facts["users"] == ["sftp-demo"] or "sftp-acme" not in facts["users"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("full", "WRITE_FAILED: No space left on device"),
        ("login", "AUTHENTICATION_FAILED: "),
        ("secret", "INVALID_SECRET: "),
    ],
)
def test_a_failed_transfer_has_a_reason_and_is_repeated(facts: dict[str, Any], fault: str, reason: str) -> None:
    seen = facts[fault]
    assert seen["reason"].startswith(reason)
    assert (seen["status"], seen["control"]) == ("PREPARED", False)
    assert "1 failed transfers" in seen["line"]
    assert seen["end"] == "DELIVERED"
    assert seen["content"].count("\n") == 13
