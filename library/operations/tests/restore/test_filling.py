"""`context restore --from`: the table of a new stack gets what a backup's copy of a lost stack has, and stays newer."""

from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.adapters.dynamodb import Done, attempt
from bounded_context.adapters.items import KEY, LIST
from bounded_context.domain.events import order_key
from bounded_context.domain.lists import ListStatus
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.operation import Access
from bounded_context_operations.repair.restore.pause import ALIVE
from tests.console import context
from tests.permissions.watched import Watched

from .test_interruptions import _dies_at_a_write
from .test_permissions import CALLED
from .world import SAMPLES, TABLE, Killed, World

EPOCH = f"{TABLE}-epoch-1"
COPY = f"{EPOCH}-at-copy"
ANSWER = f"{PAYMENT.name}.commands#1"
IDS = [SAMPLES.aggregate(number).id for number in range(30)]
LEFT_OUT = ("LIST-RUN#1", "LIST-FAILURE#1", "BROKEN-UPLOAD#1", "CIRCUIT-BREAKER#1", "RESTORE-RUN#", "RESTORE-MARK#1")
FETCHED, WRITTEN, UNFETCHED = (f"EXPORT-FILE#daily#acme#{number}" for number in range(3))


class Regions:
    """A stack that is lost, and its standby, whose account has a table that AWS Backup has restored."""

    def __init__(self, folder: Path, capsys: Any) -> None:
        self.lost, self.standby = World(folder, capsys), World(folder, capsys, EPOCH)

    def fill_lost(self) -> None:
        """Write items of each kind into the lost stack's table."""
        self.lost.create(*range(1, 6))
        self.lost.verify(1, 2)
        self.lost.import_list("monday", ListStatus.IMPORTED, *range(6, 9))
        self.lost.import_list("bad", ListStatus.REJECTED)
        self.lost.import_list("tuesday", ListStatus.IMPORTING, *range(9, 12))
        for key in (ANSWER, "SUBSCRIPTION#s-1", "OWN#1", *LEFT_OUT):
            self.lost.table.put_item(Item={KEY: key, "data": key})
        for key, facts in ((FETCHED, {"fetched": True}), (UNFETCHED, {})):
            self.lost.table.put_item(Item={KEY: key, "file_status": "PREPARED", **facts})
        self.lost.table.put_item(Item={KEY: WRITTEN, "file_status": "WRITING"})
        self.lost.table.put_item(Item={KEY: "EXPORT-FILE#daily#acme", "open_periods": {"1"}, "last_period": "1"})

    def copy(self) -> None:
        """Do what AWS Backup does: its copy is restored to another table of the standby's account."""
        self.standby.dynamodb.create_table(TableName=COPY)
        for item in self.lost.table.scan()["Items"]:
            self.standby.account.table(COPY).put_item(Item=item)

    def restore(self, *words: str, table: str = COPY) -> tuple[int, dict[str, Any]]:
        """Run the command with `--json`; return its exit status and its report."""
        return self.standby.run("restore", "test", "--from", table, *words, "--outputs", str(self.standby.file))

    @property
    def keys(self) -> set[str]:
        """The keys of the standby's table."""
        return {item[KEY] for item in self.standby.table.scan()["Items"]}


@pytest.fixture
def regions(tmp_path: Path, capsys: Any) -> Regions:
    regions = Regions(tmp_path, capsys)
    regions.fill_lost()
    regions.copy()
    return regions


def test_a_look_reports_what_is_missing_and_changes_nothing(regions: Regions) -> None:
    """The list that was open must be sent again, and its rows are left out."""
    status, report = regions.restore()
    assert (status, report["result"], regions.keys) == (0, "compared", set())
    assert report["counts"] == {"aggregates": 8, "lists": 2, "answers": 1, "others": 4}
    [open_list] = report["open_lists"].values()
    assert open_list == {"status": "IMPORTING", "partner": "acme", "key": "incoming/acme/tuesday.csv"}
    assert (report["withheld"], report["stays"]) == (sorted(IDS[9:12]), [])
    assert regions.standby.tables == {EPOCH, COPY}


def test_the_standby_has_every_item_that_it_can_use(regions: Regions) -> None:
    """Aggregates, closed lists, stored answers, copies of other contexts, own items, and fetched files."""
    regions.restore()
    status, report = regions.restore("--go")
    assert (status, report["result"], report["written"], report["remaining"]) == (0, "restored", 15, 0)
    lost, own = regions.lost.contents(), regions.standby.contents()
    open_key = next(LIST + list_id for list_id in report["open_lists"])
    rows = {PAYMENT.key_prefix + identity for identity in report["withheld"]}
    assert own == {key: content for key, content in lost.items() if key not in rows | {open_key}}
    others = {ANSWER, "SUBSCRIPTION#s-1", "OWN#1", FETCHED, "EXPORT-FILE#daily#acme"}
    assert regions.keys == own.keys() | others
    assert regions.standby.table.get_item(Key={KEY: ANSWER})["Item"]["data"] == ANSWER
    assert (regions.standby.lambda_.is_paused, regions.standby.tables) == (False, {EPOCH})


def test_subscribers_accept_each_event_of_the_standby_and_recognise_lost_aggregates(regions: Regions) -> None:
    """Also those of aggregates that changed, or were created, after the copy: their last event has an earlier epoch."""
    regions.lost.verify(3)
    regions.lost.create(20)
    regions.restore()
    regions.restore("--go")
    regions.standby.verify(4)
    newest: dict[str, tuple[str, Any]] = {}
    for event in (*regions.lost.published(), *regions.standby.published()):
        order = order_key(event["id"], event["sequence"], None)
        newest[event["subject"]] = max(newest.get(event["subject"], ("", None)), (order, event), key=itemgetter(0))
    current = {subject: event["data"] for subject, (_, event) in newest.items() if event["sequence"] >= f"{1:04d}"}
    assert current == regions.standby.expected_projection()
    assert newest.keys() - current.keys() == {IDS[20], *IDS[9:12]}


def test_a_restored_aggregate_has_tags_of_its_own(regions: Regions) -> None:
    """A caller with the tag of a lost change cannot overwrite the next one, which has the same version."""
    tags = [world.aggregates.get(IDS[3]).tag for world in (regions.lost,)]
    regions.lost.verify(3)
    regions.restore()
    regions.restore("--go")
    for world in (regions.lost, regions.standby):
        tags.append(world.aggregates.get(IDS[3]).tag)
    regions.standby.verify(3)
    changed = [world.aggregates.get(IDS[number]) for world, number in ((regions.standby, 3), (regions.standby, 1))]
    assert len({*tags, *(aggregate.tag for aggregate in changed)}) == 5
    assert [aggregate.version for aggregate in changed] == [2, 2]


def test_a_command_without_its_answer_in_the_copy_is_recognised(tmp_path: Path, capsys: Any) -> None:
    """The backup was made between the write of the aggregate and that of the answer."""
    regions, command = Regions(tmp_path, capsys), (IDS[1], "RegisterPayment", "key", {})
    with attempt(*command):
        regions.lost.create(1)
    regions.copy()
    regions.restore()
    regions.restore("--go")
    with attempt(*command), pytest.raises(Done):
        regions.standby.create(1)


def test_what_the_standby_has_already_stays(regions: Regions) -> None:
    """A command that came before the restore is not overwritten, and a person decides."""
    regions.standby.create(1, 20)
    item = regions.standby.item(1)
    regions.restore()
    status, report = regions.restore("--go")
    assert (status, report["stays"], report["counts"]["aggregates"]) == (0, [IDS[1]], 7)
    assert regions.standby.item(1) == item
    assert regions.standby.item(20)


def test_another_run_adds_nothing(regions: Regions) -> None:
    """The second table is gone."""
    regions.restore()
    regions.restore("--go")
    for words in ((), ("--go",)):
        status, report = regions.restore(*words)
        assert (status, report["result"]) == (2, "refused")
    assert f"There is no table {COPY}" in regions.restore()[1]["why"]


@pytest.mark.parametrize(
    ("table", "epoch", "why"),
    [
        ("restore_test", EPOCH, f"restore the recovery point to a name that begins with {EPOCH}-at-"),
        (f"{TABLE}-at-copy", TABLE, "write table_epoch: 1 into Pulumi.test.yaml"),
    ],
)
def test_a_wrong_table_is_refused_with_the_remedy(
    table: str, epoch: str, why: str, tmp_path: Path, capsys: Any
) -> None:
    """Otherwise the role has no permission, or subscribers ignore every event."""
    world = World(tmp_path, capsys, epoch)
    world.dynamodb.create_table(TableName=table)
    status, report = world.run("restore", "test", "--from", table, "--outputs", str(world.file))
    assert (status, why in report["why"]) == (2, True), report


def test_the_epoch_follows_the_epoch_of_the_lost_table(regions: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS names the source of a restored table, if it knows the source."""
    describe = regions.standby.dynamodb.describe_table
    summary = {"SourceTableArn": f"arn:aws:dynamodb:eu-west-1:1:table/{EPOCH}"}

    def described(TableName: str) -> Any:  # noqa: N803
        answer = describe(TableName=TableName)
        answer["Table"] |= {"RestoreSummary": summary} if TableName == COPY else {}
        return answer

    monkeypatch.setattr(regions.standby.dynamodb, "describe_table", described)
    status, report = regions.restore()
    assert (status, "table_epoch: 2" in report["why"]) == (2, True)


def test_a_fill_calls_no_action_beyond_the_policy_of_a_restore(regions: Regions) -> None:
    """`context permissions restore` covers it."""
    actions = set[str]()
    regions.standby.watched = lambda service, client: Watched(client, service, actions, None)
    regions.restore()
    assert regions.restore("--go")[0] == 0
    assert "dynamodb:DeleteTable" in actions
    assert actions <= CALLED


def _dies_at(number: int, calls: list[str]) -> Callable[[str, Any], None]:
    def before(name: str, _: Any) -> None:
        calls.append(name)
        if len(calls) > number:
            raise Killed

    return before


@pytest.mark.slow
@pytest.mark.parametrize("is_printed", [False, True])
def test_a_fill_that_is_killed_at_any_call_ends_with_the_next_one(
    is_printed: bool, tmp_path: Path, capsys: Any
) -> None:
    """Of the same command, or of the command that `--resume` prints; the table is as after a fill without a kill."""
    number, killed, expected = 0, True, dict[str, Any]()
    while killed:
        regions = Regions(tmp_path, capsys)
        regions.fill_lost()
        regions.copy()
        regions.restore()
        killed = False
        if expected:
            regions.standby.before = _dies_at(number, [])
            try:
                regions.restore("--go")
            except Killed:
                killed = True
                regions.standby.clock.sleep(ALIVE.total_seconds())
        regions.standby.before = lambda *_: None
        if killed and is_printed:
            for printed in regions.restore()[1].get("way_back", ()):
                assert regions.standby.follow(printed)[0] == 0
        if (killed or not expected) and COPY in regions.standby.tables:
            assert regions.restore("--go")[0] == 0, number
        assert not regions.standby.lambda_.is_paused
        content = regions.standby.contents()
        if expected:
            assert content == expected, number
            number += 1
        expected, killed = expected or content, killed or not expected
    assert number > 20


def test_other_commands_print_the_command_that_continues_a_fill(regions: Regions) -> None:
    """With its table in the place of a time."""
    regions.restore()
    regions.standby.before = _dies_at_a_write()
    with pytest.raises(Killed):
        regions.restore("--go")
    regions.standby.before = lambda *_: None
    state = RepairState("test", "redrive", regions.standby.clock.now(), regions.standby.file)
    client: Any = regions.standby.dynamodb
    line = state.read(client, EPOCH).line
    assert f"A restore from {COPY} has paused this stack" in line
    printed = line.partition("It continues with: ")[2].partition(";")[0]
    regions.standby.clock.sleep(ALIVE.total_seconds())
    assert regions.standby.follow(printed)[0] == 0
    assert not regions.standby.lambda_.is_paused


def test_a_person_reads_which_lists_must_be_sent_again(regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    """With the partner and the file."""
    capsys.readouterr()
    access = Access(regions.standby._clients, regions.standby.clock)
    context("restore", "test", "--from", COPY, "--outputs", str(regions.standby.file), access=access)
    said = capsys.readouterr().out
    assert "\nMissing: " in said
    assert "8 aggregates" in said
    assert "incoming/acme/tuesday.csv of acme" in said
    assert "3 aggregates of open lists are left out" in said
    assert "Published events" not in said


@pytest.mark.parametrize("words", [("--at", "2026-01-31T12:00:00Z"), ("--resume",), ("--only", __file__)])
def test_a_table_is_named_without_other_choices(words: tuple[str, ...], regions: Regions) -> None:
    """A time, ids or a resume would be ignored."""
    assert regions.restore(*words)[0] == 2
    assert regions.keys == set()
