"""The additional actions of a run: calls, a bad row, schedules, and the events of other contexts."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context import Export
from bounded_context.declaration.context import Context
from bounded_context.domain.aggregate import AlreadyExists, BusinessError, NotFound
from bounded_context.domain.formats import FileFormat
from bounded_context.testing.functions import assembled
from bounded_context_local.actors.caller import http_request
from bounded_context_local.additions import _fetched, calls, exports, foreign_event, schedules
from bounded_context_local.sample_lists import Samples

Answering = Callable[[str, dict[str, Any]], Any]


class TooDear(BusinessError):
    """A rule of the team's own."""

    code = "too-dear"


class FakeContext:
    """A context that accepts messages. It refuses an existing aggregate, and finds no refused one."""

    def __init__(self, context: Context[Any], refusal: str = "") -> None:
        """Refuse every command with a code, if one is given."""
        self._context = context
        self._refusal = refusal
        self.there: set[str] = set()

    def invoke(self, function: str, message: dict[str, Any]) -> Any:
        """Answer as a function does."""
        identity = message["payload"][self._context.identity]
        if function == self._context.get_function:
            return self._answer("" if identity in self.there else NotFound.code)
        assert message["idempotency_key"]
        code = self._refusal or (AlreadyExists.code if identity in self.there else "")
        if not code:
            self.there.add(identity)
        return self._answer(code)

    def _answer(self, code: str) -> Any:
        return {"ok": False, "error": {"code": code}} if code else {"ok": True, self._context.name: {"status": "OPEN"}}


def _running(context: Context[Any], invoke: Answering, errors: tuple[type[BusinessError], ...] = ()) -> Any:
    said = SimpleNamespace(
        **{name: getattr(context, name) for name in ("identity", "commands", "details", "name", "creating")}
    )
    said.get_function, said.command_functions = context.get_function, context.command_functions
    said.errors_of = lambda _: errors
    return SimpleNamespace(context=said, samples=Samples(context), outputs={"api": None}, invoke=invoke)


def test_a_command_is_accepted_once_and_its_aggregate_is_queried(context: Context[Any]):
    """In a context without an API they are messages."""
    accepted, again, queried = calls(_running(context, FakeContext(context).invoke))
    assert [call.back for call in (accepted, again, queried)] == ["ok OPEN", "refused already-exists", "ok OPEN"]
    assert again.sent == f"{accepted.sent} again"
    assert [call.problem for call in (accepted, again, queried)] == ["", "", ""]


def test_a_rejection_without_a_rule_is_a_problem(context: Context[Any]):
    """The problem names the call, the answer, and the expected code."""
    accepted, again, queried = calls(_running(context, FakeContext(context, "invalid").invoke))
    for call, answer, expected in (
        (accepted, "'refused invalid'", "success"),
        (again, "'refused invalid'", AlreadyExists.code),
        (queried, f"'refused {NotFound.code}'", "success"),
    ):
        assert call.problem.startswith(f"{call.sent}:")
        assert answer in call.problem
        assert re.search(rf"\b{expected}\.$", call.problem)


def test_a_rule_of_the_team_s_own_may_refuse_a_sample(context: Context[Any]):
    """Nobody knows here what it takes: then it is refused again, and not found."""
    results = list(calls(_running(context, FakeContext(context, TooDear.code).invoke, (TooDear,))))
    assert [call.back for call in results] == ["refused too-dear", "refused too-dear", "refused not-found"]
    assert not any(call.problem for call in results)


def test_a_command_is_not_sent_if_its_fields_reject_the_sample(context: Context[Any]):
    """For instance, a field has a type of the team."""
    aggregates = FakeContext(context)
    running = _running(context, aggregates.invoke)
    running.samples.rows = lambda _count, _seed: [["" for _ in running.samples.columns]]
    [said] = calls(running)
    assert (said.back.split(":")[0], said.problem, aggregates.there) == ("not sent", "", set())


@pytest.mark.parametrize(("joined", "account"), [(True, None), (False, "123456789012")])
def test_a_run_publishes_no_events_of_a_context_that_publishes_them_itself(joined: bool, account: str | None):
    """One that runs on the same emulator, or whose topic is another account's."""
    other = SimpleNamespace(consumes=SimpleNamespace(account_id=account))
    running: Any = SimpleNamespace(neighbours=[other], emulator=SimpleNamespace(joined=joined))
    assert list(foreign_event(running)) == []
    running.neighbours = []
    assert list(foreign_event(running)) == []


def test_the_only_row_of_the_bad_list_is_bad(context: Context[Any], samples: Samples):
    """Whichever columns there are: a value that no field of its type takes, or a cell too many."""
    rows = context.rows
    header, row = (line.split(",") for line in samples.bad_document().decode().splitlines())
    assert len(row) > len(header) or any(cell == "no such value" for cell in row)
    assert rows.check_header(tuple(header))


def test_a_request_path_has_the_parameters_of_its_route():
    """Encoded, and nowhere else."""
    assert http_request("POST /things/{thing_id}/open", {"thing_id": "a/b", "by": "x"}) == (
        "POST",
        "/things/a%2Fb/open",
        {"by": "x"},
    )


def test_functions_of_schedules_are_called_as_their_schedules_call_them():
    """Each is named with its answer."""
    answers = {"watch_lists": {"seconds": 1.2}, "sweep_uploads": {"uploads": 3}}
    lists = SimpleNamespace(has_lists=True, deadlines=())
    running: Any = SimpleNamespace(context=lists, invoke=lambda function, _event: answers[function])
    assert [
        (schedule.sent.partition(",")[0], *re.findall(r"\d+", schedule.back)) for schedule in schedules(running)
    ] == [
        ("watch_lists", "1"),
        ("sweep_uploads", "3"),
    ]


def test_without_lists_the_watch_over_mappings_is_called():
    """It is the only function with a schedule."""
    running: Any = SimpleNamespace(
        context=SimpleNamespace(has_lists=False, deadlines=()), invoke=lambda *_: {"mappings": 2}
    )
    [called] = schedules(running)
    assert (called.sent.partition(",")[0], re.findall(r"\d+", called.back)) == ("watch_mappings", ["2"])


@pytest.mark.parametrize(
    ("format_", "first"),
    [
        (FileFormat(), "id,name / 1,Ada / 2,Grace"),
        (FileFormat(compression="gzip"), "id,name / 1,Ada / 2,Grace"),
        (FileFormat(kind="fixed", columns={"id": "1-2", "name": "3-9"}), "1 Ada     / 2 Grace   / 3 Edsger "),
        (FileFormat(kind="xml", record="A/B", columns={"id": "@id", "name": "Name"}), "id,name / 1,Ada / 2,Grace"),
        (FileFormat(kind="xlsx"), "id,name / 1,Ada / 2,Grace"),
    ],
    ids=str,
)
def test_the_first_lines_of_an_exported_file_are_shown(format_: FileFormat, first: str):
    data = assembled([["id", "name"], ["1", "Ada"], ["2", "Grace"], ["3", "Edsger"]], format_)
    name = "thing-daily-20261201T180000Z.csv"
    partner = SimpleNamespace(name="acme", outgoing=lambda: [name], fetch=lambda _: data)
    context = SimpleNamespace(name="thing", exports=(Export("daily", ("id",), "rate(1 day)", ("acme",)),))
    running: Any = SimpleNamespace(
        context=context,
        partner=SimpleNamespace(named=lambda _: partner),
        formats={"acme": format_},
        servers={},
        outputs={"sftp": None},
        invoke=lambda *_: {"failed": 0, "prepared": 1},
    )
    assert [result.back for result in exports(running)] == ["1 files prepared", f"{len(data):,} bytes: {first}"]


def test_a_partner_fetches_the_file_of_each_of_its_exports():
    """Also of an export whose name is before that of another, or begins with it."""
    exported = [Export(name, ("id",), "rate(1 day)", ("acme",)) for name in ("daily", "all", "all_open")]
    names = [f"thing-{name}-2026120{day}T180000Z.csv" for name in ("all", "all-open", "daily") for day in (1, 2)]
    fetched: list[str] = []
    partner = SimpleNamespace(
        name="acme", outgoing=lambda: names, fetch=lambda name: fetched.append(name) or b"id\n1\n"
    )
    running: Any = SimpleNamespace(
        context=SimpleNamespace(name="thing", exports=exported),
        partner=SimpleNamespace(named=lambda _: partner),
        formats={},
        servers={},
        outputs={"sftp": None},
        invoke=lambda *_: {"failed": 0, "prepared": 1},
    )
    assert len([*exports(running)]) == 6
    assert fetched == [names[5], names[1], names[3]]


def test_an_exported_document_without_rows_is_shown():
    form = FileFormat(kind="xml", record="A/B", columns={"id": "@id"})
    partner: Any = SimpleNamespace(name="acme", fetch=lambda _: assembled([["id"]], form))
    assert _fetched(partner, "a.xml", form).back == "45 bytes: "
