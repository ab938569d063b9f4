"""Exports: the function, its schedules, its permissions, the partner's folder, the event of a download, and alarms."""

import json
from typing import Any

import pytest

from bounded_context_cli.policies import POLICIES
from bounded_context_cli.programs import Node
from bounded_context_infra.components import inbox
from bounded_context_infra.configuration.labels import roles

from .alarms import notifiers
from .contexts import DEFAULT, EXPORTS
from .dashboards import bodies, metrics
from .graph import PARTNERS, Graph, run_context


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_context(EXPORTS, "prod", partners=PARTNERS)


def _policies(graph: Graph, name: str) -> list[Any]:
    nodes = [node for node in graph.of("iam/rolePolicy") if node.name.endswith(name)]
    return [statement for node in nodes for statement in json.loads(node.inputs["policy"])["Statement"]]


def _one(graph: Graph, kind: str, name: str) -> Node:
    return graph.one(kind, name)


def test_each_export_has_a_schedule_in_the_function_s_group(graph: Graph):
    schedules = {node.name: node.inputs for node in graph.of("scheduler/schedule") if "export" in node.name}
    assert {name: inputs["scheduleExpression"] for name, inputs in schedules.items()} == {
        "export-files": "rate(15 minutes)",
        "export-daily": "cron(0 18 * * ? *)",
        "export-all-payments": "rate(7 days)",
    }
    payloads = {name: json.loads(inputs["target"]["input"]) for name, inputs in schedules.items()}
    time = "<aws.scheduler.scheduled-time>"
    assert payloads["export-files"] == {"time": time}
    assert payloads["export-daily"] == {"time": time, "export": "daily"}
    assert len({inputs["groupName"] for inputs in schedules.values()}) == 1
    assert len([node for node in graph.of("lambda/functionEventInvokeConfig") if node.name == "export-files"]) == 1


def test_the_function_reads_the_table_and_writes_its_records_alone(graph: Graph):
    statements = _policies(graph, "to-export-files")
    actions = {action for statement in statements for action in _list(statement["Action"])}
    assert {action for action in actions if action.startswith("dynamodb")} == {
        "dynamodb:Scan",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    }
    writing = next(statement for statement in statements if "dynamodb:PutItem" in _list(statement["Action"]))
    assert writing["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["EXPORT-FILE#*"]}}
    objects = [one for one in statements if any(action.startswith("s3:") for action in _list(one["Action"]))]
    assert all("outgoing" in json.dumps(statement) for statement in objects)
    assert not any("*" in action for action in actions)


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_a_partner_of_an_export_reads_its_folder(graph: Graph):
    for partner in ("acme", "globex"):
        mappings = _one(graph, "transfer/user", f"sftp-{partner}").inputs["homeDirectoryMappings"]
        assert [mapping["entry"] for mapping in mappings] == ["/incoming", "/reports", "/outgoing"]
        assert mappings[2]["target"].endswith(f"/outgoing/{partner}")


def test_a_partner_without_export_has_no_further_folder():
    plain = run_context(DEFAULT, "prod", partners=PARTNERS)
    mappings = _one(plain, "transfer/user", "sftp-acme").inputs["homeDirectoryMappings"]
    assert [mapping["entry"] for mapping in mappings] == ["/incoming", "/reports"]
    assert not [node for node in plain.nodes if "export" in node.name or "download" in node.name]


def test_files_expire(graph: Graph):
    rules = {
        rule["id"]: rule for rule in graph.one("s3/bucketLifecycleConfiguration", "inbox-lifecycle").inputs["rules"]
    }
    assert rules["outgoing"]["expiration"] == {"days": 30}
    assert graph.outputs["outgoing_days"] == 30


def test_the_event_of_a_download_calls_the_function(graph: Graph):
    pattern = json.loads(_one(graph, "cloudwatch/eventRule", "download-completed").inputs["eventPattern"])
    assert pattern["detail-type"] == ["SFTP Server File Download Completed"]
    assert pattern["detail"]["file-path"][0]["prefix"].endswith("/outgoing/")
    target = _one(graph, "cloudwatch/eventTarget", "download-completed").inputs
    assert target["inputTransformer"]["inputTemplate"] == '{"downloaded": <path>, "bytes": <bytes>}'
    permission = _one(graph, "lambda/permission", "download-completed").inputs
    assert (permission["principal"], permission["qualifier"]) == ("events.amazonaws.com", "live")


def test_alarms_report_late_and_unfetched_files(graph: Graph):
    names = [name for name in notifiers(graph) if name.startswith("exports-")]
    assert sorted(names) == ["exports-late", "exports-unfetched"]


def test_a_stack_without_a_server_has_no_event_of_downloads():
    plain = run_context(EXPORTS, "dev", alarms="all")
    assert not [node for node in plain.nodes if "download" in node.name]
    assert "exports-unfetched" not in notifiers(plain)
    assert "exports-late" in notifiers(plain)


def test_a_partner_without_a_home_is_refused():
    with pytest.raises(Exception, match="partners lacks 'globex', for whom all_payments writes files: add the partner"):
        run_context(EXPORTS, "prod", partners={"acme": PARTNERS["acme"]})


def test_the_names_of_roles_are_known(graph: Graph):
    own = {node.name for node in graph.of("iam/role")} - {name.replace("_", "-") for name in EXPORTS.functions}
    known = roles(lists=True, backup="none", malware="none", partners=PARTNERS, exports=True)
    assert {name for name in known if name == "call-export-files"} <= own


def test_dashboards_show_the_metrics_of_exports(graph: Graph):
    names = {metric.name for body in bodies(graph).values() for metric in metrics(body)}
    assert {"FilesPrepared", "OldestUnpreparedFileAge", "OldestUnfetchedFileAge"} <= names


def test_a_format_that_is_not_written_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox, "WRITTEN", ("csv",))
    partners = {**PARTNERS, "acme": {**PARTNERS["acme"], "format": {"kind": "json-lines"}}}
    with pytest.raises(Exception, match="partners has the format 'json-lines' of acme, and daily writes: write csv"):
        run_context(EXPORTS, "prod", partners=partners)


def test_the_policies_are_kept(graph: Graph):
    assert [violation.sentence for policy in POLICIES for violation in policy.violations(graph)] == []
