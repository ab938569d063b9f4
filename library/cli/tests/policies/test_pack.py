"""The pack's diagnostics of a stack: violations, and waivers with their reasons."""

import json
import re
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from bounded_context_cli.policies.cli import pack_folder
from bounded_context_infra.configuration.project import Project, current

from .analyzer import analyzer

pytestmark = pytest.mark.e2e

REASON = "A partner's system without access to our key puts messages into it."
WAIVER = {"policy": "data-is-encrypted", "resource": "reminders", "reason": REASON}
URN = "urn:pulumi:dev::own::aws:sqs/queue:Queue::reminders"


def _queue() -> analyzer_pb2.AnalyzerResource:
    queue = analyzer_pb2.AnalyzerResource(type="aws:sqs/queue:Queue", name="reminders", urn=URN)
    queue.properties.update({"name": "reminders", "arn": "arn:aws:sqs:eu-central-1:111122223333:reminders"})
    return queue


def test_a_waiver_is_seen_in_the_preview(tmp_path: Path) -> None:
    """As advice, with its reason; other violations are mandatory."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in WAIVER.items())
    said = (current().root / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(f"{said}\n[[tool.bounded-context.waivers]]\n{lines}", encoding="utf-8")
    folder = pack_folder(Project(tmp_path, {}))
    [home] = (tmp_path / "build").glob("policies-*")
    with analyzer(folder, home) as server:
        diagnostics = server.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[_queue()])).diagnostics
    [advice] = [diagnostic for diagnostic in diagnostics if diagnostic.enforcementLevel == analyzer_pb2.ADVISORY]
    assert (advice.policyName, advice.urn) == ("waivers", URN)
    assert re.fullmatch(rf"reminders .*\bdata-is-encrypted: {re.escape(REASON)}", advice.message.splitlines()[-1])
    refused = {
        diagnostic.policyName for diagnostic in diagnostics if diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    }
    assert refused == {"queues-have-dead-letters", "transport-is-encrypted", "resources-are-tagged"}
