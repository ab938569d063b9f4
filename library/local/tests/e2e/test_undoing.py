"""Lists of more parts than one function can undo in its time.

A stack's function has 900 seconds. Here it has 2, and each part takes 0.2 or more.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.operation import Access
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from tests.console import context

from .facts import CONTEXT, with_sftp
from .lists import Sample
from .machines import calls_in, redriven, started_impatient, succeeded_in_last_map
from .neighbours import until
from .outages import denied, hurried

pytestmark = pytest.mark.e2e
SECONDS, SECONDS_A_PART = 2, 0.2
PARTS = 16
FIRST, LAST = range(PARTS // 4), f"staging/*/part-{PARTS - 1:05d}"
Samples = Callable[[int], Sample]


def test_list_longer_than_one_function_can_undo_is_undone_whole(deployed: RunningContext, sample: Samples):
    """Part by part, several at a time, each by a call of its own."""
    sent = sample(PARTS * 250)
    assert PARTS * SECONDS_A_PART > SECONDS
    with (
        hurried(deployed, "compensate_error", SECONDS, SECONDS_A_PART),
        denied(deployed, "import_list", "s3:GetObject", LAST),
    ):
        ended = deployed.follow(deployed.partner.upload(sent.name, sent.content))
    assert succeeded_in_last_map(deployed, ended.arn) == PARTS
    _undone_whole(deployed, ended.outcome, str(ended.list_id))


@pytest.mark.nightly
@with_sftp
def test_undoing_that_was_interrupted_and_redriven_undoes_the_rest(deployed: RunningContext, sample: Samples):
    """The map has undone what it could. The rest takes more than one call: each goes on where the last was cut off."""
    key = f"incoming/{deployed.partner.name}/{uuid.uuid4()}.csv"
    bucket = deployed.outputs["inbox_bucket"]
    # Over SFTP nothing but an event of Transfer starts the deployed machine.
    deployed.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=sample(PARTS * 250).content)
    out_of_reach = [f"staging/*/part-{part:05d}" for part in range(PARTS) if part not in FIRST]
    with (
        denied(deployed, "import_list", "s3:GetObject", LAST),
        denied(deployed, "compensate_error", "s3:GetObject", *out_of_reach),
    ):
        broken = started_impatient(deployed, f"/{bucket}/{key}")
    interrupted = deployed.table.list_item(str(broken.list_id))
    assert (interrupted["status"], interrupted["undone_parts"]) == ("COMPENSATING", set(FIRST))
    with hurried(deployed, "compensate_error", SECONDS, SECONDS_A_PART):
        ended = redriven(deployed, broken.arn)
    assert calls_in(deployed, ended.arn, "CompensateError") > (PARTS - len(FIRST)) * SECONDS_A_PART / SECONDS
    _undone_whole(deployed, ended.outcome, str(broken.list_id))


@pytest.mark.nightly
@with_sftp
def test_list_whose_staging_is_deleted_is_closed_by_the_command(
    deployed: RunningContext, sample: Samples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Two of its three parts are written, and no step can undo them. Subscribers get an event for each row."""
    key, bucket = f"incoming/{deployed.partner.name}/{uuid.uuid4()}.csv", deployed.outputs["inbox_bucket"]
    deployed.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=sample(3 * 250).content)
    with (
        denied(deployed, "import_list", "s3:GetObject", "staging/*/part-00002"),
        denied(deployed, "compensate_error", "s3:GetObject", "staging/*"),
    ):
        list_id = str(started_impatient(deployed, f"/{bucket}/{key}").list_id)
    assert deployed.table.imported(list_id) == 500
    for staged in deployed.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=f"staging/{list_id}/")["Contents"]:
        deployed.aws.call("s3", "delete_object", Bucket=bucket, Key=staged["Key"])
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    access = Access(lambda _: lambda service, **_: deployed.aws.client(service))
    command = ("list", "close", STACK, list_id, "--outputs", str(outputs), "--json")
    capsys.readouterr()
    assert context(*command, "--go", access=access) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["status"], report["rows"], deployed.table.imported(list_id)) == ("FAILED", 500, 0)
    assert context(*command, access=access) == 2
    for subscriber in deployed.subscribers:
        until(lambda subscriber=subscriber: _deletions(subscriber.of_list(list_id)) == 500, seconds=60)


def _deletions(events: Sequence[dict[str, Any]]) -> int:
    return len({event["id"] for event in events if event["type"] == CONTEXT.deletion_event})


def _undone_whole(deployed: RunningContext, outcome: str, list_id: str) -> None:
    record = deployed.table.list_item(list_id)
    assert (outcome, record["status"], record["undone_parts"]) == ("FAILED", "FAILED", set(range(PARTS)))
    assert deployed.table.imported(list_id) == 0
