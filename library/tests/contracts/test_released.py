"""What earlier versions stored, staged, were asked and told: kept in a file each, read by the code as it is."""

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from payment.context import PAYMENT
from payment.model import Status
from pydantic import Field, create_model

from bounded_context import Aggregate, Amount, Command, Context, Currency, Day, Details, Identifier, Text, WholeNumber
from bounded_context.contracts.change import Refused
from bounded_context.contracts.release import breaking, may_break
from bounded_context.contracts.released.breaches import Released
from bounded_context.contracts.released.files import write
from bounded_context.contracts.released.samples import version_of
from bounded_context.contracts.update import update
from tests.contexts import over_contexts
from tests.event_schemas import faults

FIELDS: dict[str, Any] = {
    "payment_id": Identifier,
    "subscription_id": Text,
    "amount": Amount,
    "currency": Currency,
    "due_date": Day,
    "payer": Text,
}
"""Those of version 0.1.0."""


class Settled(StrEnum):
    """Has a status less, and one more."""

    REGISTERED = "REGISTERED"
    SETTLED = "SETTLED"


def having(left: tuple[str, ...] = (), statuses: type[StrEnum] = Status, **more: Any) -> Context[Any]:
    """Return the context of payments with other fields: without some, and with more or others."""
    fields: dict[str, Any] = {**FIELDS, **more}
    shown: dict[str, Any] = {name: one if isinstance(one, tuple) else (one, ...) for name, one in fields.items()}
    made = {name: one for name, one in shown.items() if name not in left}
    details: Any = create_model("PaymentDetails", __base__=Details, **made)
    creates: Any = create_model("RegisterPayment", __base__=details)

    class Payment(Aggregate[details, statuses]):
        """As it stands."""

    first, changes, deletes = PAYMENT.commands
    start, end = statuses
    created = Command.creates(creates, start, first.event)
    moved = replace(changes, status=end, after=(start,))
    return replace(PAYMENT, aggregate=Payment, commands=(created, moved, replace(deletes, after=(start, end))))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose version 0.1.0 is released."""
    says(tmp_path, "0.1.0")
    write(tmp_path, "0.1.0", version_of(PAYMENT))
    return tmp_path


def says(root: Path, version: str) -> None:
    """Let the package say its version."""
    (root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n', encoding="utf-8")


def kept(context: Context[Any], root: Path) -> str:
    """Return what is said of stored and staged data."""
    return "\n".join(Released(context, root).kept())


def said(context: Context[Any], root: Path) -> str:
    """Return what is said of commands and events."""
    return "\n".join(Released(context, root).said())


@over_contexts
def test_the_code_reads_what_it_writes(context: Context[Any], tmp_path: Path) -> None:
    """Whatever the context: each of its forms has a sample, and the same one each time."""
    says(tmp_path, "0.1.0")
    write(tmp_path, "0.1.0", version_of(context))
    released = Released(context, tmp_path)
    assert (kept(context, tmp_path), said(context, tmp_path), released.is_written) == ("", "", True)
    stored, asked = released.made["stored"], released.made["asked"]
    assert {f"item {status}" for status in context.statuses} | {"list", "answer"} == set(stored)
    assert {command.name for command in context.commands} <= set(asked)
    assert set(released.made["sent"]) == set(context.events)


def test_sent_samples_are_events_as_subscribers_read_them() -> None:
    """By their envelope and by the schema that each names."""
    assert [fault for [event] in version_of(PAYMENT)["sent"].values() for fault in faults(event)] == []


def test_a_field_that_may_be_left_out_may_come(root: Path) -> None:
    """Nothing breaks; the file of the version lacks the new form, and grows by it."""
    more = Released(having(note=(Text | None, None)), root)
    assert (kept(more.context, root), said(more.context, root), more.is_written) == ("", "", False)
    old, new = more.versions["0.1.0"]["staged"]["part"], more.grown["staged"]["part"]
    assert new[: len(old)] == old
    assert "note" in json.dumps(new[len(old) :])


def test_what_a_version_has_is_never_taken_out_of_its_file(root: Path) -> None:
    """Also if the code has it no more."""
    grown = Released(having(statuses=Settled), root).grown
    assert {"item VERIFIED", "item SETTLED"} <= set(grown["stored"])


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        pytest.param(
            having(note=Text),
            "note is missing in item REGISTERED, item VERIFIED, answer, part of released/0.1.0.json: give it "
            "a default, as in `note: Text | None = None` (`uv run just docs changing what-would-break`).",
            id="a required field came",
        ),
        pytest.param(
            having(("payer",), paid_by=Text),
            "paid_by is missing in item REGISTERED, item VERIFIED, answer, part of released/0.1.0.json, and looks "
            "renamed from payer: keep payer, and let paid_by come beside it with a default",
            id="a field was renamed",
        ),
        pytest.param(
            having(payer=WholeNumber),
            "payer is not taken (String should match pattern '^-?[0-9]{1,15}$') in item REGISTERED, item VERIFIED, "
            "answer, part of released/0.1.0.json: leave it, and let a field with a default come beside it",
            id="a field was retyped",
        ),
        pytest.param(
            having(payer=Annotated[Text, Field(max_length=100)]),
            "payer has the maxLength 100, and 0.1.0 may have stored what is not taken now: leave it,",
            id="a field takes less",
        ),
        pytest.param(
            having(("payer",)),
            "payer is gone, and 0.1.0, which runs beside this version during a release, cannot read what lacks it: "
            "give it a default first, and remove it in a later version",
            id="a field is gone",
        ),
        pytest.param(
            having(statuses=Settled),
            "What is not read: Settled has no VERIFIED in item VERIFIED of released/0.1.0.json: keep what it was until "
            "nothing like it is stored",
            id="a status is gone or renamed",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(context: Context[Any], sentence: str, root: Path) -> None:
    """It names the samples, the field and the way, whichever version the package says: data stays."""
    for version in ("0.1.0", "2.0.0"):
        says(root, version)
        [found] = kept(context, root).splitlines()
        assert sentence in found


def test_a_renamed_field_is_known_by_what_it_takes(root: Path) -> None:
    """Of a day there is one alone."""
    assert "looks renamed from due_date: keep due_date, and let due come beside it" in kept(
        having(("due_date",), due=Day), root
    )


def test_each_version_is_held_and_named(root: Path) -> None:
    """What the second one brought, and what the first one lacks."""
    write(root, "0.2.0", version_of(having(note=(Text | None, None))))
    found = kept(having(note=(Day | None, None)), root)
    assert "note is not taken" in found
    assert "of released/0.2.0.json" in found
    assert "0.1.0" not in found


def test_a_field_is_taken_away_in_two_versions(root: Path) -> None:
    """First it gets a default; a version later it goes."""
    optional = having(payer=(Text | None, None))
    assert kept(optional, root) == ""
    write(root, "0.2.0", Released(optional, root).made)
    assert kept(having(("payer",)), root) == ""


def test_a_command_or_an_event_that_is_gone_is_missed(root: Path) -> None:
    """Until the version says that it is meant."""
    _, changes, _ = PAYMENT.commands
    renamed = having()
    other = create_model("ApprovePayment", __base__=changes.model)
    first, _, last = renamed.commands
    approve = Command.changes(other, Status.VERIFIED, "PaymentApproved", after=(Status.REGISTERED,))
    versions = {"PaymentApproved" if one == "PaymentVerified" else one: said for one, said in PAYMENT.versions.items()}
    context = replace(renamed, commands=(first, approve, last), versions=versions)
    assert said(context, root).splitlines() == [
        "The command VerifyPayment is gone, and callers of 0.1.0 give it: bring it back, or write version = "
        '"0.2.0" into pyproject.toml if callers know (`uv run just docs changing what-would-break`).',
        "The event PaymentVerified is gone, and subscribers of 0.1.0 hear it: bring it back, or write version = "
        '"0.2.0" into pyproject.toml if callers know (`uv run just docs changing what-would-break`).',
    ]
    says(root, "0.2.0")
    assert said(context, root) == ""


def test_a_command_that_needs_more_is_said(root: Path) -> None:
    """What callers send today has to be taken."""
    same = having()
    first, changes, last = same.commands
    needs = create_model("VerifyPayment", __base__=changes.model, reason=(Text, ...))
    context = replace(same, commands=(first, replace(changes, model=needs), last))
    assert "reason is missing in VerifyPayment of released/0.1.0.json: take that back, or write" in said(context, root)


def test_nothing_is_written_while_something_breaks(root: Path) -> None:
    """`just contracts` says what the promise says."""
    (root / "events").mkdir()
    before = sorted(root.rglob("*"))
    with pytest.raises(Refused, match="note is missing in item REGISTERED"):
        list(update(having(note=Text), root))
    assert sorted(root.rglob("*")) == before


def test_a_field_of_an_unknown_type_needs_an_example(root: Path) -> None:
    """Samples are made of what the library knows, or of what a team says."""
    unknown = having(shape=(dict[str, int], ...))
    (root / "events").mkdir()
    with pytest.raises(Refused, match=r"PaymentDetails.shape is of none of the library's types: give it Field\("):
        list(update(unknown, root))
    shown = having(shape=(dict[str, int], Field(examples=[{"a": 1}])))
    assert version_of(shown)["staged"]["part"][0]["rows"][0]["shape"] == {"a": 1}


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ("0.1.0", "0.1.9", False),
        ("0.1.9", "0.2.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.0.0", "1.9.0", False),
        ("1.9.0", "2.0.0rc1", True),
        ("2.0.0", "1.0.0", False),
    ],
)
def test_which_version_may_break(old: str, new: str, may: bool) -> None:
    """The major number, and before 1.0 the minor one."""
    assert may_break(old, new) is may
    assert may_break(old, breaking(old))
