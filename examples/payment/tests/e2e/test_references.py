"""Lists that refer to what another context keeps."""

from collections.abc import Callable

import pytest

from payment.domain.references import REFERENCE

from .lists import Sample, import_list
from local.context import RunningContext
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
