"""The library's definition of the list workflow, for a context's names, and the repository's own in its place."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from payment.context import PAYMENT

from bounded_context_infra.configuration.project import current, list_workflow
from tests.contexts import INVOICE

ROOT = Path(__file__).parents[4]
ASL = "workflow/list_import.asl.json"
RELEASED = json.loads((ROOT / "template" / "releases.json").read_text(encoding="utf-8"))[-1]
"""The last release whose repositories have the definition: 0.4.0."""


def _released(path: str) -> str:
    command = ["git", "show", f"{RELEASED['commit']}:{path}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        pytest.skip(result.stderr)
    return result.stdout


def test_an_unchanged_definition_has_the_bytes_of_the_last_release() -> None:
    """Otherwise, the update publishes a new version of the state machine, and its alias moves."""
    assert list_workflow(PAYMENT) == _released(f"examples/payment/{ASL}")


def test_the_definition_has_the_names_and_versions_of_its_context() -> None:
    """Each context has its own verification and event."""
    imported = f"{INVOICE.title}ListImported"
    text = list_workflow(replace(INVOICE, verification="verify_vat_number", versions={imported: "1.7"}))
    states = json.loads(re.sub(r"\$\{\w+_concurrency\}", "1", text))["States"]
    event = states["MarkImported"]["ResultSelector"]
    assert (event["source"], event["type"]) == (INVOICE.name, imported)
    assert event["dataschema"] == f"urn:event-schema:{INVOICE.name}:{imported}:1.7"
    assert states["VerifyVatNumber"]["Next"] == "IsVerified"


def test_the_repositorys_own_definition_wins(tmp_path: Path) -> None:
    """The file that `context eject workflow` writes."""
    project = replace(current(), root=tmp_path)
    assert project.list_workflow(PAYMENT) == list_workflow(PAYMENT)
    project.workflow.parent.mkdir()
    project.workflow.write_text('{"own": true}', encoding="utf-8")
    assert project.list_workflow(PAYMENT) == '{"own": true}'
