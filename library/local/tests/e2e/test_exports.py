"""Exports of a running context: each partner fetches its file over SFTP, in each kind of files with places or packing.

The context of these tests is a copy of the repository with an export, in a process of its own.
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
}
EXPORT: Final = f"""    exports=(
        Export("daily", ("payment_id", "amount", "payer", "status"), "rate(1 day)", {(*FORMATS,)}),
    ),
    api=True,
"""
SCRIPT: Final = """
import json, sys
from pathlib import Path
from bounded_context.domain.formats import FileFormat
from bounded_context.application.reading import FileSource
from bounded_context_infra.configuration.project import current
from bounded_context_local.additions import exports
from bounded_context_local.testing.running import running
from io import BytesIO

formats = json.loads(sys.argv[2])
with running(current()) as run:
    deployed, facts = run.deployed, {"files": {}}
    rows = run.rows(30)
    run.upload(rows)
    results = [*exports(deployed)]
    facts["problems"] = [result.problem for result in results]
    facts["prepared"] = results[0].back
    for name in formats:
        partner = deployed.partner.named(name)
        [file] = partner.outgoing()
        records = FileSource(BytesIO(partner.fetch(file))).records(FileFormat(**formats[name]))
        facts["files"][name] = {"name": file, "records": [record.cells for record in records]}
    Path(sys.argv[1], "facts.json").write_text(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The results of the script."""
    folder = tmp_path_factory.mktemp("exports")
    repository = folder / "repository"
    shutil.copytree(PROJECT.root, repository, ignore=shutil.ignore_patterns("build", ".venv", "vendor"))
    declaration = repository / "src" / "payment" / "context.py"
    text = declaration.read_text(encoding="utf-8")
    for old, new in {"import Command, Context": "import Command, Context, Export", "    api=True,\n": EXPORT}.items():
        assert old in text
        text = text.replace(old, new)
    declaration.write_text(text, encoding="utf-8")
    settings = repository / "infra" / "service" / "Pulumi.local.yaml"
    partners = {name: {"public_keys": [], "format": format_} for name, format_ in FORMATS.items()}
    lines = "".join(f"    {name}: {json.dumps(values)}\n" for name, values in partners.items())
    key = "  payment:partners:\n"
    settings.write_text(settings.read_text(encoding="utf-8").replace(key, key + lines), encoding="utf-8")
    paths = (str(repository / "src"), *(path for path in sys.path if path.endswith("tests") or "library" in path))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    environment.pop("BOUNDED_CONTEXT_PROJECT", None)
    command = [sys.executable, "-c", SCRIPT, str(folder), json.dumps(FORMATS)]
    subprocess.run(command, cwd=repository, env=environment, check=True)  # noqa: S603
    yield json.loads((folder / "facts.json").read_text(encoding="utf-8"))


def test_each_partner_fetches_its_file(facts: dict[str, Any]) -> None:
    """The function notes each download."""
    assert facts["prepared"] == "3 files prepared"
    assert not any(facts["problems"])
    endings = {name: values["name"].partition(".")[2] for name, values in facts["files"].items()}
    assert endings == {"fixed": "txt", "xml": "xml.gz", "xlsx": "xlsx"}


def test_the_files_have_the_same_rows(facts: dict[str, Any]) -> None:
    """In the notation of each partner. The reader has compared the file's own count and sum."""
    tables = {name: values["records"] for name, values in facts["files"].items()}
    assert {name: header for name, (header, *_) in tables.items()} == {
        "fixed": [*FORMATS["fixed"]["columns"]],
        "xml": [*FORMATS["xml"]["columns"]],
        "xlsx": ["payment_id", "Betrag", "payer", "Zustand"],
    }
    fixed, xml, xlsx = (
        {row[0]: (row[header.index(amount)], row[header.index(status)]) for row in rows}
        for (header, *rows), amount, status in (
            (tables["fixed"], "amount", "status"),
            (tables["xml"], "amount", "status"),
            (tables["xlsx"], "Betrag", "Zustand"),
        )
    )
    assert len(fixed) == len(xml) == len(xlsx) == 30
    assert {status for _, status in (*fixed.values(), *xml.values(), *xlsx.values())} == {"REGISTERED"}
    assert {identity: float(amount) / 100 for identity, (amount, _) in fixed.items()} == {
        identity: float(amount) for identity, (amount, _) in xlsx.items()
    }
    assert {identity: float(amount) for identity, (amount, _) in xml.items()} == {
        identity: float(amount) for identity, (amount, _) in xlsx.items()
    }
