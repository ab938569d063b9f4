"""The answers of `context capacity`: times, limits, refusals and the recommended change."""

import json
from dataclasses import replace

import pytest

from bounded_context_cli.programs.recording import Graph, Program
from bounded_context_cli.views.cost.cli import estimate
from bounded_context_cli.views.cost.flow import Row
from bounded_context_lab.capacity import as_document, stage_lines
from bounded_context_lab.capacity.advice import Answer
from bounded_context_lab.capacity.model import IMPORT, STAGES, VALIDATION, VERIFICATION, Model, with_lanes, with_rate
from bounded_context_lab.capacity.simulation import quotas, simulate
from tests.console import context
from tests.cost.workflows import PARTS, RANGES, with_ranges, without_map
from tests.infra.contexts import ARCHIVE, EXPORTS, SHAPES
from tests.infra.graph import PARTNERS, run, run_context, run_shape

MILLION = 10**6


def test_a_million_rows_have_a_time_for_each_stage_and_a_cost(capsys: pytest.CaptureFixture[str], prod: Model) -> None:
    assert context("capacity", "prod", "--rows", str(MILLION), "--lists", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document["warm_table"]["stages"]) == list(STAGES)
    assert document["warm_table"]["delivered"] == MILLION
    assert document["usd"] == pytest.approx(estimate(prod.context, prod.graph).per_million, abs=1e-4)
    assert document["bottleneck"] == {"stage": "events", "limit": prod.describe("messages")}


def test_a_million_rows_are_exported_within_a_call_for_each_partner(prod: Model) -> None:
    """A call without time left is continued by the next: 100 million rows take hours, and too many parts are named."""
    model = replace(prod, context=EXPORTS, graph=run_context(EXPORTS, "prod", partners=PARTNERS))
    answer = Answer(model, MILLION, 1)
    assert answer.export_seconds == 300
    assert as_document(answer)["export_seconds"] == 300
    assert "Exports: 300 s until each partner sees a file of all rows" in stage_lines(answer)
    assert Answer(model, 100 * MILLION, 10).export_seconds == pytest.approx(34 * 900 + 30_000 - 34 * 870)
    assert not [warning for warning in answer.warnings if "parts" in warning]
    assert [warning for warning in Answer(model, 2_000 * MILLION, 200).warnings if "S3 accepts 10,000" in warning]
    assert "export_seconds" not in as_document(Answer(prod, MILLION, 1))


def test_an_archive_takes_2_000_events_a_second_and_a_longer_wait_than_that_of_sns_is_named(
    prod: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer if they are large. SNS repeats an event for six hours."""
    model = replace(prod, context=ARCHIVE, graph=run_shape("with an archive", "prod"))
    answer = Answer(model, MILLION, 1)
    assert (answer.archive_seconds, as_document(answer)["archive_seconds"]) == (500, 500)
    assert "Archives: 500 s until the last event is in a stream" in stage_lines(answer)
    assert not _archived(Answer(model, 40 * MILLION, 4))
    assert _archived(Answer(model, 50 * MILLION, 5))
    assert "archive_seconds" not in as_document(Answer(prod, MILLION, 1))
    monkeypatch.setattr(Row, "event_bytes", 5_000)
    assert Answer(model, MILLION, 1).archive_seconds == 1000


def _archived(answer: Answer) -> list[str]:
    return [warning for warning in answer.warnings if "archive" in warning]


def test_children_verify_the_parts_of_a_list_before_one_call_decides(prod: Model) -> None:
    """They are faster than one call for all parts, until the table's reads are the limit."""
    variant = replace(prod, graph=without_map(prod.graph, PARTS))
    assert phases(variant, MILLION, VERIFICATION) == {"": None}
    assert phases(prod, MILLION, VERIFICATION) == {"split": None, "parts": 20, "decision": None}
    # The decision reads the results of ten parts at the same time.
    [_, parts, decision] = prod.plan(MILLION, 1).phases(VERIFICATION)
    assert decision.part == pytest.approx(parts.part / 2 / 10)
    sequential, parallel = (simulate(model.plan(MILLION, 1)) for model in (variant, prod))
    assert parallel.stages[VERIFICATION] < sequential.stages[VERIFICATION] / 5
    assert parallel.waits["reads"] > 0


def test_children_validate_the_ranges_of_a_large_file(prod: Model) -> None:
    """They are faster than one pass, which is the way of a workflow without their map."""
    ranged, variant = (replace(prod, graph=change(prod.graph)) for change in (with_ranges, _without_ranges))
    assert phases(ranged, MILLION, VALIDATION) == {"plan": None, "ranges": 20, "join": None}
    assert phases(variant, MILLION, VALIDATION) == {"": None}
    sequential, parallel = (simulate(model.plan(10 * MILLION, 1)) for model in (variant, ranged))
    assert parallel.stages[VALIDATION] < sequential.stages[VALIDATION] / 5


def test_the_number_of_parts_that_are_verified_at_the_same_time_is_named(prod: Model) -> None:
    """More children of the import do not change it."""
    settings = replace(prod.settings, verification_concurrency=2)
    answer = Answer(replace(prod, settings=settings, graph=run("prod", verification_concurrency=2)), MILLION, 1)
    assert [stage.lanes for stage in with_lanes(answer.plan, 40).phases(VERIFICATION)] == [None, 2, None]
    assert with_lanes(answer.plan, 40).phases(IMPORT)[0].lanes == 40
    assert answer.bottleneck == (VERIFICATION, "the setting verification_concurrency (2)")


def _without_ranges(whole: Graph) -> Graph:
    return without_map(whole, RANGES)


def phases(model: Model, rows: int, stage: str) -> dict[str, int | None]:
    """The phases of a stage of one list, with the number of concurrent children."""
    return {phase.phase: phase.lanes for phase in model.plan(rows, 1).phases(stage)}


def test_a_small_list_has_no_children_of_its_validation_and_verification(prod: Model) -> None:
    """It has one range and one part."""
    large = replace(prod, graph=with_ranges(prod.graph))
    for stage in (VALIDATION, VERIFICATION):
        assert phases(large, prod.settings.part_rows, stage) == {"": None}
    assert phases(large, prod.settings.part_rows + 1, VERIFICATION) == {"split": None, "parts": 20, "decision": None}


def test_a_list_beyond_the_limit_names_its_size_and_the_setting(prod: Model) -> None:
    """Also a call that Lambda would stop: here one call verifies all parts. The least number of lists is accepted."""
    variant, rows = replace(prod, graph=without_map(prod.graph, PARTS)), 3 * prod.max_list_bytes // prod.row.file_bytes
    [size, *calls] = Answer(variant, rows, 1).refusals
    assert "max_list_mb" in size
    assert "verification" in " ".join(calls)
    assert Answer(prod, rows, prod.lists(rows)).refusals == []


def test_a_question_beyond_a_quota_names_the_quota_and_its_needed_value(prod: Model) -> None:
    """SNS publishes 9,000 messages a second. The recommended quota removes the delay."""
    answer = Answer(prod, 10 * MILLION, prod.lists(10 * MILLION))
    [worst, *_] = answer.throttles
    assert worst.limit == "messages"
    assert worst.asked == quotas("eu-west-1")["messages"].asked
    assert worst.needed > prod.quotas["messages"].value
    raised = with_rate(answer.plan, "messages", worst.needed / prod.quotas["messages"].value)
    assert answer.warm.total - simulate(raised).total == pytest.approx(worst.seconds, rel=0.05)


def test_a_setting_behind_a_quota_is_recommended_with_the_quota(prod: Model) -> None:
    """Ten children write a little more than SNS publishes: neither a higher quota nor more children alone saves 5 %."""
    settings = replace(prod.settings, part_rows=2000)
    ten = replace(prod, graph=without_map(run("prod", import_concurrency=10), RANGES), settings=settings)
    answer = Answer(ten, MILLION, 1)
    assert answer.change is not None
    assert answer.change.words.startswith("import_concurrency 10 to ")
    assert answer.change.words.endswith("higher quotas")


def test_a_region_has_its_own_quotas(prod: Model) -> None:
    """Most regions publish 300 messages a second."""
    elsewhere = Answer(replace(prod, region="eu-north-1"), MILLION, 1)
    assert elsewhere.warm.total > MILLION / 300 > Answer(prod, MILLION, 1).warm.total


@pytest.mark.parametrize(
    ("region", "rows", "hours", "refused", "warned"),
    [
        ("eu-north-1", 5 * MILLION, 4.6, False, False),
        ("eu-north-1", 10 * MILLION, 9.3, False, True),
        ("eu-north-1", 27 * MILLION, 25, True, False),
        ("eu-west-1", 100 * MILLION, 2.4, False, False),
    ],
)
def test_events_that_wait_longer_than_the_stream_stores_changes_are_refused(
    prod: Model, region: str, rows: int, hours: float, refused: bool, warned: bool
) -> None:
    """DynamoDB deletes a change after 24 hours. A wait of more than 6 hours is a warning."""
    answer = Answer(replace(prod, region=region), rows, prod.lists(rows))
    assert answer.warm.oldest / 3600 == pytest.approx(hours, rel=0.05)
    assert [prod.quotas["messages"].asked in refusal for refusal in answer.refusals] == [True] * refused
    assert [prod.quotas["messages"].asked in warning for warning in answer.warnings] == [True] * warned


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "status"), [(10, 0), (30, 1)])
def test_the_command_fails_for_events_that_would_be_lost(
    rows: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints SNS's quota of the stack's region, as text and as JSON."""
    original = Program.config
    monkeypatch.setattr(Program, "config", lambda *of, **own: original(*of, **own) | {"aws:region": "eu-north-1"})
    arguments = ["capacity", "prod", "--rows", str(rows * MILLION)]
    assert context(*arguments) == status
    assert "300 published messages a second" in capsys.readouterr().out.splitlines()[0]
    assert context(*arguments, "--json") == status
    document = json.loads(capsys.readouterr().out)
    assert document["messages_a_second"] == 300
    assert document["oldest_event_seconds"] > 6 * 3600
    assert (len(document["refusals"]), len(document["warnings"])) == (status, 1 - status)


@pytest.mark.parametrize(
    ("reserved", "new", "warm"), [({}, 62, 422), ({"relay_events": 18}, 40, 40), ({"import_list": 30}, 72, 432)]
)
def test_the_needed_executions_equal_the_tables_shards(
    prod: Model, reserved: dict[str, int], new: int, warm: int
) -> None:
    """A new table has 4 shards, and a table with this load 40. Each has ten batches of the relay."""
    model = replace(prod, settings=replace(prod.settings, reserved_concurrency=reserved))
    assert (model.executions(1, new=True), model.executions(1, new=False)) == (new, warm)


def test_the_least_concurrency_of_the_relay_publishes_at_the_quota(prod: Model) -> None:
    """More executions wait for SNS. One less publishes slower than SNS accepts."""
    for least, seconds in ((prod.least_relay, 0), (prod.least_relay - 1, 1)):
        settings = replace(prod.settings, reserved_concurrency={"relay_events": least})
        limited = replace(prod, settings=settings)
        delay = Answer(limited, 10 * MILLION, 1).warm.total - Answer(prod, 10 * MILLION, 1).warm.total
        assert (delay > seconds) is bool(seconds)


def test_the_recommended_change_saves_its_time(prod: Model) -> None:
    answer = Answer(replace(prod, graph=run("prod", import_concurrency=2)), MILLION, 1)
    assert answer.change is not None
    name, _, value = answer.change.words.partition(" 2 to ")
    assert name == "import_concurrency"
    changed = simulate(with_lanes(answer.plan, int(value)))
    assert answer.warm.total - changed.total == pytest.approx(answer.change.seconds)


def test_a_new_table_throttles_a_load_that_a_used_table_accepts(prod: Model) -> None:
    """The map writes 32,000 units a second, and a new table accepts 4,000."""
    fast = [with_lanes(prod.plan(MILLION, 1, new=new), 32) for new in (False, True)]
    used, new = map(simulate, fast)
    assert new.stages[IMPORT] > 2 * used.stages[IMPORT]
    assert {"writes", "writes of by_list"} & set(new.waits)


def test_all_lists_share_the_keys_of_an_index_by_status(prod: Model) -> None:
    """A list has keys of its own in the index by list, and the status of new rows has 16 keys for all lists."""
    listed = replace(prod, context=SHAPES["listed by status"], graph=run_shape("listed by status", "prod"))
    rates = listed.plan(MILLION, 10).rates
    assert not rates["keys of by_status"].each_list
    assert simulate(with_lanes(listed.plan(MILLION, 10), 10)).waits["keys of by_status"] > 0


@pytest.mark.parametrize("arguments", [["moon"], ["prod", "--rows", "0"]])
def test_a_question_that_cannot_be_answered_is_refused(arguments: list[str]) -> None:
    assert context("capacity", *arguments) == 2


def test_a_list_that_is_refused_has_the_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("capacity", "prod", "--rows", str(100 * MILLION), "--lists", "1") == 1
    assert "max_list_mb" in capsys.readouterr().out
