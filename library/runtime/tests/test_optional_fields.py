"""A field that comes later: each type, required, optional and with a default, on every path through a context."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydynox import DynamoDBClient

import bounded_context
from bounded_context import (
    Amount,
    BadContext,
    Context,
    Currency,
    Day,
    Email,
    Flag,
    Identifier,
    LongText,
    Phone,
    Text,
    Timestamp,
    Uuid,
    WholeNumber,
)
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import CHANGED_AT, CREATED_AT, Items
from bounded_context.application.reading import FileSource
from bounded_context.domain import events
from bounded_context.domain.field_types import BY_KIND, FIELD_TYPES
from bounded_context.domain.fields import description_of, kind_of
from bounded_context.domain.lists import OTHER
from bounded_context.domain.rows import Record, Unreadable
from bounded_context.testing import Run, Samples, run_list
from bounded_context.testing.functions import TABLE
from bounded_context_cli.contracts import published
from bounded_context_cli.contracts.openapi.document import document, view
from bounded_context_cli.views.cost.flow import Row
from bounded_context_local.sample_lists import Samples as LocalSamples
from tests.adapters.endpoints import inserts
from tests.event_schemas import faults_of
from tests.things import Fields, context_of

REQUIRED, OPTIONAL, DEFAULT = "required", "optional", "default"


@dataclass(frozen=True)
class Type:
    """A type of field: a value as a partner writes it, and a default as the code says it."""

    type: Any
    text: str
    default: Any


class Channel(StrEnum):
    """How someone is reached."""

    POST = "post"
    MAIL = "e-mail"


TYPES = {
    "identifier": Type(Identifier, "b-2", "a-1"),
    "text": Type(Text, "some words", "none yet"),
    "decimal": Type(Amount, "12.50", Decimal("1.00")),
    "int": Type(WholeNumber, "-7", 0),
    "currency": Type(Currency, "USD", "EUR"),
    "date": Type(Day, "2026-02-28", date(2026, 1, 1)),
    "bool": Type(Flag, "true", False),
    "longtext": Type(LongText, "two\nlines", "none yet"),
    "timestamp": Type(Timestamp, "2026-02-28T23:59:59.5-05:30", datetime(2026, 1, 1, tzinfo=UTC)),
    "email": Type(Email, "a.b+c@d.example.org", "nobody@example.com"),
    "phone": Type(Phone, "+4930231250", "+12025550199"),
    "uuid": Type(Uuid, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", UUID(int=0)),
    "enum": Type(Literal["low", "high"], "high", "low"),
    "enum of a class": Type(Channel, "post", Channel.MAIL),
    **{
        known.kind: Type(getattr(bounded_context, known.name), known.sample, Decimal(0))
        for known in FIELD_TYPES
        if known.kind[-1].isdigit()
    },
}


def test_every_type_is_here() -> None:
    """The tests below have a case for each type that the library has."""
    assert BY_KIND.keys() <= TYPES.keys()


@dataclass(frozen=True)
class Case:
    """A type of field, and what may be left out of it."""

    kind: str
    shape: str

    @property
    def of(self) -> Type:
        return TYPES[self.kind]

    @cached_property
    def context(self) -> Context[Any]:
        kind = self.of.type
        fields: Fields = {
            REQUIRED: {"field": (kind, ...)},
            OPTIONAL: {"field": (kind | None, None)},
            DEFAULT: {"field": (kind, self.of.default)},
        }[self.shape]
        return context_of(fields)

    @property
    def absent(self) -> Any:
        """What a field is that nobody has said."""
        return None if self.shape == OPTIONAL else self.of.default


EVERY = [Case(kind, shape) for kind in TYPES for shape in (REQUIRED, OPTIONAL, DEFAULT)]
LEFT_OUT = [case for case in EVERY if case.shape != REQUIRED]

over_every = pytest.mark.parametrize("case", EVERY, ids=lambda case: f"{case.kind}-{case.shape}")
over_left_out = pytest.mark.parametrize("case", LEFT_OUT, ids=lambda case: f"{case.kind}-{case.shape}")


def _said(context: Context[Any]) -> Any:
    return Samples(context).aggregate(1, list_id="l-1")


def _unsaid(context: Context[Any]) -> Any:
    return context.aggregate(context.details.model_validate({"thing_id": "t-1"}), context.initial_status, list_id="l-1")


@over_every
def test_its_kind_is_that_of_its_type(case: Case):
    """Whatever looks at kinds finds it."""
    kind = case.kind.split(" ")[0]
    assert kind_of(case.context.details.model_fields["field"]) == kind
    assert case.context.fields_of(kind)[-1] == "field"


@over_every
def test_a_column_with_it_is_read(case: Case):
    """As it was before it could be left out."""
    run = run_list(case.context, [{"thing_id": "t-1", "field": case.of.text}])
    assert [events.payload(aggregate)["field"] for aggregate in run.aggregates] == [
        case.context.details.model_validate({"thing_id": "t-1", "field": case.of.text}).model_dump(mode="json")["field"]
    ]


@pytest.mark.parametrize("row", [{}, {"field": ""}], ids=["no-column", "empty-cell"])
@over_left_out
def test_a_partner_may_leave_it_out(case: Case, row: dict[str, str]):
    """The column, or a cell of it: both are the default."""
    context = case.context
    file = Samples(context).file([{"thing_id": "t-1", **row}], ["thing_id", *row])
    header, record = (Record(n, line.split(",")) for n, line in enumerate(file.decode().split("\r\n")[:2], start=1))
    checked = context.rows.check(context.rows.check_header(header.cells), [record])
    assert [row.details for row in checked.rows] == [_unsaid(context).details]
    assert getattr(checked.rows[0].details, "field") == case.absent  # noqa: B009  the model is made here


@over_every
def test_a_cell_that_is_wrong_is_refused_in_the_types_words(case: Case):
    """And an empty one where there is no default."""
    wrong = ["=1", ""] if case.shape == REQUIRED else ["=1"]
    rows = [{"thing_id": f"t-{n}", "field": cell} for n, cell in enumerate(wrong)]
    run: Run[Any] = run_list(case.context, rows)
    reasons = [line["reason"] for line in run.report if line["line"]]
    required = description_of(Case(case.kind, REQUIRED).context.details.model_fields["field"])
    assert reasons == [f"{cell!r}: expected {required}" for cell in wrong]


@over_every
def test_a_value_is_read_from_the_table_as_it_was_stored(case: Case, table: Any):
    """With a value, and without one."""
    context = case.context
    things = AggregateTable(Items(context), table)
    stored = [_said(context)] if case.shape == REQUIRED else [_said(context), _unsaid(context)]
    for thing in stored:
        things.add(thing)
    assert [things.get(thing.id) for thing in stored] == stored


@over_left_out
def test_none_is_stored_as_no_attribute_and_read_as_the_default(case: Case, table: Any):
    """So an item of the version before is read."""
    context, items = case.context, Items(case.context)
    item = items.from_aggregate(_unsaid(context))
    assert ("field" in item) is (case.shape == DEFAULT)
    item.pop("field", None)
    table.put_item(Item=item)
    assert AggregateTable(items, table).get("t-1") == _unsaid(context)
    table.put_item(Item=item | {"field": None})
    assert AggregateTable(items, table).get("t-1") == _unsaid(context)


@over_every
def test_an_imported_row_is_the_same_as_one_added_by_a_command(case: Case, table: Any):
    """Also where nothing is said."""
    context, items = case.context, Items(case.context)
    imported = ImportedAggregateTable(items, context.initial_status, DynamoDBClient(), inserts(), TABLE)
    for thing in [_said(context)] if case.shape == REQUIRED else [_said(context), _unsaid(context)]:
        values: Any = json.loads(context.rows.staged([thing.details]))
        imported.import_rows("l-1", values)
        item = table.get_item(Key=items.key(thing.id))["Item"]
        assert item.pop(CREATED_AT) == item.pop(CHANGED_AT)
        assert item == items.from_aggregate(thing)


@over_every
def test_published_values_match_their_schema(case: Case):
    """Events, answers to callers, and examples in the document of the API."""
    context = case.context
    schema = published.of_data(context, "ThingMade", "1.0")
    view_schema = view(context).model_json_schema(mode="serialization")
    for thing in [_said(context)] if case.shape == REQUIRED else [_said(context), _unsaid(context)]:
        data = json.loads(json.dumps(events.payload(thing)))
        assert faults_of(data, schema) == faults_of(data, view_schema) == []
    openapi = document(context, "1.0.0")
    example = openapi["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert "field" in example
    assert context.command(context.commands[0].model).model.model_validate(example).field is not None
    body = openapi["components"]["schemas"]["MakeThing"]
    assert ("field" in body["required"]) is (case.shape == REQUIRED)


@over_every
def test_samples_have_it(case: Case):
    """Those of tests and those of the local run: a list of them is taken."""
    context = case.context
    assert run_list(context, [Samples(context).values(n) for n in range(20)]).outcome == "IMPORTED"
    local = LocalSamples(context)
    rows = [dict(zip(local.columns, row, strict=True)) for row in local.rows(20)]
    assert {row["field"] for row in rows} != {""}
    assert run_list(context, rows).outcome == "IMPORTED"
    assert 0 < Row(context).item_bytes < 1024


@over_every
def test_the_bad_sample_list_has_a_bad_row(case: Case):
    """Whatever the types of its columns are."""
    header, *rows = FileSource(BytesIO(LocalSamples(case.context).bad_document())).records()
    assert case.context.rows.check(case.context.rows.check_header(header.cells), rows).rejections


@over_left_out
def test_a_change_may_omit_a_field_with_a_default(case: Case):
    """Callers' commands are strict about what nobody knows all the same."""
    move = case.context.commands[1].model
    assert move.model_validate({"thing_id": "t-1"}).field == case.absent
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        move.model_validate({"thing_id": "t-1", "feild": case.of.text})


def test_the_header_names_required_and_optional_columns():
    """Each for itself."""
    rows = context_of({"size": (WholeNumber, ...), "note": (Text | None, None), "fee": (Amount | None, None)}).rows
    with pytest.raises(Unreadable) as refused:
        rows.check_header(["thing_id", "fee"])
    sentence = "columns are missing: 'size'. The first line must name thing_id,size and may name note,fee"
    assert str(refused.value) == sentence
    with pytest.raises(Unreadable, match="repeated: column 3, column 4"):
        rows.check_header(["thing_id", "size", "note", "note"])


OPTIONAL_FIELDS: Fields = {
    f"{kind.replace(' ', '_')}_{shape}": (of.type | None, None) if shape == OPTIONAL else (of.type, of.default)
    for kind, of in TYPES.items()
    for shape in (OPTIONAL, DEFAULT)
}
ALL = context_of(OPTIONAL_FIELDS)


@given(st.sets(st.sampled_from(list(OPTIONAL_FIELDS))), st.permutations(["thing_id", *OPTIONAL_FIELDS]))
def test_a_file_with_any_columns_has_the_values_of_its_cells(named: set[str], order: list[str]):
    """In any order; what it does not name is as if its cells were empty."""
    values = Samples(ALL).values(3)
    header = [name for name in order if name == "thing_id" or name in named]
    without = {name: values[name] if name in header else "" for name in order}
    few = ALL.rows.check(ALL.rows.check_header(header), [Record(2, [values[name] for name in header])])
    all_of_them = ALL.rows.check(ALL.rows.check_header(order), [Record(2, [without[name] for name in order])])
    assert few == all_of_them
    assert few.rejections == []
    assert few.rows[0].details.model_fields_set == set(header)


@given(st.sets(st.sampled_from(list(OPTIONAL_FIELDS))))
def test_an_item_that_lacks_any_optional_attributes_is_read(lacking: set[str]):
    """Each of them is the default, and the others are as they were."""
    items, sample = Items(ALL), Samples(ALL).aggregate(3)
    item = {name: value for name, value in items.from_aggregate(sample).items() if name not in lacking}
    read = items.to_aggregate(item)
    unsaid = ALL.details.model_validate({"thing_id": sample.id})
    for name in OPTIONAL_FIELDS:
        assert getattr(read.details, name) == getattr(unsaid if name in lacking else sample.details, name)
    assert items.to_aggregate(items.from_aggregate(read)) == read


def test_an_amount_that_is_missing_adds_nothing():
    """One without a currency is of another than those that are told apart."""
    context = context_of({"fee": (Amount | None, None), "paid_in": (Currency | None, None)})
    samples, sums = Samples(context), context.sums()
    rows = [samples.values(1, fee="2.00"), samples.values(2, fee=""), samples.values(3, fee="5.00", paid_in="")]
    checked = context.rows.check(tuple(rows[0]), [Record(n, list(row.values())) for n, row in enumerate(rows)])
    sums.add(json.loads(context.rows.staged(row.details for row in checked.rows)))
    assert sums.sums() == {"fee": {"EUR": Decimal("2.00"), OTHER: Decimal("5.00")}}
    assert context.measures.amounts_imported.keys() == {"fee"}


def test_an_empty_reference_is_not_looked_up():
    """Only what it refers to must be known."""
    context = context_of({"owner_id": (Text | None, None)}, references={"owner_id": "owner"})
    samples = Samples(context)
    rows = [samples.values(n, owner_id="" if n % 2 else "o-1") for n in range(30)]
    assert run_list(context, rows, known={"owner_id": ["o-1"]}).report == []
    unknown = run_list(context, [*rows, samples.values(30, owner_id="o-2")], known={"owner_id": ["o-1"]})
    assert [line["reason"] for line in unknown.report if line["line"]] == ["'o-2' is not known here"]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ((Text | None, ...), "ThingDetails.field may be None, which is not stored: write `= None` as its default."),
        ((Text | None, "x"), "ThingDetails.field may be None, which is not stored: write `= None` as its default."),
        ((Amount, Decimal(0)), r"ThingDetails.field has the default Decimal\('0'\): write an amount above 0"),
        ((Amount, "1.00"), "ThingDetails.field has the default '1.00': write an amount above 0"),
        ((WholeNumber, 10**15), "has the default 1000000000000000: write a whole number of at most 15 digits"),
        ((Text, ""), "has the default '': write 1 to 200 characters on one line"),
        ((Currency, "euro"), "has the default 'euro': write a currency as its three capital letters"),
        ((Day, "2026-01-31"), "has the default '2026-01-31': write a day of the calendar"),
    ],
)
def test_a_default_is_one_of_the_values(field: Any, sentence: str):
    """What is stored is read again as it was."""
    with pytest.raises(BadContext, match=sentence):
        context_of({"field": field})


@pytest.mark.parametrize("field", [(TYPES["identifier"].type | None, None), (Identifier, "t-1")])
def test_an_identity_is_required(field: Any):
    """Nothing would be found without it."""
    with pytest.raises(BadContext, match="must be its identity: an Identifier without a default"):
        context_of({"thing_id": field})
