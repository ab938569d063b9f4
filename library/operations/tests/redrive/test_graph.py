"""The redrive command against the graph: which dead-letter queues there are, and what their messages were for."""

import json
from typing import Any

import pytest

from bounded_context_operations.repair.redrive.messages import Message
from bounded_context_operations.repair.redrive.outputs import INPUTS, RedriveStack, input_of
from bounded_context_operations.repair.redrive.stream import ReaderMapping, object_of
from tests.contract.test_upload_events import rules_that_match, started_with
from tests.infra.graph import PARTNERS, Graph, Node, run

SERVER = "s-1111aaaa2222bbbb3"


def _graphs() -> list[Graph]:
    """Every way into the inbox."""
    shared = run("staging", sftp="shared", sftp_server_id=SERVER, partners=PARTNERS)
    return [run("dev"), shared, run("prod", sftp="dedicated", partners=PARTNERS, malware="guardduty")]


def _event(kind: str, bucket: str) -> dict[str, Any]:
    """An event that has every member that any rule takes, each with a value of its own."""
    detail = {
        "server-id": SERVER,
        "username": next(iter(PARTNERS)),
        "file-path": f"/{bucket}/incoming/acme/file",
        "renamed-file-path": f"/{bucket}/incoming/acme/renamed",
        "bucket": {"name": bucket},
        "object": {"key": "incoming/acme/object", "version-id": "version"},
        "s3ObjectDetails": {"bucketName": bucket, "objectKey": "incoming/acme/scanned", "versionId": "scanned"},
        "scanResultDetails": {"scanResultStatus": "THREATS_FOUND"},
    }
    source = {"Object": "aws.s3", "GuardDuty": "aws.guardduty"}.get(kind.split()[0], "aws.transfer")
    return {"id": "event-id", "source": source, "detail-type": kind, "detail": detail}


@pytest.mark.parametrize("kind", INPUTS)
def test_an_event_is_redriven_with_the_input_that_its_rule_makes(kind: str):
    """Each kind has a rule in some stack, and the rule's own template makes the same of it."""
    met = 0
    for graph in _graphs():
        event = _event(kind, graph.outputs["inbox_bucket"])
        for rule in rules_that_match(graph, event):
            met += 1
            message = Message("id", "receipt", json.dumps(event), {}, {})
            assert input_of(message) == started_with(graph, rule, event)
    assert met


def test_every_rule_that_starts_imports_is_known():
    """No event gets to the dead letters that the redrive would not know."""
    kinds = {
        kind
        for graph in _graphs()
        for rule in graph.of("cloudwatch/eventRule")
        for target in graph.of("cloudwatch/eventTarget")
        if target.inputs["rule"] == rule.inputs["name"] and target.inputs["arn"] == graph.outputs["state_machine_arn"]
        for kind in rule.document("eventPattern")["detail-type"]
    }
    assert kinds == set(INPUTS)


def test_every_dead_letter_queue_has_a_way_back():
    """Uploads start the machine, changes go to the function that reads them, all others to the queue they come from."""
    graph = run("dev")
    deployed = RedriveStack.of("dev", graph.outputs)
    assert {queue.url for queue in deployed.queues} == set(graph.outputs["dead_letter_queues"].values())
    assert [queue.target for queue in deployed.queues if queue.kind == "uploads"] == [
        graph.outputs["state_machine_arn"]
    ]
    subscribers = {queue.name: queue.target for queue in deployed.queues if queue.kind == "subscriber"}
    assert subscribers == graph.outputs["queues"]
    inbound = [queue.target for queue in deployed.queues if queue.kind == "inbound"]
    assert inbound == [graph.one("sqs/queue", "inbound").outputs["url"]]
    readers = {queue.url: queue.target for queue in deployed.queues if queue.kind == "stream"}
    assert readers == {_told(graph, mapping): mapping.inputs["functionName"] for mapping in graph.stream_readers()}


def test_a_given_up_batch_is_at_the_place_of_its_message():
    """The event that its queue gets names the object of this mapping."""
    graph = run("dev")
    for mapping in graph.stream_readers():
        event = _given_up(graph, mapping)
        assert object_of(Message("id", "receipt", json.dumps(event), {}, {})) == (
            event["detail"]["bucket"]["name"],
            event["detail"]["object"]["key"],
        )


def test_every_dead_letter_queue_has_the_name_in_its_alarm():
    """At night one has the alarm's description and nothing else; the console shows the queue's name on AWS."""
    graph = run("staging")
    deployed = RedriveStack.of("staging", graph.outputs)
    descriptions = " ".join(alarm.inputs["alarmDescription"] for alarm in graph.of("cloudwatch/metricAlarm"))
    for node in graph.of("sqs/queue"):
        if node.name.endswith("-dead-letters"):
            assert f" {node.name}" in descriptions
            for name in (node.inputs["name"], node.name, node.name.removesuffix("-dead-letters")):
                assert deployed.queue(name).url == node.outputs["url"]


def test_the_filters_of_the_streams_readers_are_understood():
    """A reader whose filter the redrive does not know could not be helped at night."""
    for mapping in run("dev").stream_readers():
        functions: Any = _Answering(mapping.inputs)
        mapped = ReaderMapping.of(functions, mapping.inputs["functionName"])
        assert mapped.batch_size == mapping.inputs["batchSize"]
        assert not mapped.selects({"dynamodb": {"Keys": {"pk": {"S": "nobody's"}}}})


class _Answering:
    """Lambda, as far as it says how the stream is read."""

    def __init__(self, inputs: Any) -> None:
        self._inputs = inputs

    def list_event_source_mappings(self, **_: Any) -> Any:
        filters = [{"Pattern": entry["pattern"]} for entry in self._inputs["filterCriteria"]["filters"]]
        mapping = {"BatchSize": self._inputs["batchSize"], "FilterCriteria": {"Filters": filters}}
        return {"EventSourceMappings": [mapping]}


def _told(graph: Graph, mapping: Node) -> str:
    """The URL of the queue that gets word of what a mapping gives up."""
    [rule] = rules_that_match(graph, _given_up(graph, mapping))
    arn = graph.one("cloudwatch/eventTarget", rule).inputs["arn"]
    [url] = [queue.outputs["url"] for queue in graph.of("sqs/queue") if queue.arn == arn]
    return url


def _given_up(graph: Graph, mapping: Node) -> dict[str, Any]:
    """What S3 tells of an object that Lambda wrote (Lambda Developer Guide, "Retain discarded records ...")."""
    bucket = mapping.inputs["destinationConfig"]["onFailure"]["destinationArn"].rpartition(":")[2]
    key = f"aws/lambda/{mapping.outputs['name']}/shardId-1/2026/01/02/2026-01-02T03.04.05-6f1c"
    detail = {"bucket": {"name": bucket}, "object": {"key": key}}
    return {"id": "event-id", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
