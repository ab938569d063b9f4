"""More lists at once than functions can be called at once: the emulator takes 12 calls, an account 1,000."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bounded_context_local.emulator.process import CALLS_AT_ONCE
from bounded_context_local.running.context import RunningContext

from .lists import Sample

pytestmark = pytest.mark.e2e
LISTS = int(os.environ.get("LISTS_AT_ONCE", "20"))


@pytest.mark.nightly
def test_lists_that_arrive_together_are_all_imported(deployed: RunningContext, sample: Callable[[int], Sample]):
    """What is turned away waits for its turn: none fails, and none is undone."""
    assert LISTS > CALLS_AT_ONCE
    sent = [sample(5) for _ in range(LISTS)]
    with ThreadPoolExecutor(LISTS) as partners:
        uploads = list(partners.map(lambda list_file: deployed.partner.upload(list_file.name, list_file.content), sent))
    ended = [deployed.follow(upload) for upload in uploads]
    assert Counter(result.outcome for result in ended) == {"IMPORTED": LISTS}, [
        result.error for result in ended if result.error
    ]
    assert [deployed.table.imported(str(result.list_id)) for result in ended] == [5] * LISTS
