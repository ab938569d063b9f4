"""Lists that refer to what another context keeps."""

import uuid
from collections.abc import Callable

import pytest

from bounded_context_local.actors.subscriber import Neighbour
from bounded_context_local.running.context import RunningContext

from .facts import CONTEXT, HEADER, with_references
from .lists import Sample, import_list
from .neighbours import standing, until

pytestmark = [pytest.mark.e2e, with_references]
REFERRED = next((HEADER.index(name) for name in CONTEXT.references), 0)


def test_rows_that_refer_to_the_unknown_are_rejected(deployed: RunningContext, sample: Callable[[int], Sample]):
    """A list that refers to what this context does not know is rejected with that reason."""
    sent = sample(10)
    for index in range(10):
        sent = sent.with_cell(index, REFERRED, "999999999")
    result = import_list(deployed, sent)
    assert (result.outcome, result.imported) == ("REJECTED", 0)
    assert result.report is not None
    assert result.report.count("'999999999'") == 10


def test_events_of_another_context_decide_on_rows(
    deployed: RunningContext, neighbour: Neighbour, sample: Callable[[int], Sample]
):
    """Known after its event, and no longer known after another one: the partner reads so in the report."""
    subject = f"told-{uuid.uuid4().hex[:8]}"
    neighbour.publish_event(neighbour.consumes.created_by[0], subject, 1)
    until(lambda: standing(deployed, subject) == "KNOWN")
    good = import_list(deployed, _referring(sample(20), subject, 1), expected=21)
    assert (good.outcome, good.imported) == ("IMPORTED", 20)

    neighbour.publish_event(neighbour.consumes.deleted_by[0], subject, 2)
    until(lambda: standing(deployed, subject) == "GONE")
    bad = import_list(deployed, _referring(sample(40), subject, 1), expected=40)
    assert (bad.outcome, bad.imported) == ("IMPORTED", 39)
    assert bad.report is not None
    assert "not known here" in bad.report


def _referring(sent: Sample, subject: str, rows: int) -> Sample:
    for index in range(rows):
        sent = sent.with_cell(index, REFERRED, subject)
    return sent
