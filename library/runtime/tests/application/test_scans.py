"""The malware gate: an upload and its scan are announced in any order, more than once, and late."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import permutations

import pytest
from payment.context import PAYMENT

from bounded_context.application.inbound import AGE, unseen
from bounded_context.application.list_import import Outcome, Step, Upload
from bounded_context.domain.faults import ListFault
from bounded_context.domain.lists import CLEAN, INFECTED, THREAT, ListStatus, NotScanned
from bounded_context_infra._parts.queues import NOT_TAGGED
from tests.application.world import KEY, REPORT, World

BY_VERSION = Upload("inbox", KEY, "1")
BY_NAME = Upload("inbox", KEY)
STARTED = {Outcome.REGISTERED, Outcome.REFUSED}
RESULTS = [CLEAN, THREAT, "FAILED", "UNSUPPORTED", "ACCESS_DENIED", "A_NEW_VALUE"]


@pytest.fixture
def world() -> World:
    """Everything in memory, behind the gate, with a file that is not scanned."""
    return _gated()


def _gated() -> World:
    world = World(PAYMENT)
    world.steps.gated = True
    world.files.write(KEY, world.samples.file([world.samples.values(n) for n in range(3)]))
    return world


def _tag(world: World, result: str = CLEAN, version: str = "1") -> None:
    world.files.scans[KEY, version] = result


def _outcomes(world: World, order: Sequence[str], upload: Upload, result: str) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcome of each execution. An execution without a result is tried again at the end, as by its state."""
    again: list[str] = []
    for name in (*order, *again):
        if name == "tag":
            _tag(world, result)
            continue
        try:
            yield name, _executed(world, name, upload, result).outcome
        except NotScanned:
            again.append(name)
    for name in again:
        yield name, _executed(world, name, upload, result).outcome


def _executed(world: World, name: str, upload: Upload, result: str) -> Step:
    scan = replace(BY_VERSION, scan=result) if name.startswith("scan") else upload
    return world.announced(scan, name)


def _unseen(world: World) -> list[str]:
    later = datetime.now(UTC) + AGE + timedelta(minutes=1)
    return [upload.file.version_id for upload in unseen(world.files, world.lists, later)]


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("upload", [BY_VERSION, BY_NAME], ids=["version", "name"])
def test_one_execution_gets_the_list_in_every_order(upload: Upload, result: str):
    """The last announcement or the tag decides. Repeated executions keep their list."""
    for order in permutations(["upload-1", "upload-2", "tag", "scan-1", "scan-2"]):
        _check_order(order, upload, result)


def _check_order(order: Sequence[str], upload: Upload, result: str) -> None:
    world = _gated()
    outcomes = list(_outcomes(world, order, upload, result))
    started = [name for name, outcome in outcomes if outcome in STARTED]
    [recorded] = world.lists.stored.values()
    wanted = Outcome.REGISTERED if result == CLEAN else Outcome.REFUSED
    assert Counter(outcome for _, outcome in outcomes if outcome in STARTED) == {wanted: 1}
    assert (recorded.scan, recorded.awaits_scan, [recorded.execution]) == (result, False, started)
    for name in ("upload-1", "upload-2", "scan-1", "scan-2"):
        assert (_executed(world, name, upload, result).outcome in STARTED) is (name in started)
    assert len(world.lists.stored) == 1


@pytest.mark.parametrize("announced", [CLEAN, ""])
def test_a_clean_announcement_without_a_tag_starts_no_list(world: World, announced: str):
    """Only the tag is proof; the state tries again, and after that the sweep finds the file."""
    assert world.announced(BY_VERSION, "upload").outcome is Outcome.ALREADY_REGISTERED
    if announced:
        with pytest.raises(NotScanned):
            world.announced(replace(BY_VERSION, scan=announced), "scan")
    else:
        assert world.announced(BY_VERSION, "redrive").outcome is Outcome.ALREADY_REGISTERED
    assert _unseen(world) == ["1"]


def test_a_failed_scan_that_could_not_set_its_tag_refuses_the_list(world: World):
    """GuardDuty may have no access at all."""
    world.announced(BY_VERSION, "upload")
    assert world.announced(replace(BY_VERSION, scan="ACCESS_DENIED"), "scan").outcome is Outcome.REFUSED


def test_a_list_whose_file_cannot_be_tagged_is_refused_once(world: World):
    """GuardDuty reports the failed tag besides the result, which waits for the tag no more."""
    result = replace(BY_VERSION, scan=CLEAN)
    world.announced(BY_VERSION, "upload")
    with pytest.raises(NotScanned):
        world.announced(result, "scan")
    step = world.announced(replace(BY_VERSION, scan=NOT_TAGGED), "failed")
    recorded = world.lists.get(step.list_id)
    assert (step.outcome, recorded.scan, recorded.code) == (Outcome.REFUSED, NOT_TAGGED, ListFault.NOT_SCANNED)
    assert world.announced(result, "scan").outcome is Outcome.ALREADY_REGISTERED
    assert _unseen(world) == []


def test_an_upload_whose_scan_was_lost_is_unseen_until_it_is_redriven(world: World):
    """A redrive starts a scanned file, and no other."""
    world.announced(BY_NAME, "upload")
    assert _unseen(world) == ["1"]
    assert world.announced(BY_VERSION, "redrive-1").outcome is Outcome.ALREADY_REGISTERED
    _tag(world)
    assert _unseen(world) == ["1"]
    assert world.announced(BY_VERSION, "redrive-2").outcome is Outcome.REGISTERED
    assert _unseen(world) == []


def test_a_scan_without_a_recorded_upload_starts_no_list(world: World):
    """Its file may be the remains of a broken upload, whose event comes late or never."""
    _tag(world)
    assert world.announced(replace(BY_VERSION, scan=CLEAN), "scan").outcome is Outcome.IGNORED
    assert world.announced(Upload("inbox", KEY, broken_by="event-1"), "broken").outcome is Outcome.REFUSED
    assert world.announced(replace(BY_VERSION, scan=CLEAN), "late").outcome is Outcome.IGNORED


def test_a_later_version_has_its_own_scan(world: World):
    """The tag of one version says nothing about another."""
    world.announced(BY_VERSION, "upload-1")
    _tag(world)
    world.files.write(KEY, b"another")
    assert world.announced(Upload("inbox", KEY, "2"), "upload-2").outcome is Outcome.ALREADY_REGISTERED
    assert world.announced(replace(BY_VERSION, scan=CLEAN), "scan-1").outcome is Outcome.REGISTERED
    _tag(world, THREAT, "2")
    assert world.announced(Upload("inbox", KEY, "2", scan=THREAT), "scan-2").outcome is Outcome.REFUSED


@pytest.mark.parametrize(("result", "code"), [(THREAT, "list-malware"), ("FAILED", "list-not-scanned")])
def test_the_partner_reads_the_code_and_no_row_is_read(world: World, result: str, code: str):
    """The list is rejected for its content; the file stays as it is."""
    world.announced(BY_VERSION, "upload")
    _tag(world, result)
    list_id = world.announced(replace(BY_VERSION, scan=result), "scan").list_id
    closed = world.steps.compensate(list_id)
    assert (closed.status, closed.rows, closed.scan) == (ListStatus.REJECTED, 0, result)
    [line] = csv.DictReader(StringIO((world.files.read(REPORT) or b"").decode()))
    assert (line["line"], line["code"]) == ("", code)
    assert len(world.files.versions(KEY)) == 1


def test_malware_in_a_file_over_the_limit_has_its_own_code(world: World):
    """The reason and the code in the report belong together."""
    world.steps.register(BY_VERSION, "upload", 1)
    _tag(world, THREAT)
    list_id = world.announced(replace(BY_VERSION, scan=THREAT), "scan").list_id
    recorded = world.steps.compensate(list_id)
    assert (recorded.reason, recorded.code) == (INFECTED, ListFault.MALWARE)


def test_without_the_gate_waiting_lists_start_with_their_redrive(world: World):
    """The setting may be taken back."""
    world.announced(BY_VERSION, "upload")
    world.steps.gated = False
    assert world.announced(BY_VERSION, "redrive").outcome is Outcome.REGISTERED
