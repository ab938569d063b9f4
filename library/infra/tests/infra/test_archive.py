"""The archive of a subscriber: its stream, its bucket, its tables and its roles. Each check has a planted fault."""

import copy
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from unittest.mock import patch

import pytest

from bounded_context import Archive, BadContext, EventData, Identifier, Personal, Text
from bounded_context_cli.contracts.documents import document
from bounded_context_cli.contracts.published import Version
from bounded_context_cli.promises.program import each_stack_has_its_functions_and_queues
from bounded_context_cli.views.cost.cli import estimate
from bounded_context_cli.views.cost.per_million import unknown
from bounded_context_infra.configuration.project import current
from bounded_context_infra.tables import PARTITIONS, Tables
from tests.contracts.test_previous_version import beside

from .alarms import Evaluation
from .contexts import ARCHIVE, WITH_CHILDREN
from .graph import CONTEXT, Graph, Node, run_context, run_shape

BI = "archive-bi"
STREAM, TABLE, SUBSCRIPTION = "kinesis/firehoseDeliveryStream", "glue/catalogTable", "sns/topicSubscription"
_S3 = "extendedS3Configuration"


@pytest.fixture(scope="module")
def archived() -> Graph:
    """A stack with an archive."""
    return run_shape("with an archive", "prod")


def _only(graph: Graph, kind: str, name: str = BI) -> Node:
    [node] = [node for node in graph.of(kind) if node.name == name]
    return node


def _policies(graph: Graph, role: str) -> list[dict[str, Any]]:
    own = [node for node in graph.of("iam/rolePolicy") if node.inputs["role"] == f"{CONTEXT.name}-prod-{role}"]
    return [statement for node in own for statement in node.statements()]


def faults(graph: Graph) -> Iterator[str]:
    """Yield a word for each fault of the archive."""
    for check in (_of_partitions, _of_files, _of_delivery, _of_columns, _of_roles, _of_alarms, _of_expiry, _of_views):
        yield from check(graph)


def _of_partitions(graph: Graph) -> Iterator[str]:
    parameters = _only(graph, TABLE, f"{BI}-events").inputs["parameters"]
    if set(parameters["projection.type.values"].split(",")) != {*CONTEXT.events}:
        yield "a type has no partition"
    if not parameters["storage.location.template"].endswith("/events/type=${type}/day=${day}/"):
        yield "the table reads other folders"
    if _only(graph, STREAM).inputs[_S3]["prefix"] != (
        "events/type=!{partitionKeyFromQuery:type}/day=!{timestamp:yyyy-MM-dd}/"
    ):
        yield "files are not partitioned by type and day"


def _of_files(graph: Graph) -> Iterator[str]:
    inputs = _only(graph, STREAM).inputs
    if not inputs[_S3]["errorOutputPrefix"].startswith("errors/!{firehose:error-output-type}/"):
        yield "events that cannot be converted are lost"
    if inputs[_S3]["bufferingSize"] < 64:
        yield "a conversion needs a buffer of 64 MB"
    if not (inputs["serverSideEncryption"].get("enabled") and inputs[_S3].get("kmsKeyArn")):
        yield "an event is not encrypted by the key"


def _of_delivery(graph: Graph) -> Iterator[str]:
    inputs = _only(graph, SUBSCRIPTION).inputs
    if "redrivePolicy" not in inputs:
        yield "an undelivered event is lost"
    if not inputs.get("rawMessageDelivery"):
        yield "a file has the envelopes of SNS"
    if inputs.get("filterPolicy"):
        yield "the first events of a new type are lost"


def _of_columns(graph: Graph) -> Iterator[str]:
    columns = _only(graph, TABLE, f"{BI}-events").inputs["storageDescriptor"]["columns"]
    types = {column["name"]: column["type"] for column in columns}
    if types.keys() & PARTITIONS.keys():
        yield "a column has the name of a partition"
    if any(f"{name}:" in types["data"] for name in CONTEXT.personal):
        yield "a personal field is a column"


def _of_roles(graph: Graph) -> Iterator[str]:
    statements = [each for role in (BI, f"{BI}-subscription") for each in _policies(graph, role)]
    if any("*" in action for statement in statements for action in statement["Action"]):
        yield "an action is a wildcard"
    if any(arn.split(":")[-1] == "*" for statement in statements for arn in statement["Resource"]):
        yield "a resource is a wildcard"


def _of_alarms(graph: Graph) -> Iterator[str]:
    watched = {node.inputs["metricName"] for node in graph.of("cloudwatch/metricAlarm") if BI in node.name}
    if watched != {"DeliveryToS3.DataFreshness", "FailedConversion.Records", "ThrottledRecords"}:
        yield "a delivery is not watched"


def _of_expiry(graph: Graph) -> Iterator[str]:
    rules = _only(graph, "s3/bucketLifecycleConfiguration", f"{BI}-lifecycle").inputs["rules"]
    days = {rule["filter"]["prefix"]: rule.get("expiration", {}).get("days") for rule in rules}
    expected = {"events/": 400, "errors/": 14, "results/": 7}
    if {name: days.get(name) for name in expected} != expected:
        yield "a file does not expire"


def _of_views(graph: Graph) -> Iterator[str]:
    views = [_view(node) for node in graph.of(TABLE) if node.inputs["tableType"] == "VIRTUAL_VIEW"]
    if not all('PARTITION BY "subject"' in view["originalSql"] for view in views):
        yield "a view has duplicates"


def _view(node: Node) -> Any:
    text = node.inputs["viewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    return json.loads(b64decode(text))


def test_an_archive_has_no_fault(archived: Graph) -> None:
    """The checks of the planted faults below."""
    assert [*faults(archived)] == []


def _planted(graph: Graph, kind: str, name: str, change: Callable[[Any], object]) -> Graph:
    nodes = [replace(node, inputs=copy.deepcopy(node.inputs)) for node in graph.nodes]
    [node] = [node for node in nodes if (node.kind, node.name) == (kind, name)]
    change(node.inputs)
    return replace(graph, nodes=nodes)


PLANTED: list[tuple[str, str, str, Callable[[Any], object]]] = [
    (
        "a type has no partition",
        TABLE,
        f"{BI}-events",
        lambda it: it["parameters"].update({"projection.type.values": CONTEXT.events[0]}),
    ),
    ("files are not partitioned by type and day", STREAM, BI, lambda it: it[_S3].update(prefix="events/")),
    (
        "the table reads other folders",
        TABLE,
        f"{BI}-events",
        lambda it: it["parameters"].update({"storage.location.template": "s3://bucket/events/"}),
    ),
    ("events that cannot be converted are lost", STREAM, BI, lambda it: it[_S3].update(errorOutputPrefix="")),
    ("a conversion needs a buffer of 64 MB", STREAM, BI, lambda it: it[_S3].update(bufferingSize=5)),
    ("an event is not encrypted by the key", STREAM, BI, lambda it: it["serverSideEncryption"].clear()),
    ("an undelivered event is lost", SUBSCRIPTION, BI, lambda it: it.pop("redrivePolicy")),
    ("a file has the envelopes of SNS", SUBSCRIPTION, BI, lambda it: it.pop("rawMessageDelivery")),
    ("the first events of a new type are lost", SUBSCRIPTION, BI, lambda it: it.update(filterPolicy="{}x")),
    (
        "a personal field is a column",
        TABLE,
        f"{BI}-events",
        lambda it: (
            it["storageDescriptor"]["columns"].append({"name": "data", "type": "struct<payer:string>"})
            or it["storageDescriptor"]["columns"].pop(-2)
        ),
    ),
    (
        "an action is a wildcard",
        "iam/rolePolicy",
        f"fanout-to-{BI}",
        lambda it: it.update(policy=it["policy"].replace("s3:PutObject", "s3:*")),
    ),
    (
        "a resource is a wildcard",
        "iam/rolePolicy",
        f"fanout-to-{BI}-subscription",
        lambda it: it.update(policy=it["policy"].replace(it["policy"].split('"Resource": ["')[1].split('"')[0], "*")),
    ),
    (
        "a file does not expire",
        "s3/bucketLifecycleConfiguration",
        f"{BI}-lifecycle",
        lambda it: it["rules"].pop(1),
    ),
    (
        "a column has the name of a partition",
        TABLE,
        f"{BI}-events",
        lambda it: it["storageDescriptor"]["columns"].append({"name": "day", "type": "string"}),
    ),
    (
        "a view has duplicates",
        TABLE,
        f"{BI}-payment_registered",
        lambda it: it.update(viewOriginalText="/* Presto View: eyJvcmlnaW5hbFNxbCI6ICJTRUxFQ1QgMSJ9 */"),
    ),
    ("a delivery is not watched", "cloudwatch/metricAlarm", f"{BI}-late", lambda it: it.update(metricName="Bytes")),
]


@pytest.mark.parametrize(("fault", "kind", "name", "change"), PLANTED, ids=[row[0] for row in PLANTED])
def test_a_planted_fault_is_detected(
    fault: str, kind: str, name: str, change: Callable[[Any], object], archived: Graph
) -> None:
    """Each fault alone, by its word."""
    assert [*faults(_planted(archived, kind, name, change))] == [fault]


def test_each_check_has_a_planted_fault() -> None:
    """The words of this file."""
    words = re.findall(r'^ +yield "(.+)"$', Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert {*words} == {fault for fault, *_ in PLANTED}


def test_a_stack_without_the_archive_has_none_of_its_resources() -> None:
    """The setting of a stack names its subscribers; and the default context has no archive."""
    kinds = {"kinesis/firehoseDeliveryStream", "glue/catalogDatabase", "glue/catalogTable", "athena/workgroup"}
    for graph in (run_context(ARCHIVE, "prod", subscribers=["frontend"]), run_context(CONTEXT, "prod")):
        assert kinds.isdisjoint(node.kind for node in graph.nodes)
        assert "archives" not in graph.outputs


def test_a_filter_of_a_stack_limits_an_archive() -> None:
    """By the labels of all published versions."""
    [event] = CONTEXT.changes[:1]
    graph = run_context(ARCHIVE, "prod", filters={"bi": [event]})
    assert json.loads(_only(graph, SUBSCRIPTION).inputs["filterPolicy"]) == {"type": [event]}


@pytest.mark.parametrize("days", [0, -1, 36_501, True, 1.5])
def test_bad_days_are_refused(days: Any) -> None:
    """With the field, the value and the remedy."""
    with pytest.raises(BadContext, match=r"subscribers: days of bi is .*: write a whole number from 1 to 36500\."):
        replace(CONTEXT, subscribers=(Archive("bi", days=days),))


def test_a_name_is_used_once() -> None:
    """Also by a queue and an archive."""
    with pytest.raises(BadContext, match="subscribers has 'bi' twice: name each once"):
        replace(CONTEXT, subscribers=("bi", Archive("bi")))
    archive: Any = Archive("bi", days=30)
    with pytest.raises(BadContext, match=re.escape("Archive('bi', days=30): write (")):
        replace(CONTEXT, subscribers=archive)


def _tables(context: Any, folder: Path | None = None) -> Tables:
    return Tables(context, folder or current().events)


def test_an_archive_gets_both_major_versions_and_has_a_view_of_each() -> None:
    """It need not be ready."""
    context = replace(beside(ready=("frontend",)), subscribers=("frontend", Archive("bi")))
    event = context.changes[0]
    assert context.labels_for("bi", [event]) == [event, f"{event}.2"]
    assert context.withheld_from("bi") == []
    names = [view.name for view in _tables(context).views("db")]
    assert {"payment_registered", "payment_registered_2"} <= {*names}


def test_a_field_of_an_old_version_stays_a_column(tmp_path: Path) -> None:
    """Its schema is committed. A field whose type differs is a text in the table, and typed in each view."""
    folder = tmp_path / "PaymentRegistered"
    folder.mkdir()
    schema = {
        "$id": "urn:event-schema:payment:PaymentRegistered:0.1",
        "properties": {"branch": {"type": "integer"}, "amount": {"type": "integer"}, "payer": {"type": "string"}},
    }
    (folder / "0.1.json").write_text(json.dumps(schema))
    other = {"$id": "urn:event-schema:order:OrderPlaced:1.0", "properties": {"foreign": {"type": "string"}}}
    (folder / "0.2.json").write_text(json.dumps(other))
    tables = _tables(CONTEXT, tmp_path)
    data = tables.columns["data"]
    assert "branch:bigint" in data and "amount:string" in data
    assert "payer" not in data and "foreign" not in data
    views = {view.name: view.hive for view in tables.views("db")}
    assert views["payment_registered_0"]["amount"] == "bigint"
    assert views["payment_registered"]["amount"] == "decimal(15,2)"


def test_a_new_field_is_added_and_none_disappears() -> None:
    """Between two minor versions."""
    before = _tables(CONTEXT).columns["data"]
    data = type("More", (CONTEXT.data,), {"__annotations__": {"note": Text | None}, "note": None})
    after = _tables(replace(CONTEXT, data=data)).columns["data"]
    fields, earlier = ({*text.removeprefix("struct<").removesuffix(">").split(",")} for text in (after, before))
    assert fields - earlier == {"note:string"}
    assert earlier <= fields


def test_personal_fields_of_a_child_are_no_columns() -> None:
    """At any depth: the event of a new child contains the child."""
    data = _tables(WITH_CHILDREN).columns["data"]
    assert "remark:struct<" in data
    assert "by:" not in data and "text:string" in data


def test_a_field_that_becomes_personal_loses_its_column() -> None:
    """Also in the committed schemas, which do not know it."""

    class Data(EventData):
        payment_id: Identifier
        subscription_id: Annotated[Text, Personal] = "none"

    assert "subscription_id" not in _tables(replace(CONTEXT, data=Data)).columns["data"]


def test_the_columns_of_a_view_are_those_of_its_query(archived: Graph) -> None:
    """In the catalogue and in Athena's own form."""
    for node in archived.of(TABLE):
        if node.inputs["tableType"] == "VIRTUAL_VIEW":
            view = _view(node)
            names = [column["name"] for column in view["columns"]]
            assert names == [column["name"] for column in node.inputs["storageDescriptor"]["columns"]]
            selected = view["originalSql"].partition(" FROM ")[0].removeprefix("SELECT ")
            assert selected == ", ".join(f'"{name}"' for name in names)


@pytest.mark.parametrize(("minutes", "is_on"), [(50, False), (65, True)])
def test_a_stream_that_throttles_for_an_hour_sets_off_its_alarm(archived: Graph, minutes: int, is_on: bool) -> None:
    """SNS repeats the events of shorter loads, within six hours."""
    throttled = {f"ThrottledRecords {CONTEXT.name}-prod-{BI}": {minute: [40.0] for minute in range(60, 60 + minutes)}}
    node = archived.one("cloudwatch/metricAlarm", f"{BI}-throttled")
    assert ("ALARM" in Evaluation(node, throttled).states(130, 59)) == is_on


def test_an_archive_has_its_price(archived: Graph) -> None:
    """A million events of 5 KB: the delivery, and Firehose's three prices. A stack without an archive has none."""
    prices = {line.what: round(line.usd, 3) for line in estimate(ARCHIVE, archived).lines if line.part == "per_million"}
    events = {what: usd for what, usd in prices.items() if "Firehose" in what or "archives" in what}
    assert events == {
        "events delivered to archives": 0.19,
        "events ingested by Firehose": 0.148,
        "events converted by Firehose": 0.092,
        "events partitioned by Firehose": 0.102,
    }
    assert unknown(archived) == []
    without = estimate(CONTEXT, run_shape("the default", "prod")).lines
    assert not any("Firehose" in line.what or "archive" in line.what for line in without)


def test_the_document_of_events_has_no_queue_of_an_archive() -> None:
    """Its events are still sent to the topic."""
    newest = [(event, Version(1, 0)) for event in ARCHIVE.events]
    assert [*document(ARCHIVE, newest, "1")["channels"]] == ["events", "events-frontend"]


def test_a_program_without_the_archive_is_refused(archived: Graph) -> None:
    """As one without a queue."""
    where: Any = SimpleNamespace(context=ARCHIVE, project=current(), graphs={"service prod": archived})
    assert [*each_stack_has_its_functions_and_queues(where)] == []
    where.graphs = {"service prod": replace(archived, outputs={**archived.outputs, "archives": {}})}
    settings = patch("bounded_context_cli.promises.program.settings_of", lambda *_: SimpleNamespace(subscribers=["bi"]))
    with settings:
        [sentence] = each_stack_has_its_functions_and_queues(where)
    assert "prod has no archive of the subscriber bi: keep `Fanout`, with each subscriber." in sentence
