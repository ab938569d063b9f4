"""What earlier versions stored, staged, were asked and told: kept in a file each, read by the code as it is."""

import json
import shutil
from dataclasses import replace
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from payment.context import PAYMENT
from payment.model import Status
from pydantic import Field, create_model

import bounded_context
from bounded_context import Aggregate, Amount, Command, Context, Currency, Day, Details, Identifier, Text, WholeNumber
from bounded_context.domain.field_types import FIELD_TYPES
from bounded_context_cli.contracts.cli import update
from bounded_context_cli.contracts.compatibility import WIDER, RefusedChange
from bounded_context_cli.contracts.published import breaking, may_break
from bounded_context_cli.contracts.released import FOLDER, MISSING, Released
from bounded_context_cli.contracts.samples import version_of
from bounded_context_infra.configuration.project import current
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

PLACES = "item REGISTERED, item VERIFIED, answer, part of released/0.1.0.json"
"""The samples that contain each required field."""


class Settled(StrEnum):
    """Has a status less, and one more."""

    REGISTERED = "REGISTERED"
    SETTLED = "SETTLED"


def having(omitted: tuple[str, ...] = (), statuses: type[StrEnum] = Status, **more: Any) -> Context[Any]:
    """Return the context of payments with other fields: without some, and with more or others."""
    fields: dict[str, Any] = {**FIELDS, **more}
    definitions: dict[str, Any] = {
        name: value if isinstance(value, tuple) else (value, ...) for name, value in fields.items()
    }
    remaining = {name: definition for name, definition in definitions.items() if name not in omitted}
    details: Any = create_model("PaymentDetails", __base__=Details, **remaining)
    creates: Any = create_model("RegisterPayment", __base__=details)

    class Payment(Aggregate[details, statuses]):
        """As it stands."""

    first, changes, deletes = PAYMENT.commands
    start, end = statuses
    created = Command.creates(creates, first.rule, start, first.event)
    moved = replace(changes, status=end, after=(start,))
    context: Any = PAYMENT
    return replace(context, aggregate=Payment, commands=(created, moved, replace(deletes, after=(start, end))))


def write(root: Path, version: str, samples: dict[str, Any]) -> None:
    """Write the samples of an earlier version."""
    (root / FOLDER).mkdir(exist_ok=True)
    (root / FOLDER / f"{version}.json").write_text(json.dumps(samples), encoding="utf-8")


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
    return "\n".join(Released(context, root).data_breaks())


def said(context: Context[Any], root: Path) -> str:
    """Return what is said of commands and events."""
    return "\n".join(Released(context, root).interface_breaks())


@over_contexts
def test_the_code_reads_what_it_writes(context: Context[Any], tmp_path: Path) -> None:
    """Whatever the context: each of its forms has a sample, and the same one each time."""
    says(tmp_path, "0.1.0")
    write(tmp_path, "0.1.0", version_of(context))
    released = Released(context, tmp_path)
    assert (kept(context, tmp_path), said(context, tmp_path), released.is_written) == ("", "", True)
    stored, requests = released.made["stored"], released.made["asked"]
    assert {f"item {status}" for status in context.statuses} | {"list", "answer"} == set(stored)
    assert {command.name for command in context.commands} <= set(requests)
    assert set(released.made["sent"]) == set(context.events)


def test_sent_samples_are_events_as_subscribers_read_them() -> None:
    """By their envelope and by the schema that each names."""
    assert [fault for [event] in version_of(PAYMENT)["sent"].values() for fault in faults(event)] == []


def test_a_missing_field_may_become_optional(root: Path) -> None:
    """Nothing breaks; the file of the version lacks the new form, and grows by it."""
    more = Released(having(note=(Text | None, None)), root)
    assert (kept(more.context, root), said(more.context, root), more.is_written) == ("", "", False)
    old, new = more.versions["0.1.0"]["staged"]["part"], more.grown["staged"]["part"]
    assert new[: len(old)] == old
    assert "note" in json.dumps(new[len(old) :])


def test_members_of_a_version_stay_in_its_file(root: Path) -> None:
    """Also if the code has it no more."""
    grown = Released(having(statuses=Settled), root).grown
    assert {"item VERIFIED", "item SETTLED"} <= set(grown["stored"])


@pytest.mark.parametrize(
    ("context", "fault", "remedy"),
    [
        pytest.param(
            having(note=Text),
            f"note {MISSING} in {PLACES}: ",
            "`note: Text | None = None` (`uv run context docs changing what-would-break`).",
            id="a required field came",
        ),
        pytest.param(
            having(("payer",), paid_by=Text),
            f"paid_by {MISSING} in {PLACES}, ",
            'write `paid_by: Annotated[..., Renamed("payer")]`',
            id="a field was renamed",
        ),
        pytest.param(
            having(payer=WholeNumber),
            "payer is rejected (",
            f"'^-?[0-9]{{1,15}}$') in {PLACES}: keep the field, ",
            id="a field was retyped",
        ),
        pytest.param(
            having(payer=Annotated[Text, Field(max_length=100)]),
            "payer has the maxLength 100, and 0.1.0 ",
            "keep the field, ",
            id="a field takes less",
        ),
        pytest.param(
            having(("payer",)),
            "payer is gone, and 0.1.0, ",
            "default first, ",
            id="a field is gone",
        ),
        pytest.param(
            having(statuses=Settled),
            "(Settled has no VERIFIED) in item VERIFIED of released/0.1.0.json: ",
            "keep the old value ",
            id="a status is gone or renamed",
        ),
    ],
)
def test_data_that_cannot_be_read_is_one_line(context: Context[Any], fault: str, remedy: str, root: Path) -> None:
    """It names the field, the samples and the remedy. No version number permits it, because the data stays."""
    for version in ("0.1.0", "2.0.0"):
        says(root, version)
        [line] = kept(context, root).splitlines()
        assert fault in line
        assert remedy in line


_TYPES = {known.kind: getattr(bounded_context, known.name) for known in FIELD_TYPES}
_TYPES |= {"low": Literal["low"], "low, high": Literal["low", "high"]}
_TEXTS = [known for known in FIELD_TYPES if known.stored is None]
_ACCEPTS_MORE = {
    *((old.kind, new.kind) for old in _TEXTS for new in _TEXTS if (old.pattern, new.pattern) in WIDER),
    ("low", "low, high"),
}


@pytest.mark.parametrize("old", _TYPES)
def test_a_stored_field_changes_only_to_a_type_that_accepts_its_values(old: str, root: Path) -> None:
    """Each other type is reported, and an enumeration may get a value but not lose one."""
    write(root, "0.1.0", version_of(having(payer=_TYPES[old])))
    accepted = {new for new in _TYPES if kept(having(payer=_TYPES[new]), root) == ""}
    assert accepted == {old, *(new for known, new in _ACCEPTS_MORE if known == old)}


def test_a_renamed_field_is_recognized_by_its_type(root: Path) -> None:
    """Only one field is a day."""
    assert "renamed from due_date: write `due: Annotated[" in kept(having(("due_date",), due=Day), root)


def test_each_version_is_checked_and_named(root: Path) -> None:
    """What the second one brought, and what the first one lacks."""
    write(root, "0.2.0", version_of(having(note=(Text | None, None))))
    text = kept(having(note=(Day | None, None)), root)
    assert "note is rejected" in text
    assert "of released/0.2.0.json" in text
    assert "0.1.0" not in text


def test_a_field_is_removed_in_two_versions(root: Path) -> None:
    """First it gets a default; a version later it goes."""
    optional = having(payer=(Text | None, None))
    assert kept(optional, root) == ""
    write(root, "0.2.0", Released(optional, root).made)
    assert kept(having(("payer",)), root) == ""


def test_a_command_or_an_event_that_is_gone_is_reported_until_the_version_permits_it(root: Path) -> None:
    """Each line names the command or the event, and the version to write."""
    _, changes, _ = PAYMENT.commands
    renamed = having()
    other = create_model("ApprovePayment", __base__=changes.model)
    first, _, last = renamed.commands
    approve = Command.changes(other, changes.rule, Status.VERIFIED, "PaymentApproved", after=(Status.REGISTERED,))
    versions = {
        "PaymentApproved" if event == "PaymentVerified" else event: said for event, said in PAYMENT.versions.items()
    }
    context = replace(renamed, commands=(first, approve, last), versions=versions)
    lines = said(context, root).splitlines()
    for line, missing in zip(lines, ("command VerifyPayment", "event PaymentVerified"), strict=True):
        assert line.startswith(f"The {missing} is gone, ")
        assert " of 0.1.0 " in line
        assert 'version = "0.2.0" into pyproject.toml' in line
    says(root, "0.2.0")
    assert said(context, root) == ""


def test_a_command_with_a_new_required_field_is_reported(root: Path) -> None:
    """The command must accept what callers send today."""
    same = having()
    first, changes, last = same.commands
    needs = create_model("VerifyPayment", __base__=changes.model, reason=(Text, ...))
    context = replace(same, commands=(first, replace(changes, model=needs), last))
    assert f"reason {MISSING} in VerifyPayment of released/0.1.0.json: " in said(context, root)


def test_a_breaking_change_writes_no_file(root: Path) -> None:
    """The refusal names the field, like the repository's own check."""
    shutil.copytree(current().root / "events", root / "events")
    before = sorted(root.rglob("*"))
    with pytest.raises(RefusedChange, match=f"^note {MISSING} in item REGISTERED"):
        list(update(having(note=Text), root))
    assert sorted(root.rglob("*")) == before


def test_a_field_of_an_unknown_type_needs_an_example(root: Path) -> None:
    """The refusal names the field and pydantic's `Field`, which accepts examples."""
    unknown = having(opens=time)
    shutil.copytree(current().root / "events", root / "events")
    with pytest.raises(RefusedChange, match=r"^PaymentDetails\.opens .* Field\("):
        list(update(unknown, root))
    context = having(opens=(time, Field(examples=["08:30:00"])))
    assert version_of(context)["staged"]["part"][0]["rows"][0]["opens"] == "08:30:00"


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
