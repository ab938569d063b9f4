"""The list workflow's steps, on fakes: what each leaves behind for the next, for the partner and for a second try."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pytest

from bounded_context.application import importing
from bounded_context.application.list_import import SECOND_EVENT, TECHNICAL_FAILURE, Outcome, Upload
from bounded_context.application.staging import VALIDATED, VERIFIED, Staging, StagingGone
from bounded_context.domain import lists
from bounded_context.domain.faults import LIST_CODES, Fault, ListFault
from bounded_context.domain.lists import NONE, ListStatus, NotAList
from tests.application.world import KEY, MAX_BYTES, World
from tests.contexts import CONTEXTS


@pytest.fixture(params=CONTEXTS, ids=lambda context: context.name)
def world(request: pytest.FixtureRequest) -> World:
    """A world of each context."""
    return World(request.param)


def test_a_good_list_is_imported_as_a_whole(world: World):
    """Every row becomes an aggregate, part by part, and there is nothing to report."""
    list_id = world.ready_to_import(world.rows(25))

    assert world.import_parts(list_id) == [Outcome.IMPORTED] * 3
    assert world.aggregates.traceparents == {world.lists.stored[list_id].traceparent}
    assert len(world.owners) == 25
    assert world.lists.get(list_id).imported_parts == {0, 1, 2}
    assert world.report() == []


def test_a_list_of_very_many_rows_has_larger_parts(world: World, monkeypatch: pytest.MonkeyPatch):
    """Its record has the number of each part."""
    monkeypatch.setattr(lists, "MOST_PARTS", 2)
    list_id = world.register(world.samples.file(world.rows(25))).list_id
    world.validate(list_id, part_rows=1)
    assert len(Staging(world.files, list_id).manifest(VALIDATED)) <= 2


def test_a_file_announced_twice_is_one_list(world: World):
    """The second execution ends at once; the first, tried again, goes on."""
    data = world.samples.file(world.rows(1))
    assert world.register(data, "run-1").outcome is Outcome.REGISTERED
    assert world.register(None, "run-2").outcome is Outcome.ALREADY_REGISTERED
    assert world.register(None, "run-1").outcome is Outcome.REGISTERED


def test_a_broken_upload_does_not_block_the_next_one(world: World):
    """Its event may come after the client has sent the whole file again."""
    world.files.write(KEY, world.samples.file(world.rows(1)))
    assert world.register(None, "run-1", broken_by="event-1").outcome is Outcome.REFUSED
    assert world.register(None, "run-2", broken_by="event-1").outcome is Outcome.ALREADY_REGISTERED
    assert world.register(None, "run-3").outcome is Outcome.REGISTERED


def test_the_announced_version_is_pinned(world: World):
    """Two versions within a second are two lists, whichever event comes first."""
    for rows in (1, 2):
        world.files.write(KEY, world.samples.file(world.rows(rows)))
    for version in ("1", "2"):
        upload = Upload("inbox", KEY, version)
        step = world.steps.register(upload, f"run-{version}", MAX_BYTES)
        assert world.lists.get(step.list_id).file.version_id == version


MONDAY, TUESDAY = b"id\n1\n", b"id\n2\n3\n"


def _event(data: bytes, *, tag: bool = True, key: str = KEY) -> Upload:
    """What Transfer says of an upload; its event may have no tag."""
    etag = md5(data, usedforsecurity=False).hexdigest() if tag else ""
    return Upload("inbox", key, size=len(data), etag=etag)


@pytest.mark.parametrize("tag", [True, False], ids=["by its tag", "by its size"])
@pytest.mark.parametrize("order", [(MONDAY, TUESDAY), (TUESDAY, MONDAY)], ids=["in order", "the later one first"])
def test_mondays_list_is_read_although_tuesdays_has_replaced_it(world: World, order: tuple[bytes, ...], tag: bool):
    """Each event means the file that it was sent for, however late it starts."""
    for data in (MONDAY, TUESDAY):
        world.files.write(KEY, data)
    for data in order:
        step = world.announced(_event(data, tag=tag), f"run-{len(data)}")
        assert step.outcome is Outcome.REGISTERED
        with world.files.open(world.lists.get(step.list_id).file) as stream:
            assert stream.read() == data


@pytest.mark.parametrize(
    "event",
    [_event(MONDAY), _event(MONDAY, tag=False), Upload("inbox", KEY)],
    ids=["same content", "same size", "renamed to the same name"],
)
def test_two_uploads_within_a_minute_are_two_lists(world: World, event: Upload):
    """Where nothing does, each event still gets a version of its own; one that is sent again gets none."""
    for data in (MONDAY, MONDAY[:-2] + b"9\n"):
        world.files.write(KEY, MONDAY if event.etag else data)
    steps = [world.announced(event, run) for run in ("run-1", "run-2", "run-1", "run-3")]
    outcomes = [Outcome.REGISTERED] * 3 + [Outcome.ALREADY_REGISTERED]
    assert [step.outcome for step in steps] == outcomes
    assert steps[0].list_id == steps[2].list_id
    assert {record.file.version_id for record in world.lists.stored.values()} == {"1", "2"}


RENAMED = Upload("inbox", KEY)
"""What Transfer says of a rename has neither a tag nor a size."""


def _at(world: World, minutes: int, data: bytes) -> None:
    """Store a version some minutes from now."""
    world.files.since = datetime.now(UTC) + timedelta(minutes=minutes)
    world.files.write(KEY, data)


def _broke_off(world: World, content: bytes, *, tag: bool, event: str = "event-1") -> None:
    """An upload breaks off and leaves something behind, which its event describes."""
    _at(world, -1, content)
    upload = replace(_event(content, tag=tag), broken_by=event)
    assert world.announced(upload, f"run-{event}").outcome is Outcome.REFUSED


def _versions(world: World) -> set[str]:
    """The versions that lists were recorded of; broken uploads are none."""
    return {record.file.version_id for record in world.lists.stored.values() if not record.file.broke_off}


@pytest.mark.parametrize("tag", [True, False], ids=["by its tag", "by its size"])
@pytest.mark.parametrize("event", [RENAMED, _event(MONDAY, tag=False)], ids=["a rename", "an upload without a tag"])
def test_a_repeated_event_does_not_import_the_remains_of_a_broken_upload(world: World, event: Upload, tag: bool):
    """EventBridge delivers at least once; the second delivery finds the remains, which have the size of a list."""
    _broke_off(world, MONDAY[:-2] + b"9\n", tag=tag)
    _at(world, 1, MONDAY)
    outcomes = [world.announced(event, run).outcome for run in ("run-1", "run-2", "run-3")]
    assert outcomes == [Outcome.REGISTERED, Outcome.ALREADY_REGISTERED, Outcome.ALREADY_REGISTERED]
    assert _versions(world) == {"2"}


@pytest.mark.parametrize("tag", [True, False], ids=["by its tag", "by its size"])
def test_a_file_sent_again_whole_is_imported_although_it_looks_like_the_remains(world: World, tag: bool):
    """The connection broke after the last byte: the second try has the same size and content, and is stored later."""
    _broke_off(world, MONDAY, tag=tag)
    _at(world, 1, MONDAY)
    step = world.announced(RENAMED, "run-1")
    assert (step.outcome, _versions(world)) == (Outcome.REGISTERED, {"2"})


def test_only_remains_are_no_file(world: World):
    """The list is refused and its partner told to send it again."""
    _broke_off(world, MONDAY, tag=False)
    step = world.announced(RENAMED, "run-1")
    assert (step.outcome, world.lists.get(step.list_id).file.size) == (Outcome.REFUSED, 0)


def test_each_broken_upload_is_reported_although_two_have_one_size(world: World):
    """Clients send in blocks of one size; the same event again tells nothing new."""
    for event in ("event-1", "event-2"):
        _broke_off(world, MONDAY, tag=False, event=event)
    again = replace(_event(MONDAY, tag=False), broken_by="event-1")
    assert world.announced(again, "run-3").outcome is Outcome.ALREADY_REGISTERED
    assert len(world.lists.stored) == 2


NOON = datetime.now(UTC)


@pytest.mark.parametrize(
    ("during", "versions"),
    [
        (None, {"1", "2", "3"}),
        ((NOON, NOON), {"2"}),
        ((NOON - timedelta(hours=3), NOON - timedelta(minutes=2)), {"1"}),
    ],
    ids=["an event without its time", "a rename at noon", "three hours of an upload"],
)
def test_a_rename_is_of_the_version_stored_nearest_to_its_time(world: World, during: Any, versions: set[str]):
    """Yesterday's remains, of which no event tells, are not what was renamed today."""
    for hours in (-2, 0, 2):
        world.files.since = NOON + timedelta(hours=hours)
        world.files.write(KEY, MONDAY)
    event = replace(RENAMED, during=during)
    for run in ("run-1", "run-2", "run-3"):
        world.announced(event, run)
    assert _versions(world) == versions


def _within_a_second(world: World) -> Upload:
    """Two versions are stored about the time of a rename."""
    for data in (MONDAY, TUESDAY):
        _at(world, 0, data)
    now = datetime.now(UTC)
    return replace(RENAMED, during=(now, now))


def test_a_rename_waits_for_the_event_of_an_upload_that_broke_off_at_the_same_time(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """The newer version is the remains of the upload: the event says so a moment later."""
    renamed = _within_a_second(world)
    broken = replace(_event(TUESDAY), broken_by="event-1")
    monkeypatch.setattr("time.sleep", lambda _: world.announced(broken, "run-2"))
    outcomes = [world.announced(renamed, run).outcome for run in ("run-1", "run-3")]
    assert outcomes == [Outcome.REGISTERED, Outcome.ALREADY_REGISTERED]
    assert _versions(world) == {"1"}


def test_after_a_minute_each_of_two_renames_has_a_version(world: World, monkeypatch: pytest.MonkeyPatch):
    """No event tells the versions apart."""
    event = _within_a_second(world)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("the rename ended a minute ago"))
    event = replace(event, during=(datetime.now(UTC) - SECOND_EVENT,) * 2)
    assert [world.announced(event, run).outcome for run in ("run-1", "run-2")] == [Outcome.REGISTERED] * 2
    assert _versions(world) == {"1", "2"}


def test_a_tag_needs_no_time(world: World):
    """It tells the version by itself, also where clocks disagree."""
    world.files.write(KEY, MONDAY)
    upload = replace(_event(MONDAY), during=(NOON - timedelta(days=1),) * 2)
    assert world.announced(upload, "run-1").outcome is Outcome.REGISTERED


ODD = "incoming/acme/Größe 1 & 2+3.csv"


@pytest.mark.parametrize("written", [str, lambda key: quote_plus(key, safe="/"), quote], ids=["plain", "form", "url"])
def test_a_key_is_read_in_every_notation_of_an_event(world: World, written: Callable[[str], str]):
    """No page of AWS says how EventBridge's events of S3 write it, and emulators disagree."""
    world.files.write(ODD, MONDAY)
    step = world.announced(Upload("inbox", written(ODD), "1"), "run-1")
    assert step.outcome is Outcome.REGISTERED
    assert world.lists.get(step.list_id).file.key == ODD


@pytest.mark.parametrize("key", ["incoming/acme/a+b.csv", "incoming/acme/%41.csv"])
def test_a_key_that_exists_as_its_event_writes_it_is_that_key(world: World, key: str):
    """Also if what it decodes to exists as well."""
    for name in (key, unquote_plus(key)):
        world.files.write(name, MONDAY)
    step = world.announced(Upload("inbox", key, "1"), "run-1")
    assert world.lists.get(step.list_id).file.key == key


def test_a_key_without_a_version_is_kept_as_written(world: World):
    """The partner is told of the name that the event has."""
    step = world.announced(Upload("inbox", "incoming/acme/a+b.csv", "1"), "run-1")
    assert (step.outcome, world.lists.get(step.list_id).file.key) == (Outcome.REFUSED, "incoming/acme/a+b.csv")


def test_an_empty_file_is_refused_and_its_replacement_imported(world: World):
    """The empty one's execution may start after both are there."""
    for data in (b"", MONDAY):
        world.files.write(KEY, data)
    empty, good = (world.announced(_event(data), f"run-{len(data)}") for data in (b"", MONDAY))
    assert (empty.outcome, good.outcome) == (Outcome.REFUSED, Outcome.REGISTERED)
    assert world.lists.get(empty.list_id).reason == "the file is empty"


def test_a_list_without_a_remaining_version_is_refused_with_a_report(world: World):
    """It leaves a record, a report and an event; the one that replaced it is imported by its own."""
    world.files.write(KEY, TUESDAY)
    step = world.announced(_event(MONDAY), "run-1")
    assert step.outcome is Outcome.REFUSED
    assert world.compensate(step.list_id) is ListStatus.REJECTED
    assert "was overwritten before it could be read" in world.report()[0]["reason"]
    assert world.announced(_event(TUESDAY), "run-2").outcome is Outcome.REGISTERED


def test_a_list_that_its_partner_has_removed_is_refused(world: World):
    """It may have been withdrawn; its version is known, so nobody looks for it later."""
    world.files.write(KEY, MONDAY)
    world.files.removed.add(KEY)
    step = world.announced(_event(MONDAY), "run-1")
    recorded = world.lists.get(step.list_id)
    assert (step.outcome, recorded.file.version_id) == (Outcome.REFUSED, "1")
    assert "the file was gone" in (recorded.reason or "")


def test_names_with_a_line_end_are_names(world: World):
    """None is taken for another's version, or for another file."""
    keys = (KEY, f"{KEY}\n1", "incoming/acme/jan\nuary.csv")
    for key in keys:
        world.files.write(key, MONDAY)
    steps = [world.announced(_event(MONDAY, key=key), f"run-{key}") for key in keys]
    assert [world.lists.get(step.list_id).file.key for step in steps] == list(keys)


def test_a_folder_is_no_list_and_no_error(world: World):
    """Making a folder in the console announces an object too."""
    folder = Upload("inbox", "incoming/acme/2026/")
    step = world.steps.register(folder, "run", MAX_BYTES)
    assert step.outcome is Outcome.IGNORED
    assert world.lists.stored == {}


@pytest.mark.parametrize("ending", [".part", ".tmp", ".PART"])
def test_a_file_under_a_temporary_name_is_no_list_until_it_is_renamed(world: World, ending: str):
    """It is neither imported nor refused: its partner has done nothing wrong."""
    names = (f"{KEY}{ending}", KEY)
    for name in names:
        world.files.write(name, MONDAY)
    draft, last = (
        world.steps.register(_event(MONDAY, key=name), f"run-{name}", MAX_BYTES, [".tmp", ".part"]) for name in names
    )
    assert (draft.outcome, last.outcome) == (Outcome.IGNORED, Outcome.REGISTERED)
    assert [record.file.key for record in world.lists.stored.values()] == [KEY]


def test_a_broken_upload_with_a_temporary_name_is_refused(world: World):
    """Nobody renames it."""
    upload = Upload("inbox", f"{KEY}.part", broken_by="event-1")
    assert world.steps.register(upload, "run-1", MAX_BYTES, [".part"]).outcome is Outcome.REFUSED


def test_a_file_in_nobodys_folder_is_no_list(world: World):
    """The error says where lists lie."""
    with pytest.raises(NotAList):
        world.steps.register(Upload("inbox", "stray.csv"), "run", MAX_BYTES)


@pytest.mark.parametrize(
    ("data", "broken_by", "reason"),
    [
        (b"", "", "the file is empty"),
        (None, "", "the file was gone"),
        (b"half", "event-1", "the upload broke off"),
        (None, "event-1", "the upload broke off"),
    ],
    ids=["empty", "gone", "broken off", "broken off before the first byte"],
)
def test_a_file_that_cannot_be_a_list_is_refused_at_once(world: World, data: bytes | None, broken_by: str, reason: str):
    """It is recorded, its partner told, and nothing is read."""
    step = world.register(data, broken_by=broken_by)
    assert step.outcome is Outcome.REFUSED
    assert world.compensate(step.list_id) is ListStatus.REJECTED
    assert reason in world.report()[-1]["reason"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda _: b"\n\n", "the file is empty"),
        (lambda _: b"colour,size\nred,9\n", "columns are missing"),
        (lambda good: good.splitlines()[0], "a header and no rows"),
        (lambda good: good.decode().encode("utf-16"), "UTF-16"),
        (lambda good: good + b"\xff\n", "not UTF-8"),
        (lambda good: good + b'"open', "breaks the rules of CSV"),
    ],
    ids=["blank", "other columns", "header only", "utf-16", "broken at the end", "open quote at the end"],
)
def test_an_unreadable_file_is_refused_as_a_whole(world: World, data: Callable[[bytes], bytes], reason: str):
    """Also if its first rows were good: a list is imported as a whole or not at all."""
    list_id = world.register(data(world.samples.file(world.rows(20)))).list_id
    assert world.validate(list_id).outcome is Outcome.REJECTED
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert reason in world.report()[-1]["reason"]
    assert world.owners == {}


def test_bad_rows_within_the_tolerance_are_reported_and_not_imported(world: World):
    """The partner reads line, field and reason; the good rows are imported."""
    rows = [*world.rows(39), world.bad(39, "not an id")]
    list_id = world.ready_to_import(rows)
    world.import_parts(list_id)

    assert len(world.owners) == 39
    assert [(row["line"], row["field"]) for row in world.report()] == [("41", world.context.identity)]
    recorded = world.lists.get(list_id)
    assert (recorded.rows, recorded.valid, recorded.rejected) == (40, 39, 1)
    assert recorded.rejections == {Fault.VALUE: 1}


def test_too_many_bad_rows_refuse_the_list(world: World):
    """After the verification. The report names each bad row, and then says that nothing was taken."""
    rows = [*world.rows(8), world.bad(8), world.bad(9, "!")]
    list_id = world.register(world.samples.file(rows)).list_id

    assert world.validate(list_id).outcome is Outcome.VALIDATED
    assert world.verify(list_id).outcome is Outcome.REJECTED
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert [row["line"] for row in world.report()] == ["10", "11", ""]
    assert "2 of 10 rows were rejected" in world.report()[-1]["reason"]


def test_a_report_speaks_of_the_newest_file_of_its_name(world: World):
    """What was wrong with an earlier one is not said again, whether the newest is good, bad or unreadable."""
    bad = world.samples.file([*world.rows(39), world.bad(39)])
    world.register(bad)
    [newest] = world.lists.stored
    world.validate(newest)
    assert world.verify(newest).outcome is Outcome.VERIFIED
    assert len(world.report()) == 1
    unreadable = world.register(b"colour\nred\n", "run-2").list_id
    world.validate(unreadable)
    world.compensate(unreadable)
    assert [row["line"] for row in world.report()] == ["1"]
    good = world.register(world.samples.file(world.rows(1)), "run-3").list_id
    world.validate(good)
    world.verify(good)
    assert world.report() == []


def test_a_repeated_identity_is_rejected_with_the_line_it_was_first_on(world: World):
    """The first row counts, whichever part the second would be in."""
    rows = [*world.rows(39), world.samples.values(3)]
    world.ready_to_import(rows)
    [rejected] = world.report()
    assert (rejected["line"], rejected["field"]) == ("41", world.context.identity)
    assert rejected["reason"].endswith("is on line 5 already")


def test_rows_whose_identity_exists_are_rejected_by_the_verification(world: World):
    """Nobody's aggregate is overwritten by a list."""
    world.exists(7)
    world.ready_to_import(world.rows(40))
    assert [row["reason"] for row in world.report()] == ["'id-000007' already exists"]


def test_a_part_without_valid_rows_is_skipped(world: World, monkeypatch: pytest.MonkeyPatch):
    """The import maps over parts that have rows."""
    monkeypatch.setattr(lists, "most_parts", lambda _: 1000)
    world.exists(*range(390, 400), list_id="another-list")
    list_id = world.ready_to_import(world.rows(400))
    assert world.import_parts(list_id) == [Outcome.IMPORTED] * 39


@pytest.mark.parametrize("recorded", [False, True], ids=["broke before its end", "lost its answer"])
def test_the_verification_may_be_tried_again(world: World, recorded: bool):
    """A second try finds what the first found: nothing is counted, summed or reported twice."""
    world.exists(57)
    list_id = world.register(world.samples.file([*world.rows(59), world.bad(59)])).list_id
    world.validate(list_id)
    validated = world.lists.get(list_id)
    world.verify(list_id)
    first = (world.report(), _rows(world, list_id), world.lists.get(list_id))
    if not recorded:
        world.lists.stored[list_id] = validated
    world.verify(list_id)
    assert (world.report(), _rows(world, list_id), world.lists.get(list_id)) == first
    assert first[2].rejected == 2


def _rows(world: World, list_id: str) -> list[tuple[int, int]]:
    """The parts that are handed to the import, and how many rows each has."""
    return [(part.part, part.rows) for part in Staging(world.files, list_id).manifest(VERIFIED)]


def test_every_kind_of_fault_is_counted_by_rows(world: World):
    """Also where a row has two."""
    world.exists(96)
    bad = {world.context.identity: "?", **dict.fromkeys(world.context.amounts, "")}
    rows = [*world.rows(97), world.samples.values(97, **bad), world.samples.values(0)]
    list_id = world.register(world.samples.file(rows) + b"one,cell" + b"\n").list_id
    world.validate(list_id)
    world.verify(list_id)
    counted = world.lists.get(list_id)
    assert counted.rejections == {Fault.CELLS: 1, Fault.VALUE: 1, Fault.REPEATED: 1, Fault.EXISTS: 1}
    assert (counted.rows, counted.rejected, counted.valid) == (100, 4, 96)


def test_a_list_that_is_refused_keeps_its_counts(world: World):
    """Also if the verification refuses it."""
    world.exists(*range(5))
    list_id = world.register(world.samples.file(world.rows(10))).list_id
    world.validate(list_id)
    assert world.verify(list_id).outcome is Outcome.REJECTED
    assert world.lists.get(list_id).rejections == {Fault.EXISTS: 5}


def test_the_rows_to_be_imported_are_summed(world: World):
    """Without the rows that either check left out."""
    world.exists(58)
    list_id = world.ready_to_import([*world.rows(59)[1:], world.bad(59)])
    name = NONE if world.context.currency is None else "EUR"
    total = sum((Decimal(f"{n}.50") for n in range(1, 58)), Decimal(0))
    assert world.lists.get(list_id).amounts == {field: {name: total} for field in world.context.amounts}


def test_an_identity_that_appears_meanwhile_undoes_the_list(world: World):
    """The list is undone; the other's aggregate stays; parts not yet begun are left out."""
    list_id = world.ready_to_import(world.rows(30))
    world.exists(15)

    assert world.import_parts(list_id) == [Outcome.IMPORTED, Outcome.REFUSED, Outcome.REFUSED]
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert world.owners == {"id-000015": None}
    assert "id-000015 was created while" in world.report()[-1]["reason"]


def test_a_list_that_is_given_up_is_not_written_any_further(world: World):
    """A function that outlives its execution stops at the next thousand rows, and says that it did."""
    list_id = world.ready_to_import(world.rows(5))
    world.lists.refuse(list_id, "given up")
    assert world.import_parts(list_id) == [Outcome.REFUSED]
    assert world.owners == {}
    assert world.lists.get(list_id).imported_parts == set()


def test_a_technical_failure_is_undone_and_reported(world: World):
    """Only this list's rows go, and a second try of the compensation says the same."""
    list_id = world.ready_to_import(world.rows(30))
    world.exists(900, list_id="another-list")
    world.import_parts(list_id)

    assert world.compensate(list_id) is ListStatus.FAILED
    closed = world.lists.changes
    assert world.compensate(list_id) is ListStatus.FAILED
    assert world.lists.changes == closed
    assert world.owners == {"id-000900": "another-list"}
    assert [(row["reason"], row["code"]) for row in world.report()] == [(TECHNICAL_FAILURE, ListFault.FAILED)]


def test_a_list_that_another_version_began_to_undo_has_failed(world: World, monkeypatch: pytest.MonkeyPatch):
    """The sentence is for the partner, and may change between two versions."""
    list_id = world.ready_to_import(world.rows(5))
    [part] = Staging(world.files, list_id).manifest(VERIFIED)
    with monkeypatch.context() as earlier:
        earlier.setattr(importing, "TECHNICAL_FAILURE", "another sentence")
        world.steps.undo_part(list_id, part)
    assert world.compensate(list_id) is ListStatus.FAILED


def test_a_list_that_a_step_refused_is_rejected(world: World):
    """Only the step that undoes a list without a reason makes it a failure."""
    list_id = world.ready_to_import(world.rows(5))
    world.lists.refuse(list_id, TECHNICAL_FAILURE)
    assert world.compensate(list_id) is ListStatus.REJECTED


def test_an_undo_that_runs_out_of_time_continues_at_its_place(world: World):
    """A list of more parts than one function can undo is undone whole, and no part twice."""
    list_id = world.ready_to_import(world.rows(45))
    world.import_parts(list_id)
    calls = world.parts_undone_before_the_time_is_over(2)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            world.compensate(list_id)
    assert world.compensate(list_id) is ListStatus.FAILED
    assert world.owners == {}
    assert len(calls) == 5


def test_parts_that_the_map_has_undone_are_not_undone_again(world: World):
    """The closing step undoes what the map has left over, and nothing else."""
    list_id = world.ready_to_import(world.rows(25))
    world.import_parts(list_id)
    parts = Staging(world.files, list_id).manifest(VERIFIED)
    assert [world.steps.undo_part(list_id, part).outcome for part in (*parts[1:], parts[1])] == [Outcome.UNDONE] * 3
    assert world.lists.get(list_id).status is ListStatus.COMPENSATING
    calls = world.parts_undone_before_the_time_is_over(1)
    assert world.compensate(list_id) is ListStatus.FAILED
    assert (world.owners, len(calls)) == ({}, 1)


def test_a_part_that_is_being_undone_is_not_written_any_more(world: World):
    """The first part that is undone gives the whole list up, for the reason that it has."""
    list_id = world.ready_to_import(world.rows(25))
    parts = Staging(world.files, list_id).manifest(VERIFIED)
    world.steps.undo_part(list_id, parts[0])
    assert world.import_parts(list_id) == [Outcome.REFUSED] * 3
    assert world.lists.get(list_id).reason == TECHNICAL_FAILURE


def test_a_list_that_is_undone_needs_its_parts_no_more(world: World):
    """Its report can still be written, and it can be closed."""
    list_id = world.ready_to_import(world.rows(5))
    [part] = Staging(world.files, list_id).manifest(VERIFIED)
    world.steps.undo_part(list_id, part)
    world.gone(list_id, VERIFIED)
    assert world.compensate(list_id) is ListStatus.FAILED


def test_a_list_without_its_parts_is_not_reported_as_undone(world: World):
    """Its rows are still there: no report and no event may say that nothing was kept."""
    list_id = world.ready_to_import(world.rows(5))
    world.import_parts(list_id)
    report = world.report()
    world.gone(list_id, VERIFIED)
    for _ in range(2):
        with pytest.raises(StagingGone, match=f"staging/{list_id}/.*{VERIFIED} is not there"):
            world.compensate(list_id)
    assert (len(world.owners), world.report()) == (5, report)
    assert world.lists.get(list_id).status is ListStatus.COMPENSATING


def test_a_part_without_a_writer_needs_no_staging_to_be_undone(world: World):
    """Only the parts that an invocation took may have rows."""
    list_id = world.ready_to_import(world.rows(25))
    first, *others = Staging(world.files, list_id).manifest(VERIFIED)
    world.steps.import_part(list_id, first)
    for part in others:
        world.files.objects.pop(part.key)
    assert [world.steps.undo_part(list_id, part).outcome for part in others] == [Outcome.UNDONE] * 2
    assert world.compensate(list_id) is ListStatus.FAILED
    assert world.owners == {}


def test_a_list_without_a_written_part_is_closed_although_its_staging_is_gone(world: World):
    """The cause does not blame the state machine for an import of all parts."""
    list_id = world.ready_to_import(world.rows(25))
    world.gone(list_id, VERIFIED)
    assert world.compensate(list_id) is ListStatus.FAILED
    failure = world.lists.get(list_id).failure
    assert failure and "after the import of all parts" not in failure.message


def test_a_list_that_was_never_to_be_imported_needs_no_parts_to_be_undone(world: World):
    """Nothing of it was written."""
    list_id = world.register(world.samples.file(world.rows(5))).list_id
    assert world.compensate(list_id) is ListStatus.FAILED


def test_a_list_whose_rows_are_gone_is_not_verified_as_empty(world: World):
    """A redrive that comes too late fails; it does not import nothing."""
    list_id = world.register(world.samples.file(world.rows(5))).list_id
    world.validate(list_id)
    world.gone(list_id, VALIDATED)
    with pytest.raises(StagingGone):
        world.verify(list_id)


def test_each_refusal_of_a_list_has_its_code_and_remedy_in_the_report(world: World):
    """Whether the registration, the validation or the verification refuses it, or the workflow fails."""
    good = world.samples.file(world.rows(2))
    files = {
        ListFault.EMPTY: [b"", b"\xef\xbb\xbf", good.splitlines()[0]],
        ListFault.SIZE: [b"x" * (MAX_BYTES + 1)],
        ListFault.ENCODING: [good + b"\xff", "a".encode("utf-16")],
        ListFault.MARK: [good + "\ufeff".encode()],
        ListFault.COMPRESSION: [gzip.compress(good)],
        ListFault.QUOTES: [good + b'"'],
        ListFault.RECORD: [good + b'"' + b"x" * 70_000],
        ListFault.HEADER: [b"x" + good],
        ListFault.TOLERANCE: [world.samples.file([world.bad(1)])],
    }
    for code, data in ((code, data) for code, several in files.items() for data in several):
        assert _refused(World(world.context), data) == (code, LIST_CODES[code][1])
    world.exists(0, 1)
    assert _refused(world, good)[0] == ListFault.TOLERANCE
    assert _refused(World(world.context), None)[0] == ListFault.UPLOAD


def _refused(world: World, data: bytes | None) -> tuple[str, str]:
    list_id = world.register(data).list_id
    if not world.lists.get(list_id).reason:
        world.validate(list_id)
        if not world.lists.get(list_id).reason:
            world.verify(list_id)
    assert world.compensate(list_id) is ListStatus.REJECTED
    [*_, refusal] = (line for line in world.report() if line["code"] != ListFault.FORMAT)
    return refusal["code"], refusal["remedy"]
