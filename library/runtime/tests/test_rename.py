"""The rename of a field: one mark, and both names in the transition."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, cast

import pytest
from pydantic import Field

from bounded_context import (
    Aggregate,
    Aggregates,
    Amount,
    BadContext,
    By,
    Change,
    Child,
    Children,
    Command,
    Context,
    Currency,
    Day,
    Details,
    Identifier,
    ListApproval,
    ListTotals,
    Personal,
    Renamed,
    State,
    StoredAs,
    Text,
    expected,
    now,
)
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import AggregateShards, Items
from bounded_context.application.checking import ListFile
from bounded_context.application.queries import Selection, list_many, selection
from bounded_context.domain.formats import MOST_BYTES, FileFormat
from bounded_context.testing import InMemorySeenIds, Samples, run_list
from bounded_context.testing.functions import assembled
from bounded_context_cli.contracts.compatibility import breaks, narrower
from bounded_context_cli.contracts.documents import _columns
from bounded_context_cli.contracts.openapi import breaks as api_breaks
from bounded_context_cli.contracts.openapi.document import document
from bounded_context_cli.contracts.published import of_data
from bounded_context_cli.contracts.released import Released
from bounded_context_cli.contracts.samples import version_of
from bounded_context_infra.configuration.formats import file_format
from bounded_context_operations.repair.reseed.state import StoredStates


class Status(StrEnum):
    """Where a claim stands."""

    MADE = "MADE"
    PAID = "PAID"


def _context(mark: Callable[[str], Any] | None) -> Context[Any]:
    """Return claims before a rename, or after it with a mark."""

    def field(kind: Any, old: str) -> Any:
        return kind if mark is None else Annotated[kind, mark(old)]

    def model(base: Any, name: str, **fields: Any) -> Any:
        annotations = {key: kind for key, (kind, *_) in fields.items()}
        values = {key: value[0] for key, (_, *value) in fields.items() if value}
        return type(name, (base,), {"__annotations__": annotations, "__module__": __name__, **values})

    old = mark is None
    fields = {
        "claim_id": (Identifier,),
        "policy_id" if old else "policy": (field(Text, "policy_id"),),
        "amount" if old else "claimed_amount": (field(Amount, "amount"),),
        "currency": (Currency,),
        "day" if old else "claimed_on": (field(Day, "day"),),
        "note" if old else "remark": (field(Annotated[Text | None, Personal], "note"), None),
    }
    paid = "paid" if old else "paid_amount"
    details = model(Details, "ClaimDetails", **fields)
    state = model(State, "ClaimState", **{paid: (field(Amount | None, "paid"), None)})
    claim = type(Aggregate)("Claim", (Aggregate,), {"details_type": details, "state_type": state, "statuses": Status})
    make = type("MakeClaim", (details,), {"__module__": __name__})
    pay = model(Change, "PayClaim", claim_id=(Identifier,), **{paid: (field(Amount, "paid"),)})
    drop = model(Change, "DropClaim", claim_id=(Identifier,))

    def make_claim(command: Any, claims: Aggregates[Any]) -> Any:
        created = claim(details.of(command), Status.MADE)
        claims.add(created)
        return created

    def pay_claim(command: Any, claims: Aggregates[Any]) -> Any:
        current = expected(command, claims)
        changed = current.moved_to(Status.PAID, current.state.having(**{paid: getattr(command, paid)}))
        claims.save(changed)
        return changed

    def drop_claim(command: Any, claims: Aggregates[Any]) -> Any:
        current = expected(command, claims)
        claims.remove(current)
        return current

    return Context(
        name="claim",
        plural="claims",
        display_name="Claim",
        owner="claims",
        aggregate=claim,
        commands=(
            Command.creates(make, make_claim, Status.MADE, "ClaimMade"),
            Command.changes(pay, pay_claim, Status.PAID, "ClaimPaid", after=(Status.MADE,)),
            Command.deletes(drop, drop_claim, "ClaimDropped", after=tuple(Status)),
        ),
        references={"policy_id" if old else "policy": "policy"},
        queried_by=("policy_id" if old else "policy",),
    )


BEFORE, DURING, AFTER = _context(None), _context(Renamed), _context(StoredAs)
OLD = {
    "claim_id": "c-1",
    "policy_id": "ref-1",
    "amount": "12.50",
    "currency": "EUR",
    "day": "2026-01-31",
    "note": "wet",
}
NEW = {
    "claim_id": "c-1",
    "policy": "ref-1",
    "claimed_amount": "12.50",
    "currency": "EUR",
    "claimed_on": "2026-01-31",
    "remark": "wet",
}
EVERY = [BEFORE, DURING, AFTER]
every = pytest.mark.parametrize("context", EVERY, ids=["before", "during", "after"])


def _new(context: Context[Any]) -> Any:
    values = OLD if context is BEFORE else NEW
    return context.aggregate(context.details.model_validate(values), Status.MADE, list_id="l-1")


def test_commands_accept_both_names_in_the_transition() -> None:
    """Not both at once; before and after only one of them."""
    for values, accepting in ((OLD, [BEFORE, DURING]), (NEW, [DURING, AFTER]), (OLD | NEW, [])):
        for context in EVERY:
            model = context.creating.model
            if context in accepting:
                assert model.model_validate(values).id == "c-1"
            else:
                with pytest.raises(ValueError, match=r"Extra inputs are not permitted|Field required"):
                    model.model_validate(values)


@every
@pytest.mark.parametrize("writer", EVERY, ids=["before", "during", "after"])
def test_each_version_reads_and_changes_the_items_of_each(context: Context[Any], writer: Context[Any], table: Any):
    """Items keep the earlier names, so no attribute is twice, and the index stays."""
    AggregateTable(Items(writer), table).add(_new(writer))
    claims = AggregateTable(Items(context), table)
    read = claims.get("c-1")
    assert read.details == _new(context).details
    claims.save(read.moved_to(Status.PAID, read.state.having(**{next(iter(context.state.model_fields)): "7.00"})))
    [item] = table.scan()["Items"]
    assert OLD.items() <= item.items()
    assert item["paid"] == "7.00"
    assert not {"policy", "claimed_amount", "remark", "paid_amount"} & item.keys()
    assert AggregateTable(Items(writer), table).get("c-1").values == {
        **_new(writer).values,
        next(iter(writer.state.model_fields)): "7.00",
    }
    assert context.indexes == {"by_policy_id": "policy_id"}


def test_events_and_answers_have_both_names_in_the_transition() -> None:
    """The schema gets a minor version; the end of the transition needs a major one."""
    item = Items(BEFORE).from_aggregate(_new(BEFORE))
    old, new = OLD | {"paid": None}, NEW | {"paid_amount": None}
    for context, fields in ((BEFORE, old), (DURING, old | new), (AFTER, new)):
        answer = context.payload(Items(context).to_aggregate(item))
        assert answer == fields | {"status": "MADE", "version": 1, "list_id": "l-1"}
        assert StoredStates(context).of_item(item, now())["data"] == answer
        assert context.data.model_validate(answer)
    before, during, after = (of_data(context, "ClaimMade", "1.0") for context in EVERY)
    assert list(breaks(before, during)) == []
    assert {"amount is gone", "claimed_amount is required, and older events may lack it"} <= {*breaks(during, after)}


def test_the_interface_accepts_both_names() -> None:
    """No caller breaks in the transition; its end breaks those that use the earlier name."""
    before, during, after = (document(context, "1.0.0") for context in EVERY)
    assert list(api_breaks(before, during)) == []
    phrases = " ".join(api_breaks(during, after))
    assert "the query policy_id is gone" in phrases
    assert "amount is no longer accepted" in phrases
    schema = during["components"]["schemas"]["MakeClaim"]
    assert {"amount", "claimed_amount"} <= schema["properties"].keys()
    assert not {"amount", "claimed_amount"} & {*schema["required"]}


@pytest.fixture
def own_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of lists have the names of the rows."""

    def file(_: Any, rows: Any) -> bytes:
        return assembled([list(rows[0]), *(list(row.values()) for row in rows)])

    monkeypatch.setattr(Samples, "file", file)


MIXED = {
    "claim_id": "c-1",
    "policy": "ref-1",
    "amount": "12.50",
    "currency": "EUR",
    "claimed_on": "2026-01-31",
    "remark": "wet",
}


@pytest.mark.usefixtures("own_header")
@pytest.mark.parametrize("row", [OLD, NEW, MIXED], ids=["old", "new", "mixed"])
def test_lists_accept_both_names_of_a_column(row: dict[str, str]) -> None:
    """Each column under one of its names. After the transition, only the new names."""
    assert [claim.values for claim in run_list(DURING, [row]).aggregates] == [NEW | {"paid_amount": None}]
    assert bool(run_list(AFTER, [row]).aggregates) is (row is NEW)


@pytest.mark.usefixtures("own_header")
def test_faults_of_rows_name_the_field_and_its_reference() -> None:
    """Under the new name; a column under both names is repeated."""
    for change, field in (({"amount": "-"}, "claimed_amount"), ({"policy_id": "unknown"}, "policy")):
        report = run_list(DURING, [OLD | change]).report
        assert field in [line["field"] for line in report]
    [line] = run_list(DURING, [OLD | NEW]).report
    assert "repeated" in line["reason"]


@every
@pytest.mark.parametrize("writer", EVERY, ids=["before", "during", "after"])
def test_each_version_reads_the_staged_rows_of_each(context: Context[Any], writer: Context[Any]) -> None:
    """Also the columns of a range."""
    rows = json.loads(writer.rows.staged([_new(writer).details]))
    assert rows == [OLD]
    checked = context.rows_as_commands.read_staged([2], [context.rows.completed(row) for row in rows])
    assert [row.details.model_dump() for row in checked.rows] == [_new(context).details.model_dump()]
    assert context.rows.columns_of(writer.rows.stored_columns(writer.rows.columns)) == context.rows.columns


@pytest.mark.parametrize("column", ["amount", "claimed_amount"])
def test_a_partners_format_may_name_either(column: str) -> None:
    """A header of their own stays."""
    format_ = file_format({"header": {"Betrag": column}}, (*DURING.rows.columns, *DURING.rows.earlier_names))
    read = DURING.rows.read_as(format_)
    assert {read.column(name) for name in ("Betrag", "amount", "claimed_amount")} == {"claimed_amount"}


@pytest.mark.parametrize("kind", ["csv", "fixed", "xml", "xlsx"])
@pytest.mark.parametrize("of", ["amount", "claimed_amount"])
@pytest.mark.parametrize("column", ["amount", "claimed_amount"])
def test_a_sum_of_either_name_is_that_of_the_rows(kind: str, of: str, column: str) -> None:
    """The samples have the partner's names, and the sum of their amounts."""
    rows = DURING.rows
    names = [column if name == "claimed_amount" else name for name in rows.columns]
    places: dict[str, dict[str, Any]] = {
        "csv": {"header": {"Betrag": column}, "control": {"last": "T", "sum": "last 2", "of": of}},
        "fixed": {
            "columns": {name: f"{30 * place + 2}-{30 * place + 31}" for place, name in enumerate(names)},
            "control": {"last": "T", "sum": "last 2-20", "of": column},
        },
        "xml": {
            "record": "A/B",
            "columns": dict(zip(names, names, strict=True)),
            "control": {"sum": "A/S", "of": column},
        },
    }
    form = file_format({"kind": kind, **places.get(kind, places["csv"])}, (*rows.columns, *rows.earlier_names))
    samples = Samples(DURING)
    data = samples.file([samples.values(n) for n in range(3)], format_=rows.of_lists(form))
    assert (b"Betrag" in data) is (kind == "csv")
    checked = [*ListFile(BytesIO(data), rows, InMemorySeenIds(), form, MOST_BYTES).checked()]
    assert [(len(part.rows), part.rejections) for part in checked] == [(3, [])]


def _asked(context: Context[Any], name: str) -> Selection:
    return selection(context).model_validate({name: "ref-1"})


@pytest.mark.parametrize("name", ["policy_id", "policy"])
def test_queries_and_their_cursors_have_both_names(name: str) -> None:
    """A cursor of the version before is one of this version."""
    asked, before = _asked(DURING, name), _asked(BEFORE, "policy_id")
    assert asked.question == before.question


def test_a_query_reads_the_index_of_the_earlier_name() -> None:
    """The index stays as it is, also with an order."""
    requests: list[dict[str, Any]] = []

    class Table:
        def query(self, **request: Any) -> dict[str, Any]:
            requests.append(request)
            order = {"day": "2026-01-31"} if request["IndexName"].endswith("day") else {}
            key = {"pk": "CLAIM#c-1", "policy_id": "ref-1", **order}
            return {"Items": [Items(BEFORE).from_aggregate(_new(BEFORE))], "LastEvaluatedKey": key}

    ordered = replace(DURING, queried_by=(By("policy", order="claimed_on"),))
    for context, index in ((DURING, "by_policy_id"), (ordered, "by_policy_id_day")):
        assert [*context.indexes.items()] == [(index, "policy_id")]
        shards = AggregateShards(Items(context), cast("Any", Table()))
        question = {**_asked(context, "policy").model_dump(exclude_none=True), "limit": 1}
        page = list_many(selection(context).model_validate(question), shards)
        list_many(selection(context).model_validate({**question, "cursor": page.next_cursor}), shards)
        assert requests[-1]["IndexName"] == index
        assert requests[-1]["ExclusiveStartKey"].items() >= {"policy_id": "ref-1", "pk": "CLAIM#c-1"}.items()
    assert requests[-1]["ExclusiveStartKey"]["day"] == "2026-01-31"
    assert ordered.sort_keys == {"by_policy_id_day": "day"}


def test_personal_data_and_amounts_keep_their_attributes() -> None:
    """An erasure knows both names; metrics keep theirs."""
    assert {"note", "remark"} <= DURING.personal.keys()
    assert {"note", "remark"} <= AFTER.personal.keys()
    assert DURING.amounts == BEFORE.amounts == ("amount",)
    assert run_list(DURING, [NEW]).outcome == "IMPORTED"


def test_samples_in_a_format_have_the_notation_under_each_name() -> None:
    """Also a list that a test of the team writes under the earlier name."""
    for row in (OLD, NEW):
        cells = Samples(DURING).file([row], list(row), FileFormat(delimiter=";", decimal=",", date="DD.MM.YYYY"))
        assert b"12,50" in cells
        assert b"31.01.2026" in cells


@pytest.mark.usefixtures("own_header")
@pytest.mark.parametrize("row", [OLD, NEW], ids=["old", "new"])
def test_a_rule_of_approval_names_the_field(row: dict[str, str]) -> None:
    """As each other code of the context, by the new name alone."""
    given: list[ListTotals] = []
    approval = ListApproval(lambda totals: given.append(totals) or totals.highest("claimed_amount") < 0)
    run_list(replace(DURING, approval=approval), [row])
    assert [totals.amounts["claimed_amount"] for totals in given[-1:]] == [{"EUR": Decimal("12.50")}]


def test_released_data_keeps_its_names() -> None:
    """The schema of stored fields is the same in all versions."""
    before, *others = (version_of(context) for context in EVERY)
    for other in others:
        assert (other["details"], other["required"], other["staged"]) == (
            before["details"],
            before["required"],
            before["staged"],
        )
        assert list(narrower(before["details"], other["details"])) == []
    assert Samples(DURING).values(1).keys() >= {"policy", "claimed_amount"}


@pytest.mark.parametrize(
    ("old", "fault"),
    [
        ("currency", "ClaimDetails.claimed_amount was 'currency', which is another field"),
        ("version", "ClaimDetails.claimed_amount was 'version', which is a reserved name"),
        ("policy_id", "'policy_id', which another field was, too: write each earlier name once"),
        ("Amount!", "ClaimDetails.claimed_amount was 'Amount!'"),
    ],
)
def test_a_used_name_is_refused(old: str, fault: str) -> None:
    """With the field, the fault and the remedy."""
    for mark in (Renamed, StoredAs):
        with pytest.raises(BadContext, match=fault):
            _context(lambda name, mark=mark: mark(old if name == "amount" else name))


def test_the_identity_is_not_renamed() -> None:
    """It is in keys, routes and logs."""

    class Other(DURING.details):
        claim_id: Annotated[Identifier, Renamed("number")]

    aggregate = type("Claim", (DURING.aggregate,), {"details_type": Other})
    with pytest.raises(BadContext, match=r"claim_id was 'number', but it is the identity"):
        replace(DURING, aggregate=aggregate)


def test_the_check_names_the_release_that_may_end_the_transition(tmp_path: Path) -> None:
    """Stored data is never broken. An undeclared rename is refused with the mark to write."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
    Released(BEFORE, tmp_path).write()
    undeclared = " ".join(Released(_context(lambda _: Field()), tmp_path).data_breaks())
    assert 'write `claimed_amount: Annotated[..., Renamed("amount")]`' in undeclared
    during = Released(DURING, tmp_path)
    assert [*during.data_breaks(), *during.interface_breaks()] == []
    [line] = [line for line in during.transitions() if line.startswith("amount, ")]
    assert line.endswith('until 0.2.0 or later: end it there by StoredAs("amount")')
    during.write()
    after = Released(AFTER, tmp_path)
    assert list(after.data_breaks()) == []
    assert 'write version = "0.2.0"' in " ".join(after.interface_breaks())
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    assert [*after.data_breaks(), *Released(AFTER, tmp_path).interface_breaks()] == []
    assert any("until 0.2.0 or later" in line for line in Released(DURING, tmp_path).transitions())


def test_the_partners_page_has_the_earlier_name() -> None:
    """In the description of the column."""
    columns = {column.name: column.content for column in _columns(DURING)}
    assert columns["claimed_amount"].endswith("; the column may have its earlier name amount")
    assert columns["currency"] == {column.name: column.content for column in _columns(BEFORE)}["currency"]


def test_a_child_keeps_its_names() -> None:
    """Stored children have no other names."""

    class Note(Child):
        text: Annotated[Text, Renamed("body")]

    with pytest.raises(BadContext, match=r"children: Note.text was 'body': a child keeps its names"):
        replace(DURING, children=(Children(Note, "notes", most=5),))
