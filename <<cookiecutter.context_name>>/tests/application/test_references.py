"""What a list refers to has to be known: the list workflow on fakes, with a projection."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from <<cookiecutter.__package>>.application.references import known_to
from <<cookiecutter.__package>>.application.verification import RowsCheck
from <<cookiecutter.__package>>.domain.model import ID
from <<cookiecutter.__package>>.domain.references import REFERENCE
from <<cookiecutter.__package>>.domain.rows import Fault

from tests import samples
from tests.application.world import World, good_rows


class Known:
    """What the context knows of other contexts."""

    def known(self, identities: Collection[str]) -> set[str]:
        return set(identities).intersection(samples.KNOWN)


@dataclass
class ReferringWorld(World):
    """The steps as the workflow of this context calls them."""

    references: Known = field(default_factory=Known)

    def checks(self) -> list[RowsCheck]:
        return [known_to(self.references), *super().checks()]


@pytest.fixture
def world() -> ReferringWorld:
    return ReferringWorld()


def test_rows_of_an_unknown_reference_are_rejected_by_the_verification(world: ReferringWorld):
    """They join what the validation found, and the counts add up."""
    rows = [*good_rows(58), samples.values(58, **{ID: "?"}), samples.values(59, **{REFERENCE: "nobody"})]
    list_id = world.ready_to_import(rows)

    assert [row["line"] for row in world.report()] == ["60", "61"]
    assert world.report()[1]["reason"] == "'nobody' is not known here"
    recorded = world.lists.get(list_id)
    assert (recorded.rows, recorded.valid, recorded.rejected) == (60, 58, 2)
    assert recorded.rejections == {Fault.VALUE: 1, Fault.UNKNOWN: 1}
    world.import_parts(list_id)
    assert len(world.<<cookiecutter.__plural_snake>>.owners) == 58


def test_a_row_with_two_faults_counts_once(world: ReferringWorld):
    """Rows that refer to nobody, and one of them exists."""
    world.<<cookiecutter.__plural_snake>>.owners["id-000096"] = None
    rows = [*good_rows(96), *(samples.values(n, **{REFERENCE: "nobody"}) for n in (96, 97))]
    list_id = world.register(samples.csv_file(rows)).list_id
    world.validate(list_id)
    world.verify(list_id)
    counted = world.lists.get(list_id)
    first = Fault.EXISTS if ID < REFERENCE else Fault.UNKNOWN
    assert counted.rejections == Counter([Fault.UNKNOWN, first])
    assert (counted.rows, counted.rejected, counted.valid) == (98, 2, 96)
