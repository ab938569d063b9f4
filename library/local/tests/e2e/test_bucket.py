"""What happens on the way of a file that is put into the bucket."""

from collections.abc import Callable

import pytest

from bounded_context_local import stack_state
from bounded_context_local.running.context import RunningContext

from .dead_letters import Redrive, put_dead_letter
from .facts import with_bucket
from .lists import Sample, finish

pytestmark = [pytest.mark.e2e, with_bucket]
Samples = Callable[[int], Sample]


def test_a_new_version_of_a_file_is_a_list_of_its_own(deployed: RunningContext, sample: Samples):
    """S3 announces each version by its id."""
    first, second = sample(5), sample(6)
    uploads = (
        (deployed.partner.upload("same.csv", list_file.content), len(list_file.rows) + 1)
        for list_file in (first, second)
    )
    results = [finish(deployed, *uploaded) for uploaded in uploads]
    assert [result.imported for result in results] == [5, 6]
    assert results[0].list_id != results[1].list_id


def test_an_event_that_was_delivered_after_all_imports_nothing_twice(
    deployed: RunningContext, sample: Samples, redrive: Redrive
):
    """Its message starts the workflow once more, which knows the version."""
    good = sample(20)
    uploaded = deployed.partner.upload(good.name, good.content)
    result = finish(deployed, uploaded, expected=21)
    known = deployed.partner.executions_of(uploaded.path)
    event = {"id": "e", "detail-type": "Object Created", "detail": deployed.partner.detail_of(uploaded)}
    put_dead_letter(deployed, "uploads", event)
    assert redrive("uploads", "--go")["redriven"] == 1
    [again] = [arn for arn in deployed.partner.executions_of(uploaded.path) if arn not in known]
    ended = stack_state.follow(deployed.aws, again)
    assert (ended.outcome, ended.list_id) == ("ALREADY_REGISTERED", result.list_id)
    assert deployed.table.imported(result.list_id) == 20


def test_a_folder_is_no_list(deployed: RunningContext):
    """A console makes one by an empty object, and S3 announces that, too."""
    ended = deployed.follow(deployed.partner.upload("2026/", b""))
    assert (ended.outcome, ended.list_id) == ("IGNORED", "")
