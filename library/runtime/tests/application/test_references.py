"""What a list refers to has to be known: the list workflow on fakes, with a projection."""

from collections import Counter

import pytest
from payment.context import PAYMENT

from bounded_context import Context
from bounded_context.application.verification import RowsCheck, known_to
from bounded_context.domain.faults import Fault
from bounded_context.testing import KNOWN, InMemoryReferences
from tests.application.world import World
from tests.contexts import ORDER


class ReferringWorld(World):
    """The steps as the workflow of a context with a reference calls them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        [self.reference] = context.references

    def checks(self) -> list[RowsCheck]:
        return [known_to(InMemoryReferences(set(KNOWN)), self.reference), *super().checks()]

    def unknown(self, n: int) -> dict[str, str]:
        """Return a row that refers to nobody."""
        return self.samples.values(n, **{self.reference: "nobody"})


@pytest.fixture(params=(PAYMENT, ORDER), ids=lambda context: context.name)
def world(request: pytest.FixtureRequest) -> ReferringWorld:
    """A world of each context that refers to another."""
    return ReferringWorld(request.param)


def test_rows_of_an_unknown_reference_are_rejected_by_the_verification(world: ReferringWorld):
    """They join what the validation found, and the counts add up."""
    rows = [*world.rows(58), world.bad(58), world.unknown(59)]
    list_id = world.ready_to_import(rows)

    assert [row["line"] for row in world.report()] == ["60", "61"]
    assert world.report()[1]["reason"] == "'nobody' is not known here"
    recorded = world.lists.get(list_id)
    assert (recorded.rows, recorded.valid, recorded.rejected) == (60, 58, 2)
    assert recorded.rejections == {Fault.VALUE: 1, Fault.UNKNOWN: 1}
    world.import_parts(list_id)
    assert len(world.owners) == 58


def test_a_row_with_two_faults_counts_once(world: ReferringWorld):
    """Rows that refer to nobody, and one of them exists."""
    world.exists(96)
    rows = [*world.rows(96), world.unknown(96), world.unknown(97)]
    list_id = world.register(world.samples.file(rows)).list_id
    world.validate(list_id)
    world.verify(list_id)
    counted = world.lists.get(list_id)
    first = Fault.EXISTS if world.context.identity < world.reference else Fault.UNKNOWN
    assert counted.rejections == Counter([Fault.UNKNOWN, first])
    assert (counted.rows, counted.rejected, counted.valid) == (98, 2, 96)
