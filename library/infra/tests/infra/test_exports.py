"""Exports: the function, its schedules, its permissions, the partner's folder, the event of a download, and alarms."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bounded_context import Context
from bounded_context_cli.policies import POLICIES
from bounded_context_cli.programs import Node
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.labels import roles
from bounded_context_infra.configuration.settings import Settings

from .alarms import notifiers
from .contexts import DEFAULT, EXPORTS
from .dashboards import bodies, metrics
from .graph import DELIVERED, HOST_KEY, PARTNERS, Graph, run, run_context


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


_COLUMNS = ("payment_id", "subscription_id", "amount", "currency", "due_date", "payer")
FIXED = {"kind": "fixed", "columns": {name: f"{n}1-{n}9" for n, name in enumerate(_COLUMNS, 1)}}
XML = {"kind": "xml", "record": "File/Row", "columns": {name: name for name in _COLUMNS}}
DAILY = replace(EXPORTS, exports=EXPORTS.exports[:1])


def _with(context: Context[Any], format_: dict[str, Any]) -> Graph:
    return run_context(context, "prod", partners={**PARTNERS, "acme": {**PARTNERS["acme"], "format": format_}})


@pytest.mark.parametrize(
    ("format_", "fault"),
    [
        (
            {**FIXED, "control": {"first": "H", "count": "first 2-9"}},
            "format.control has the count in the first line, before the rows are known: write it into the last line, "
            "or remove it, since the control file has it.",
        ),
        (
            {**FIXED, "control": {"first": "H", "last": "T", "sum": "first 2-9", "of": "amount"}},
            "format.control has the sum in the first line, before the rows are known",
        ),
        (
            {"control": {"first": "H", "count": "first 2"}},
            "format.control has the count in the first line, before the rows are known",
        ),
        (
            {"kind": "xlsx", "control": {"last": "T", "sum": "last 2", "of": "currency"}},
            "format.control has the sum of 'currency', which is no amount of the export: write another.",
        ),
        (
            {**FIXED, "record": "x" * 11},
            "format.columns.payment_id is '11-19', where its line begins with 'xxxxxxxxxxx': write other characters.",
        ),
        (
            {**FIXED, "control": {"last": "END", "count": "last 3-9"}},
            "format.control.count is '3-9', where its line begins with 'END': write other characters.",
        ),
        (
            {**XML, "columns": {**XML["columns"], "payer": "../Payer"}},
            "format.columns has a column of the root element, which cannot be repeated: write another place.",
        ),
        (
            {**XML, "columns": {**XML["columns"], "payer": "amount"}},
            "format.columns has 'amount' and 'payer' at one place, which has a single value: write another place.",
        ),
        (
            {**XML, "control": {"count": "File/@count"}},
            "format.control has the count in an element around the rows, before the rows are known: write it into an "
            "element of its own, or remove it, since the control file has it.",
        ),
        (
            {**XML, "control": {"sum": "File/Sum", "of": "payer"}},
            "format.control has the sum of 'payer', which is no amount of the export: write another.",
        ),
    ],
)
def test_a_format_that_an_export_cannot_have_is_refused(format_: dict[str, Any], fault: str):
    with pytest.raises(Exception, match=re.escape(f"partners has a format of acme that daily cannot have: {fault}")):
        _with(DAILY, format_)


@pytest.mark.parametrize("format_", [FIXED, XML], ids=["fixed", "xml"])
def test_a_field_without_a_place_is_refused(format_: dict[str, Any]):
    fault = "that all_payments cannot have: format.columns has no place for 'status': write its place, or remove the"
    with pytest.raises(Exception, match=fault):
        _with(EXPORTS, format_)


@pytest.mark.parametrize(
    "format_",
    [
        {**FIXED, "control": {"first": "H", "last": "T", "count": "last 2-9", "sum": "last 11-29", "of": "amount"}},
        {**XML, "control": {"count": "File/End/Count", "sum": "File/End/Sum", "of": "amount"}},
        {"kind": "xlsx", "sheet": "Payments", "control": {"last": "T", "count": "last 2"}},
        {"delimiter": ";", "control": {"first": "H", "last": "T", "count": "last 3", "sum": "last 2", "of": "amount"}},
    ],
    ids=["fixed", "xml", "xlsx", "csv"],
)
def test_each_kind_is_written(format_: dict[str, Any]):
    assert _formats(_with(DAILY, format_)) == {"acme": format_}


def _formats(graph: Graph) -> dict[str, Any]:
    [function] = [node for node in graph.of("lambda/function") if node.name == "export-files"]
    return json.loads(function.inputs["environment"]["variables"]["FORMATS"])


@pytest.mark.parametrize("format_", [FIXED, XML], ids=["fixed", "xml"])
def test_a_field_that_lists_do_not_have_may_have_a_place(format_: dict[str, Any]):
    """The formats of lists do not have the place."""
    place = "81-89" if format_ is FIXED else "State"
    both = {**format_, "columns": {**format_["columns"], "status": place}}
    assert _formats(_with(EXPORTS, both)) == {"acme": both}
    partners = {**PARTNERS, "acme": {**PARTNERS["acme"], "format": both}}
    config = {"sftp": "dedicated", "protect": "true", "rollout_strategy": "AllAtOnce", "partners": json.dumps(partners)}
    settings = Settings.from_config(EXPORTS, config)
    assert settings.formats["acme"].settings == format_
    with pytest.raises(SettingError, match="has 'status': write one of"):
        Settings.from_config(DEFAULT, config)
    both["control"] = {"sum": "last 2-9" if format_ is FIXED else "File/Sum", "of": "status", "last": "T"}
    both["control"] = {name: text for name, text in both["control"].items() if name != "last" or format_ is FIXED}
    with pytest.raises(SettingError, match="has the sum of 'status', which lists do not have: write another column"):
        Settings.from_config(EXPORTS, config | {"partners": json.dumps(partners)})


def test_the_policies_are_kept(graph: Graph):
    assert [violation.sentence for policy in POLICIES for violation in policy.violations(graph)] == []


@pytest.fixture(scope="module")
def delivered() -> Graph:
    return run_context(EXPORTS, "prod", partners=DELIVERED)


def test_a_connector_has_the_address_the_key_and_a_secret_without_a_value(delivered: Graph):
    connector = _one(delivered, "transfer/connector", "deliver-acme").inputs
    assert connector["url"] == "sftp://sftp.acme.example:2222"
    assert connector["sftpConfig"]["trustedHostKeys"] == [HOST_KEY]
    secret = _one(delivered, "secretsmanager/secret", "deliver-acme")
    assert connector["sftpConfig"]["userSecretId"] == secret.outputs["arn"]
    assert secret.inputs["kmsKeyId"] == delivered.one("kms/key", "key").outputs["arn"]
    assert not delivered.of("secretsmanager/secretVersion")


def test_the_role_of_a_connector_has_the_partner_s_folder_the_secret_and_the_log_alone(delivered: Graph):
    statements = _policies(delivered, "to-deliver-acme")
    actions = sorted(action for statement in statements for action in _list(statement["Action"]))
    assert actions == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "s3:DeleteObject",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
    ]
    [objects] = [one for one in statements if "s3:GetObject" in _list(one["Action"])]
    assert all(resource.endswith("/outgoing/acme/*") for resource in _list(objects["Resource"]))
    assert not any(resource == "*" for statement in statements for resource in _list(statement["Resource"]))


def test_the_function_uses_its_connectors_alone(delivered: Graph):
    statements = _policies(delivered, "to-export-files")
    [transfers] = [one for one in statements if any("transfer:" in action for action in _list(one["Action"]))]
    assert _list(transfers["Action"]) == ["transfer:StartFileTransfer", "transfer:ListFileTransferResults"]
    assert _list(transfers["Resource"]) == [_one(delivered, "transfer/connector", "deliver-acme").outputs["arn"]]
    variables = _one(delivered, "lambda/function", "export-files").inputs["environment"]["variables"]
    assert json.loads(variables["DELIVERIES"]) == {"acme": ["c-0123456789abcdef0", "/inbox/daily"]}


def test_the_end_of_a_transfer_calls_the_function(delivered: Graph):
    pattern = json.loads(_one(delivered, "cloudwatch/eventRule", "deliver-acme-ended").inputs["eventPattern"])
    assert pattern == {
        "source": ["aws.transfer"],
        "detail-type": ["SFTP Connector File Send Completed", "SFTP Connector File Send Failed"],
        "detail": {"connector-id": ["c-0123456789abcdef0"]},
    }
    assert _one(delivered, "cloudwatch/eventTarget", "deliver-acme-ended").inputs["input"] == "{}"
    assert delivered.outputs["deliveries"] == {"acme": "c-0123456789abcdef0"}


def test_a_partner_with_an_own_server_alone_has_no_home(delivered: Graph):
    assert [node.name for node in delivered.of("transfer/user")] == ["sftp-globex"]
    known = roles(lists=True, backup="none", malware="none", partners=["globex"], exports=True, deliveries=["acme"])
    assert known <= {node.name for node in delivered.of("iam/role")}


def test_a_partner_with_both_uploads_lists_and_fetches_no_files():
    both = {**DELIVERED, "acme": {**DELIVERED["acme"], **PARTNERS["acme"]}}
    graph = run_context(EXPORTS, "prod", partners=both)
    mappings = _one(graph, "transfer/user", "sftp-acme").inputs["homeDirectoryMappings"]
    assert [mapping["entry"] for mapping in mappings] == ["/incoming", "/reports"]
    assert _one(graph, "transfer/connector", "deliver-acme")


def test_a_stack_without_a_server_delivers_and_has_the_alarm():
    graph = run_context(EXPORTS, "dev", alarms="all", partners=DELIVERED)
    assert not graph.of("transfer/server")
    assert _one(graph, "transfer/connector", "deliver-acme")
    assert "exports-unfetched" in notifiers(graph)


_ED25519 = PARTNERS["acme"]["public_keys"][0]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"host_keys": None},
            r"partners\.acme\.host_keys are missing: write the keys of `ssh-keyscan -t rsa,ecdsa HOST`",
        ),
        ({"deliver": None, "public_keys": []}, r"partners\.acme\.host_keys belong to deliver, which is missing"),
        ({"deliver": None}, r"partners\.acme\.public_keys are missing: write the partner's keys, or deliver"),
        ({"host_keys": [_ED25519]}, r"has an ed25519 key, which a connector of Transfer does not accept"),
        ({"host_keys": ["ssh-dss AAAA"]}, r"partners\.acme\.host_keys.* the key 'ssh-dss AAAA'"),
        ({"host_keys": [HOST_KEY] * 2}, r"partners\.acme\.host_keys has a key twice"),
        ({"host_keys": [{"key": HOST_KEY}]}, r"partners\.acme\.host_keys"),
        ({"deliver": "sftp://sender@sftp.acme.example/inbox"}, r"partners\.acme\.deliver .*without the user"),
        ({"deliver": "ftp://sftp.acme.example"}, r"partners\.acme\.deliver .*sftp://sftp\.example\.org:22/inbox"),
        ({"deliver": "sftp://sftp.acme.example:22/in box"}, r"partners\.acme\.deliver"),
        ({"deliver": "sftp://sftp.acme.example:022"}, r"partners\.acme\.deliver"),
        ({"deliver": f"sftp://{'a' * 250}"}, r"partners\.acme\.deliver"),
        ({"addresses": ["203.0.113.7"]}, r"partners\.acme\.addresses"),
        ({"path": "/inbox"}, r"partners\.acme"),
    ],
)
def test_a_bad_own_server_is_refused(members: dict[str, Any], message: str):
    acme = {name: value for name, value in {**DELIVERED["acme"], **members}.items() if value is not None}
    with pytest.raises(Exception, match=message):
        run_context(EXPORTS, "prod", partners={**DELIVERED, "acme": acme})


def test_an_own_server_of_a_partner_without_an_export_is_refused():
    with pytest.raises(Exception, match=r"partners\.acme\.deliver is set, and no export names the partner: name it"):
        run("prod", partners=DELIVERED)


def test_many_directories_and_formats_are_refused():
    acme = {**DELIVERED["acme"], "deliver": f"sftp://a/{'b' * 240}"}
    names = [f"partner-{number}" for number in range(12)]
    exports = (replace(EXPORTS.exports[0], partners=("acme", *names)),)
    with pytest.raises(Exception, match=r"partners has formats of [0-9]+ characters, and at most 2500 are possible"):
        run_context(replace(EXPORTS, exports=exports), "prod", partners=dict.fromkeys(["acme", *names], acme))


def test_the_policies_are_kept_with_a_connector(delivered: Graph):
    assert [violation.sentence for policy in POLICIES for violation in policy.violations(delivered)] == []
