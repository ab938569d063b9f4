"""The deployed patterns against events as AWS sends them, matched by moto."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.events.models import EventPattern

from bounded_context.handlers.steps import RegisterEvent, UploadEvent
from tests.infra.graph import Graph, run

from .conftest import recorded

RENAMED = "SFTP Server File Rename Completed"
FAILED = "SFTP Server File Upload Failed"
SCANNED = "GuardDuty Malware Protection Object Scan Result"
NOT_TAGGED = "GuardDuty Malware Protection Post Scan Action Failed"


def rules_that_match(graph: Graph, event: dict[str, Any]) -> list[str]:
    """The names of the rules of the stack that an event sets off."""
    message: Any = event
    patterns = {rule.name: rule.document("eventPattern") for rule in graph.rules()}
    return [name for name, pattern in patterns.items() if EventPattern(None, pattern).matches_event(message)]


def changed(event: dict[str, Any], detail: dict[str, str], **top: str) -> dict[str, Any]:
    """A copy of an event with other details, and other fields of its envelope."""
    other = copy.deepcopy(event)
    other["detail"] |= detail
    return other | {name.replace("_", "-"): value for name, value in top.items()}


def started_with(graph: Graph, rule: str, event: dict[str, Any]) -> Any:
    """The input that the machine gets: the transformer's paths read, its template filled with JSON."""
    transformer = graph.one("cloudwatch/eventTarget", rule).inputs["inputTransformer"]
    text: str = transformer["inputTemplate"]
    for name, path in transformer["inputPaths"].items():
        value: Any = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        text = text.replace(f"<{name}>", json.dumps(value))
    return json.loads(text)


def test_a_finished_upload_starts_the_import(deployed: Graph, upload: dict[str, Any]) -> None:
    """The recorded event of AWS sets off one rule, which passes on the path, and what tells the version."""
    assert rules_that_match(deployed, upload) == ["upload-completed"]
    started = started_with(deployed, "upload-completed", upload)
    assert started == {"path": "/inbox/incoming/acme/january.csv", "detail": upload["detail"]}
    file = RegisterEvent(upload=UploadEvent.model_validate(started), execution="run-1").uploaded()
    assert (file.key, file.size, file.etag) == ("incoming/acme/january.csv", 1234, "b6d81b360a5672d80c27430f39153e2c")


def test_an_upload_without_a_tag_in_its_event_starts_a_list_as_well(deployed: Graph, upload: dict[str, Any]) -> None:
    """A variable of the input for what an event lacks would make no JSON: the tag is none."""
    detail = {name: value for name, value in upload["detail"].items() if name != "etag"}
    started = started_with(deployed, "upload-completed", upload | {"detail": detail})
    file = RegisterEvent(upload=UploadEvent.model_validate(started), execution="run-1").uploaded()
    assert (file.size, file.etag) == (1234, "")


@pytest.mark.parametrize("result", ["NO_THREATS_FOUND", "THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED"])
def test_the_result_of_a_scan_starts_it_by_its_version(result: str) -> None:
    """An event as in GuardDuty's user guide. Files outside of partners' folders are not announced."""
    graph = run("prod", malware="guardduty")
    scanned = {
        "bucketName": graph.outputs["inbox_bucket"],
        "objectKey": "incoming/acme/january.csv",
        "eTag": "ASIAI44QH8DHBEXAMPLE",
        "versionId": "d41d8cd98f00b204e9800998ecfexample",
        "s3Throttled": False,
    }
    detail = {
        "schemaVersion": "1.0",
        "scanStatus": "COMPLETED",
        "resourceType": "S3_OBJECT",
        "s3ObjectDetails": scanned,
        "scanResultDetails": {"scanResultStatus": result, "threats": None},
    }
    event = {"source": "aws.guardduty", "detail-type": SCANNED, "detail": detail}
    assert rules_that_match(graph, event) == ["upload-scanned"]
    started = started_with(graph, "upload-scanned", event)
    file = RegisterEvent(upload=UploadEvent.model_validate(started), execution="run-1").uploaded()
    assert (file.key, file.version, file.scan) == ("incoming/acme/january.csv", scanned["versionId"], result)
    elsewhere = {"s3ObjectDetails": scanned | {"objectKey": "reports/acme/january.csv"}}
    assert rules_that_match(graph, event | {"detail": detail | elsewhere}) == []


def test_a_tag_that_could_not_be_set_starts_it_by_its_version() -> None:
    """No result follows the event: the list would wait for ever."""
    graph = run("prod", malware="guardduty")
    file = {"bucketName": graph.outputs["inbox_bucket"], "objectKey": "incoming/acme/january.csv", "versionId": "v1"}
    actions = [{"actionType": "TAGGING", "failureReason": "MAX_TAG_LIMIT_EXCEEDED"}]
    detail = {"schemaVersion": "1.0", "s3ObjectDetails": file, "postScanActions": actions}
    event = {"source": "aws.guardduty", "detail-type": NOT_TAGGED, "detail": detail}
    assert rules_that_match(graph, event) == ["scan-not-tagged"]
    started = started_with(graph, "scan-not-tagged", event)
    upload = RegisterEvent(upload=UploadEvent.model_validate(started), execution="run-1").uploaded()
    assert (upload.key, upload.version, upload.scan) == ("incoming/acme/january.csv", "v1", NOT_TAGGED)


def test_the_rename_at_the_end_does(deployed: Graph, upload: dict[str, Any]) -> None:
    """The new name is passed on."""
    path = "/inbox/incoming/acme/january.csv"
    paths = {"original-file-path": f"{path}.filepart", "renamed-file-path": path}
    renamed = changed(upload, paths, detail_type=RENAMED)
    del renamed["detail"]["file-path"]
    assert rules_that_match(deployed, renamed) == ["rename-completed"]
    assert started_with(deployed, "rename-completed", renamed) == {"path": path, "detail": renamed["detail"]}


@pytest.mark.parametrize(
    ("times", "during"),
    [
        (
            {"start-timestamp": "2025-05-15T15:45:11.706282454Z", "end-timestamp": "2025-05-15T15:45:12.749749117Z"},
            (datetime(2025, 5, 15, 15, 45, 11, 706282, UTC), datetime(2025, 5, 15, 15, 45, 12, 749749, UTC)),
        ),
        (
            {"end-timestamp": "2025-05-15T15:45:12Z"},
            (datetime(2025, 5, 15, 15, 45, 12, tzinfo=UTC), datetime(2025, 5, 15, 15, 45, 12, tzinfo=UTC)),
        ),
        ({"start-timestamp": "2025-05-15T15:45:11", "end-timestamp": "noon"}, None),
        ({}, None),
    ],
    ids=["as AWS shows it", "an end alone", "no times of a zone", "none"],
)
def test_a_rename_has_its_time(deployed: Graph, upload: dict[str, Any], times: dict[str, str], during: Any) -> None:
    """Nine digits of a second are read; what is no time is passed over, because an import does not need it."""
    path = "/inbox/incoming/acme/january.csv"
    event = upload | {"detail": {"renamed-file-path": path, **times}}
    started = started_with(deployed, "rename-completed", event)
    file = RegisterEvent(upload=UploadEvent.model_validate(started), execution="run-1").uploaded()
    assert (file.key, file.during) == ("incoming/acme/january.csv", during)


def test_a_failed_upload_starts_an_execution_that_refuses_the_list(deployed: Graph, upload: dict[str, Any]) -> None:
    """An interrupted upload starts an execution that refuses the list and says why."""
    path = f"/{deployed.outputs['inbox_bucket']}/incoming/acme/january.csv"
    detail = {"status-code": "FAILED", "failure-code": "PARTIAL_UPLOAD", "file-path": path}
    failed = changed(upload, detail, detail_type=FAILED)
    assert rules_that_match(deployed, failed) == ["upload-failed"]
    started = started_with(deployed, "upload-failed", failed)
    assert started == {"path": path, "failed": failed["id"], "detail": failed["detail"]}


def test_a_failed_upload_to_the_reports_is_nobodys_list(deployed: Graph, upload: dict[str, Any]) -> None:
    """A partner who tries to write a report is refused by its role, and nothing starts."""
    path = f"/{deployed.outputs['inbox_bucket']}/reports/acme/january.csv"
    assert rules_that_match(deployed, changed(upload, {"file-path": path}, detail_type=FAILED)) == []


@pytest.mark.parametrize("detail", [{"server-id": "s-99999999999999999"}, {"username": "someone-else"}])
def test_other_servers_and_users_start_no_list(deployed: Graph, upload: dict[str, Any], detail: dict[str, str]) -> None:
    """Contexts that share a server do not start each other's imports."""
    assert rules_that_match(deployed, changed(upload, detail)) == []


@pytest.mark.parametrize(
    "top",
    [
        {"source": "local.transfer"},
        {"detail_type": "SFTP Server File Download Completed"},
        {"detail_type": "FTPS Server File Upload Completed"},
    ],
)
def test_other_events_start_no_list(deployed: Graph, upload: dict[str, Any], top: dict[str, str]) -> None:
    """Only what Transfer itself says of an SFTP upload counts."""
    assert rules_that_match(deployed, changed(upload, {}, **top)) == []


def test_an_odd_file_name_stays_one_value(deployed: Graph, upload: dict[str, Any]) -> None:
    """Quotes, braces and line ends in a name cannot change the input of the machine."""
    path = '/inbox/incoming/acme/a", "failed": true,\n"x": "{}.csv'
    odd = changed(upload, {"file-path": path})
    assert started_with(deployed, "upload-completed", odd) == {"path": path, "detail": odd["detail"]}


def test_without_sftp_a_new_object_starts_the_import() -> None:
    """The recorded event of S3 sets off the one rule, for this bucket and below incoming/ only."""
    graph = run("dev")
    event = recorded("s3_object_created")
    assert rules_that_match(graph, event) == []
    event["detail"]["bucket"]["name"] = graph.outputs["inbox_bucket"]
    assert rules_that_match(graph, event) == ["object-created"]
    version = event["detail"]["object"]["version-id"]
    expected = {"bucket": graph.outputs["inbox_bucket"], "key": "incoming/acme/january.csv", "version": version}
    assert started_with(graph, "object-created", event) == expected
    event["detail"]["object"]["key"] = "staging/1/part-00001"
    assert rules_that_match(graph, event) == []
