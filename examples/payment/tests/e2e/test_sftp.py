"""What happens on the way of a file over SFTP."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from .letters import Redrive, put_letter
from .lists import Sample, assert_refused, finish
from local import transfer_events
from local.arrivals import Upload
from local.context import RunningContext
from local.observation.observation import collect

pytestmark = pytest.mark.e2e
Samples = Callable[[int], Sample]


def test_upload_that_is_announced_twice_is_imported_once(context: RunningContext, sample: Samples):
    """EventBridge delivers at least once: the second execution ends at once and changes nothing."""
    uploaded = context.upload((sent := sample(30)).name, sent.content)
    first = finish(context, uploaded, expected=31)
    context.announce(uploaded)
    again = context.follow(_known_by_now(context, uploaded))
    assert (again.outcome, again.list_id) == ("ALREADY_REGISTERED", first.list_id)
    assert context.imported(first.list_id) == 30
    assert finish(context, uploaded, expected=31).types() == first.types()


def test_upload_under_a_temporary_name(context: RunningContext, sample: Samples):
    """A client that uploads as .filepart and renames gets one import, of the final name."""
    sent = sample(5)
    uploaded = context.upload_and_rename(sent.name, sent.content)
    done = finish(context, uploaded, expected=6)
    assert (done.outcome, done.imported) == ("IMPORTED", 5)
    assert context.executions_of(f"{uploaded.path}.filepart") == []


def test_upload_that_broke_off_is_rejected(context: RunningContext, sample: Samples):
    """A broken connection leaves the beginning of a list, which is not imported."""
    good = sample(10)
    beginning = replace(good, rows=good.rows[:4]).content
    assert_refused(finish(context, context.upload_broken(good.name, beginning)), "broke off")


def test_upload_that_broke_off_does_not_stop_the_next_try(context: RunningContext, sample: Samples):
    """The client sends the file again at once, and the event of the broken upload comes last."""
    good = sample(10)
    uploaded = context.upload(good.name, good.content)
    context.announce(uploaded, transfer_events.FAILED)
    assert finish(context, uploaded, expected=11).imported == 10
    broken = context.follow(replace(uploaded, known=context.executions_of(uploaded.path)[:1]))
    assert broken.outcome == "REJECTED"


def test_upload_that_could_not_start_the_workflow_is_imported(
    context: RunningContext, sample: Samples, redrive: Redrive
):
    """The file lies in the inbox; its event was not delivered."""
    good = sample(20)
    bucket, key = context.outputs["inbox_bucket"], f"incoming/{context.partner.name}/{good.name}"
    context.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=good.content)
    uploaded = Upload(f"/{bucket}/{key}", len(good.content), time.time(), [])
    event = {"id": "e", "detail-type": transfer_events.COMPLETED, "detail": context.detail_of(uploaded)}
    put_letter(context, "uploads", event)
    assert redrive("uploads", "--go")["redriven"] == 1
    assert finish(context, uploaded, expected=21).imported == 20


def test_a_run_tells_what_the_server_took(context: RunningContext, sample: Samples):
    """As AWS Transfer would."""
    context.upload((sent := sample(1)).name, sent.content)
    assert "AWS/Transfer" in {one.namespace for one in collect(context).samples}


def _known_by_now(context: RunningContext, uploaded: Upload) -> Upload:
    """Return the upload as one whose first execution is known."""
    return replace(uploaded, known=context.executions_of(uploaded.path)[:1])
