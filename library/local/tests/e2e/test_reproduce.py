"""A failed call of a stack, reproduced on a second embedded AWS by the real command in a process of its own."""

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from bounded_context_infra.configuration.project import Project
from bounded_context_local.actors.subscriber import Event, Neighbour, cloud_event
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context

from .dead_letters import Redrive, put_dead_letter
from .facts import CONTEXT, ENVIRONMENT, PROJECT
from .lists import Sample, import_list
from .neighbours import standing, until
from .outages import denied
from .reproducing import SECONDS, answer, own, reproduce

pytestmark = pytest.mark.e2e


def test_an_event_meets_the_state_of_the_stack_and_the_stack_stays_as_it_is(
    deployed: RunningContext, neighbour: Neighbour, redrive: Redrive, tmp_path: Path
):
    """An old event is stale only if the projection of the stack is there."""
    subject, kind = f"reproduced-{uuid.uuid4().hex[:8]}", neighbour.consumes.created_by[0]
    neighbour.publish_event(kind, subject, 5)
    until(lambda: standing(deployed, subject) == "KNOWN")
    before = deployed.table.projected(neighbour.consumes.aggregate, subject)
    stale, fresh = (_dead(deployed, cloud_event(neighbour.name, kind, name, 3)) for name in (subject, f"{subject}-new"))
    result = reproduce(deployed, tmp_path, "message", stale)
    assert (result.returncode, answer(result)) == (0, {"batchItemFailures": []})
    assert "event stale" in result.stdout + result.stderr
    assert "event applied" in reproduce(deployed, tmp_path, "message", fresh).stdout
    assert deployed.table.projected(neighbour.consumes.aggregate, subject) == before
    assert redrive("inbound", "--where", f"id={stale}")["would_redrive"] == 1


@pytest.mark.nightly
def test_a_message_that_the_function_sets_aside_is_reproduced(
    deployed: RunningContext, neighbour: Neighbour, tmp_path: Path
):
    """Poison: the function answers, and the local dead-letter queue gets the message."""
    poison = cloud_event(neighbour.name, neighbour.consumes.created_by[0], "", 1)
    assert reproduce(deployed, tmp_path, "message", _dead(deployed, poison)).returncode == 1


@pytest.mark.nightly
def test_a_batch_of_changes_fails_at_the_change_that_the_relay_cannot_read(
    deployed: RunningContext, redrive: Redrive, tmp_path: Path
):
    """The answer names this change. On the stack the batch stays where it is."""
    number = str(uuid.uuid4().int)[:30]
    change = {"Keys": {"pk": {"S": f"{CONTEXT.key_prefix}x"}}, "NewImage": {}, "SequenceNumber": number}
    records = [{"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}]
    body = {"DDBStreamBatchInfo": {"startSequenceNumber": number}, "payload": json.dumps({"Records": records})}
    bucket, folder = _given_up(deployed)
    place = {"Bucket": bucket, "Key": f"{folder}/{number}"}
    deployed.aws.call("s3", "put_object", **place, Body=json.dumps(body).encode())
    until(lambda: redrive("relay_events", "--where", f"id={number}")["would_redrive"] == 1)
    result = reproduce(deployed, tmp_path, "message", number)
    assert (result.returncode, answer(result)) == (1, {"batchItemFailures": [{"itemIdentifier": number}]})
    assert re.search(r"^\w+Error\b", result.stderr, re.MULTILINE), result.stderr
    assert redrive("relay_events", "--where", f"id={number}")["would_redrive"] == 1
    deployed.aws.call("s3", "delete_object", **place)


def test_an_unknown_message_is_refused(deployed: RunningContext, tmp_path: Path):
    """Before an emulator starts."""
    assert reproduce(deployed, tmp_path, "message", "unknown").returncode == 2


@pytest.mark.parametrize(
    ("step", "action", "keys", "outcome"),
    [
        pytest.param("validate_list", "s3:PutObject", "staging/*", "VALIDATED", marks=pytest.mark.nightly),
        pytest.param(
            CONTEXT.steps[2], "s3:GetObject", "staging/*/manifest.json", "VERIFIED", marks=pytest.mark.nightly
        ),
        ("import_list", "s3:GetObject", "staging/*/part-00000", "IMPORTED"),
    ],
)
def test_a_step_of_a_failed_list_meets_its_file_and_rows(
    step: str,
    action: str,
    keys: str,
    outcome: str,
    deployed: RunningContext,
    sample: Callable[[int], Sample],
    tmp_path: Path,
):
    """The cause is a missing permission of the stack, so the step answers here. On the stack the list stays failed."""
    with denied(deployed, step, action, keys):
        result = import_list(deployed, sample(20))
    assert (result.outcome, result.record["failure"]["step"]) == ("FAILED", step)
    reproduced = reproduce(deployed, tmp_path, "list", result.list_id)
    assert (reproduced.returncode, answer(reproduced)["outcome"]) == (0, outcome)
    assert deployed.table.list_item(result.list_id) == result.record
    assert deployed.table.imported(result.list_id) == 0


@pytest.mark.nightly
def test_a_trace_is_published_again_on_this_machine_only(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path
):
    """The subscribers of the stack get no event."""
    result = import_list(deployed, sample(3), expected=4)
    reproduced = reproduce(deployed, tmp_path, "trace", result.record["traceparent"])
    assert (reproduced.returncode, answer(reproduced)) == (0, {"batchItemFailures": []})
    identities = [item[CONTEXT.identity] for item in deployed.table.imported_items(result.list_id)]
    [published] = [line for line in reproduced.stdout.splitlines() if "events published" in line]
    assert all(identity in published for identity in identities)
    assert {len(subscriber.of_list(result.list_id)) for subscriber in deployed.subscribers} == {4}


@pytest.mark.nightly
def test_a_step_that_fails_on_its_staging_fails_again_with_the_team_s_frame(
    deployed: RunningContext, sample: Callable[[int], Sample], tmp_path: Path
):
    """The list's staging on the stack is broken."""
    with denied(deployed, CONTEXT.steps[2], "s3:GetObject", "staging/*/manifest.json"):
        result = import_list(deployed, sample(20))
    place = {"Bucket": deployed.outputs["inbox_bucket"], "Prefix": f"staging/{result.list_id}/"}
    objects = [item["Key"] for item in deployed.aws.call("s3", "list_objects_v2", **place)["Contents"]]
    for key in objects:
        deployed.aws.call("s3", "put_object", Bucket=place["Bucket"], Key=key, Body=b'{"lines": []}')
    repository = _copy(tmp_path)
    reproduced = reproduce(deployed, tmp_path, "list", result.list_id, "--test", "--debug", **own(repository))
    assert reproduced.returncode == 1
    assert "ValidationError: " in reproduced.stderr
    assert 'File "src/' in reproduced.stderr
    assert "site-packages" not in reproduced.stderr
    assert f"('stopped at', '{result.list_id}')" in reproduced.stdout
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/reproduced"]
    tested = subprocess.run(  # noqa: S603
        test,
        cwd=repository,
        env=ENVIRONMENT | own(repository),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (tested.returncode, "ValidationError: " in tested.stdout) == (1, True)


@pytest.mark.nightly
def test_a_list_of_a_stack_without_sftp_is_reproduced(sample: Callable[[int], Sample], tmp_path: Path):
    """The step reads the version of the file in this machine's bucket, whose rule would import it."""
    repository = _copy(tmp_path)
    settings = repository / "infra" / "service" / "Pulumi.local.yaml"
    settings.write_text(re.sub(r"(:sftp:) \w+", r"\1 none", settings.read_text()))
    with running_context(Project(repository, PROJECT.settings)) as in_bucket:
        with denied(in_bucket, "validate_list", "s3:PutObject", "staging/*"):
            result = import_list(in_bucket, sample(20))
        assert (result.outcome, result.record["failure"]["step"]) == ("FAILED", "validate_list")
        reproduced = reproduce(in_bucket, tmp_path, "list", result.list_id, "--test", **own(repository))
    assert (reproduced.returncode, answer(reproduced)["outcome"]) == (0, "VALIDATED")
    # A call that does not fail is no test of the failure.
    assert not (repository / "tests" / "reproduced").exists()


def _copy(folder: Path) -> Path:
    """Return a copy of the repository."""
    return shutil.copytree(
        PROJECT.root, folder / "repository", ignore=shutil.ignore_patterns("build", ".venv", ".*cache")
    )


def _dead(deployed: RunningContext, event: Event) -> str:
    put_dead_letter(deployed, "inbound", event)
    return event["id"]


def _given_up(deployed: RunningContext) -> tuple[str, str]:
    """Return the bucket to which the relay's mapping gives up batches, and the mapping's folder."""
    alias = deployed.outputs["functions"]["relay_events"]
    [mapping] = deployed.aws.call("lambda", "list_event_source_mappings", FunctionName=alias)["EventSourceMappings"]
    bucket = mapping["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
    return bucket, f"aws/lambda/{mapping['UUID']}/shardId-1"
