"""What happens on the way of a file over SFTP."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bounded_context_local.actors import partner as transfer_events
from bounded_context_local.actors.partner import SftpPartner
from bounded_context_local.running.context import RunningContext, collect
from bounded_context_local.stack_state import Upload
from bounded_context_local.testing.running import Finished

from .dead_letters import Redrive, put_dead_letter
from .facts import with_sftp
from .lists import Sample, assert_refused, finish
from .neighbours import until
from .sftp_uploads import upload_and_rename, upload_broken, upload_unannounced

pytestmark = [pytest.mark.e2e, with_sftp]
Samples = Callable[[int], Sample]


@pytest.fixture
def partner(deployed: RunningContext) -> SftpPartner:
    """The partner, who logs in over SFTP."""
    assert isinstance(deployed.partner, SftpPartner)
    return deployed.partner


def test_upload_that_is_announced_twice_is_imported_once(
    deployed: RunningContext, partner: SftpPartner, sample: Samples
):
    """EventBridge delivers at least once: the second execution ends at once and changes nothing."""
    uploaded = partner.upload((sent := sample(30)).name, sent.content)
    first = finish(deployed, uploaded, expected=31)
    partner.announce(uploaded)
    again = deployed.follow(_known_by_now(partner, uploaded))
    assert (again.outcome, again.list_id) == ("ALREADY_REGISTERED", first.list_id)
    assert deployed.table.imported(first.list_id) == 30
    assert finish(deployed, uploaded, expected=31).types() == first.types()


def test_mondays_list_is_imported_although_tuesdays_has_replaced_it(
    deployed: RunningContext, partner: SftpPartner, sample: Samples
):
    """Its event comes late, or its execution starts late; both lists have the same size, as daily lists may."""
    monday, tuesday = (replace(sample(9), name="daily.csv") for _ in range(2))
    uploads = [upload_unannounced(partner, list_file.name, list_file.content) for list_file in (monday, tuesday)]
    partner.announce(uploads[0])
    first = finish(deployed, uploads[0], expected=10)
    partner.announce(uploads[1])
    second = finish(deployed, _known_by_now(partner, uploads[1]), expected=10)
    assert [result.imported for result in (first, second)] == [9, 9]
    assert [_imported(result) for result in (first, second)] == [monday.identities, tuesday.identities]


def test_upload_whose_event_is_lost_is_noticed_and_started(
    deployed: RunningContext, partner: SftpPartner, sample: Samples, redrive: Redrive
):
    """A quarter of an hour later it is counted; a person starts it, and its event may come after all."""
    good, before = sample(8), _unseen(deployed)
    uploaded = upload_unannounced(partner, good.name, good.content)
    assert _unseen(deployed) == before + 1
    arguments = ("unseen", "--where", f"key=*/{good.name}", "--older-than", "1s")
    until(lambda: redrive(*arguments)["would_redrive"] == 1)
    assert redrive(*arguments, "--go")["redriven"] == 1
    result = finish(deployed, uploaded, expected=9)
    assert (result.outcome, result.imported) == ("IMPORTED", 8)
    assert (redrive(*arguments)["would_redrive"], _unseen(deployed)) == (0, before)
    partner.announce(uploaded)
    assert deployed.follow(_known_by_now(partner, uploaded)).outcome == "ALREADY_REGISTERED"


def test_a_broken_upload_is_not_counted(deployed: RunningContext, partner: SftpPartner, sample: Samples):
    """Nobody is to start it."""
    good, before = sample(6), _unseen(deployed)
    finish(deployed, upload_broken(partner, good.name, replace(good, rows=good.rows[:2]).content))
    assert _unseen(deployed) == before


def test_an_upload_without_a_version_is_rejected(deployed: RunningContext, partner: SftpPartner, sample: Samples):
    """Nothing else is taken for it, and its partner is told."""
    uploaded = upload_unannounced(partner, (sent := sample(3)).name, sent.content)
    partner.announce(replace(uploaded, etag="0" * 32))
    assert_refused(finish(deployed, uploaded), "was overwritten before it could be read")


def test_upload_under_a_temporary_name(deployed: RunningContext, partner: SftpPartner, sample: Samples):
    """A client that uploads as .filepart and renames gets one import, of the final name."""
    sent = sample(5)
    uploaded = upload_and_rename(partner, sent.name, sent.content)
    result = finish(deployed, uploaded, expected=6)
    assert (result.outcome, result.imported) == ("IMPORTED", 5)
    [draft] = [upload for upload in partner.uploads if upload.path == f"{uploaded.path}.filepart"]
    assert deployed.follow(draft).outcome == "IGNORED"


def test_upload_that_broke_off_is_rejected(deployed: RunningContext, partner: SftpPartner, sample: Samples):
    """A broken connection leaves the beginning of a list, which is not imported."""
    good = sample(10)
    beginning = replace(good, rows=good.rows[:4]).content
    assert_refused(finish(deployed, upload_broken(partner, good.name, beginning)), "broke off")


def test_upload_that_broke_off_does_not_stop_the_next_try(
    deployed: RunningContext, partner: SftpPartner, sample: Samples
):
    """The client sends the file again at once, and the event of the broken upload comes last."""
    good = sample(10)
    uploaded = partner.upload(good.name, good.content)
    partner.announce(uploaded, transfer_events.FAILED)
    assert finish(deployed, uploaded, expected=11).imported == 10
    broken = deployed.follow(replace(uploaded, earlier=partner.executions_of(uploaded.path)[:1]))
    assert broken.outcome == "REJECTED"


def test_upload_that_could_not_start_the_workflow_is_imported(
    deployed: RunningContext, partner: SftpPartner, sample: Samples, redrive: Redrive
):
    """The file lies in the inbox; its event was not delivered."""
    good = sample(20)
    bucket, key = deployed.outputs["inbox_bucket"], f"incoming/{partner.name}/{good.name}"
    deployed.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=good.content)
    uploaded = Upload(f"/{bucket}/{key}", len(good.content), time.time(), [])
    event = {"id": "e", "detail-type": transfer_events.COMPLETED, "detail": partner.detail_of(uploaded)}
    put_dead_letter(deployed, "uploads", event)
    assert redrive("uploads", "--go")["redriven"] == 1
    assert finish(deployed, uploaded, expected=21).imported == 20


def test_a_run_records_the_metrics_of_the_sftp_server(deployed: RunningContext, partner: SftpPartner, sample: Samples):
    """As AWS Transfer would."""
    partner.upload((sent := sample(1)).name, sent.content)
    assert "AWS/Transfer" in {sample.namespace for sample in collect(deployed).samples}


def _unseen(deployed: RunningContext) -> int:
    """Return the count of uploads that nobody has heard of, as the schedule has it made later today."""
    later = datetime.now(UTC) + timedelta(hours=2)
    return deployed.invoke("sweep_uploads", {"time": later.isoformat()})["uploads"]


def _imported(result: Finished) -> set[str]:
    """Return whom the events of a list are about, but for the list itself."""
    return {event["subject"] for received in result.events.values() for event in received} - {result.list_id}


def _known_by_now(partner: SftpPartner, uploaded: Upload) -> Upload:
    """Return the upload as one whose first execution is known."""
    return replace(uploaded, earlier=partner.executions_of(uploaded.path)[:1])
