"""`context restore`: the aggregates as they were, in the same table, and a newer event for each."""

from pathlib import Path

import pytest
from payment.context import PAYMENT

from bounded_context.adapters.items import KEY, LIST
from bounded_context.domain.lists import ListStatus

from .world import SAMPLES, TABLE, World

IDS = [SAMPLES.aggregate(number).id for number in range(30)]


def damaged(world: World) -> str:
    """A bad release: it changes, removes, overwrites and creates aggregates. Return the time before."""
    world.create(*range(1, 11))
    world.import_list("monday", ListStatus.IMPORTED, *range(11, 16))
    world.verify(1, 11)
    at = world.remember()
    world.verify(2, 12)
    world.remove(3, 13)
    world.overwrite(4, status="VERIFIED")
    world.create(20)
    return at


def test_a_look_reports_the_differences_and_changes_nothing(world: World) -> None:
    """The published events that the restored state lacks are counted by type."""
    at = damaged(world)
    before = world.table.scan()["Items"]
    status, report = world.restore(at)
    assert (status, report["result"]) == (0, "compared")
    assert report["counts"] == {"changed": 3, "removed": 2, "created": 1}
    assert sorted(report["differences"]["removed"]) == sorted([IDS[3], IDS[13]])
    assert report["events"] == {"PaymentVerified": 3, "PaymentDeleted": 2, "PaymentRegistered": 1}
    assert world.table.scan()["Items"] == before
    assert not world.lambda_.called("update_event_source_mapping")
    [second] = report["second_tables"]
    assert (second["table"], second.keys()) == (report["table"], {"table", "days", "bytes", "usd_a_month"})


def test_the_table_and_every_projection_are_as_before_the_damage(world: World) -> None:
    """The name and the stream of the table stay. The second table is gone, and the stack runs."""
    at = damaged(world)
    world.restore(at)
    status, report = world.restore(at, "--go")
    assert (status, report["result"], report["written"], report["remaining"]) == (0, "restored", 6, 0)
    assert world.contents() == world.contents(at)
    assert world.projection() == world.expected_projection()
    assert (world.tables, report["second_tables"]) == ({TABLE}, [])
    assert not world.lambda_.is_paused
    assert world.lambda_.reserved == {"test-import_list": 7}


def test_a_restored_aggregate_has_a_version_and_a_tag_that_no_other_content_had(world: World) -> None:
    """Otherwise a caller with the tag of a lost change could overwrite the next one."""
    world.create(*range(1, 11))
    tag = world.aggregates.get(IDS[3]).tag
    at = world.remember()
    world.verify(2)
    world.remove(3)
    lost = world.aggregates.get(IDS[2])
    world.restore(at)
    world.restore(at, "--go")
    restored = world.aggregates.get(IDS[2])
    assert (restored.version, restored.status) == (lost.version + 1, PAYMENT.initial_status)
    assert restored.incarnation == lost.incarnation
    assert world.aggregates.get(IDS[3]).tag != tag
    world.verify(2, 3)


def test_a_second_run_with_go_changes_nothing(world: World) -> None:
    """Commands that followed the restore stay: without a second table there is nothing to compare."""
    at = damaged(world)
    world.restore(at)
    world.restore(at, "--go")
    world.verify(2)
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (2, "refused")
    assert world.item(2)["status"] == "VERIFIED"


def test_only_the_named_aggregates_are_restored(world: World, tmp_path: Path) -> None:
    """The rest of the stack went on rightly."""
    at = damaged(world)
    file = tmp_path / "ids.txt"
    file.write_text(f"{IDS[3]}\n\n{IDS[4]}\n")
    world.restore(at)
    status, report = world.restore(at, "--only", str(file), "--go")
    assert (status, report["counts"]) == (0, {"removed": 1, "changed": 1})
    assert (world.item(3)["status"], world.item(4)["status"]) == ("REGISTERED", "REGISTERED")
    assert world.item(2)["status"] == "VERIFIED"
    assert world.item(20)


def test_a_file_of_ids_may_begin_with_a_byte_order_mark(world: World, tmp_path: Path) -> None:
    """As editors of Windows write it."""
    at = damaged(world)
    file = tmp_path / "ids.txt"
    file.write_text(f"{IDS[3]}\r\n{IDS[4]}\r\n", encoding="utf-8-sig")
    world.restore(at)
    status, report = world.restore(at, "--only", str(file), "--go")
    assert (status, report["counts"]) == (0, {"removed": 1, "changed": 1})


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\n \n", IDS[3].encode("utf-16"), f"{IDS[3]}\n{PAYMENT.key_prefix}{IDS[4]}\n".encode()),
        *(f'"{IDS[3]}"\n'.encode(), f"{IDS[3]}\np-*\n".encode(), f"{IDS[3]}\nunknown-1\n".encode()),
    ],
)
@pytest.mark.parametrize("go", [False, True])
def test_a_bad_selection_is_refused_before_the_pause(text: bytes, go: bool, world: World, tmp_path: Path) -> None:
    """No id, another encoding, the table's key, quotes, a pattern, and an id that neither table has."""
    at = damaged(world)
    world.restore(at)
    file, before, called = tmp_path / "ids.txt", world.contents(), list[str]()
    file.write_bytes(text)
    world.before = lambda name, _: called.append(name)
    status, report = world.restore(at, "--only", str(file), *(["--go"] if go else []))
    assert (status, report["result"], called) == (2, "refused", [])
    assert world.contents() == before


def test_a_list_after_the_time_leaves_no_trace(world: World) -> None:
    """Its rows and its record are gone together: the sweep finds its file, and a redrive imports it again."""
    world.create(1)
    at = world.remember()
    list_id = world.import_list("tuesday", ListStatus.IMPORTED, 21, 22)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert report["counts"] == {"created": 2, "lists": 1}
    assert LIST + list_id not in world.contents()
    assert world.projection() == world.expected_projection() != {}


@pytest.mark.parametrize("status", [ListStatus.REJECTED, ListStatus.FAILED])
def test_the_record_of_a_list_without_imported_rows_stays(world: World, status: ListStatus) -> None:
    """Without it, a redrive would import a file that broke off."""
    at = world.remember()
    list_id = world.import_list("tuesday", status)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert report["counts"] == {}
    assert LIST + list_id in world.contents()


def test_a_running_import_continues(world: World) -> None:
    """Its execution writes the rest after the pause."""
    at = world.remember()
    list_id = world.import_list("tuesday", ListStatus.IMPORTING, 21)
    world.restore(at)
    world.restore(at, "--go")
    assert world.contents()[LIST + list_id]["status"] == "IMPORTING"
    assert world.item(21)


@pytest.mark.parametrize(("later", "rows"), [(ListStatus.IMPORTED, {21, 22}), (ListStatus.FAILED, set())])
def test_a_list_that_was_open_at_the_time_keeps_its_end(world: World, later: ListStatus, rows: set[int]) -> None:
    """No execution would close the record of that time: a row of an undone list does not come back."""
    list_id = world.import_list("tuesday", ListStatus.IMPORTING, 21)
    at = world.remember()
    world.import_list("tuesday", later, *rows)
    if not rows:
        world.table.delete_item(Key={KEY: world.item(21)[KEY]})
    world.restore(at)
    world.restore(at, "--go")
    assert world.contents()[LIST + list_id]["status"] == later
    assert {number for number in (21, 22) if world.item(number)} == rows


def test_a_row_of_an_open_list_is_not_replaced_by_its_predecessor(world: World) -> None:
    """Its execution counts the row as its own, and may undo it."""
    world.create(21)
    at = world.remember()
    world.remove(21)
    list_id = world.import_list("tuesday", ListStatus.IMPORTING, 21)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert (report["counts"], world.item(21)["list_id"]) == ({}, list_id)


def test_a_row_of_an_undone_list_does_not_replace_its_successor(world: World) -> None:
    """The list failed, so none of its rows was there. The successors came after the time, and are removed."""
    world.import_list("tuesday", ListStatus.IMPORTING, 21, 22)
    at = world.remember()
    for number in (21, 22):
        world.table.delete_item(Key={KEY: world.item(number)[KEY]})
    world.import_list("tuesday", ListStatus.FAILED)
    world.create(21)
    world.import_list("wednesday", ListStatus.IMPORTED, 22)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert (world.item(21), world.item(22)) == ({}, {})
    assert report["counts"] == {"created": 2, "lists": 1}


def test_a_row_of_another_closed_list_is_replaced(world: World) -> None:
    """Both lists are closed, and the row's list is imported."""
    monday = world.import_list("monday", ListStatus.IMPORTED, 21)
    at = world.remember()
    world.remove(21)
    world.import_list("tuesday", ListStatus.IMPORTED, 21)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert (report["counts"], world.item(21)["list_id"]) == ({"changed": 1, "lists": 1}, monday)


def test_a_damaged_row_of_a_list_that_was_open_at_the_time_is_restored(world: World) -> None:
    """The list was imported afterwards, so the row belongs to it."""
    world.import_list("tuesday", ListStatus.IMPORTING, 21)
    at = world.remember()
    world.import_list("tuesday", ListStatus.IMPORTED, 22)
    world.table.delete_item(Key={KEY: world.item(21)[KEY]})
    world.restore(at)
    world.restore(at, "--go")
    assert world.item(21)
    assert world.item(22)


def test_a_repeated_command_runs_again_if_its_effect_was_undone(world: World) -> None:
    """Its stored answer would tell the caller otherwise."""
    earlier, later = ({KEY: f"payment.register_payment#{name}", "status": "COMPLETED"} for name in ("a", "b"))
    world.table.put_item(Item=earlier)
    at = world.remember()
    world.table.put_item(Item=later)
    world.create(20)
    world.restore(at)
    _, report = world.restore(at, "--go")
    assert report["counts"] == {"created": 1, "answers": 1}
    assert [item[KEY] for item in world.table.scan()["Items"]] == [earlier[KEY]]


def test_the_copy_of_other_contexts_is_not_changed(world: World) -> None:
    """Their events are newer than the time of the restore."""
    at = world.remember()
    world.table.put_item(Item={KEY: "SUBSCRIPTION#1", "status": "KNOWN", "order": "1"})
    world.restore(at)
    world.restore(at, "--go")
    assert world.table.get_item(Key={KEY: "SUBSCRIPTION#1"})["Item"]["status"] == "KNOWN"
