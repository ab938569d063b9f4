"""Lists that refer to what another context keeps."""

import uuid
from collections.abc import Callable

import pytest

from payment.domain.references import REFERENCE

from .lists import Sample, import_list
from .neighbours import standing, until
from local.context import RunningContext
from local.neighbour import Neighbour
from local.samples import columns

pytestmark = pytest.mark.e2e
REFERRED = list(columns()).index(REFERENCE)


def test_rows_that_refer_to_the_unknown_are_rejected(context: RunningContext, sample: Callable[[int], Sample]):
    """A list that refers to what this context does not know is rejected with that reason."""
    sent = sample(10)
    for index in range(10):
        sent = sent.with_cell(index, REFERRED, "999999999")
    done = import_list(context, sent)
    assert (done.outcome, done.imported) == ("REJECTED", 0)
    assert done.report is not None
    assert done.report.count("'999999999' is not known here") == 10


def test_what_another_context_tells_decides_on_rows(
    context: RunningContext, neighbour: Neighbour, sample: Callable[[int], Sample]
):
    """Known after its event, and no longer known after another one: the partner reads so in the report."""
    subject = f"told-{uuid.uuid4().hex[:8]}"
    neighbour.says(neighbour.consumes.known[0], subject, 1)
    until(lambda: standing(context, subject) == "KNOWN")
    good = import_list(context, _referring(sample(20), subject, 1), expected=21)
    assert (good.outcome, good.imported) == ("IMPORTED", 20)

    neighbour.says(neighbour.consumes.gone[0], subject, 2)
    until(lambda: standing(context, subject) == "GONE")
    bad = import_list(context, _referring(sample(40), subject, 1), expected=40)
    assert (bad.outcome, bad.imported) == ("IMPORTED", 39)
    assert bad.report is not None
    assert "not known here" in bad.report


def _referring(sent: Sample, subject: str, rows: int) -> Sample:
    for index in range(rows):
        sent = sent.with_cell(index, REFERRED, subject)
    return sent
