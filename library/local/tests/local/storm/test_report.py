"""The storm as a command: wrong names, findings at once, and the end of a storm over an unhealthy stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import run
from bounded_context_infra.configuration.project import current
from bounded_context_lab import storm as report
from bounded_context_lab.storm import Outcome
from bounded_context_lab.storm.faults import Fault, derive
from bounded_context_local.run.screen import RunScreen
from tests.console import context
from tests.infra.contexts import DEFAULT

from .test_checks_of_the_graph import ALARM, edited, removed


class Said(RunScreen):
    """A screen that stores the order of stages and errors."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        yield
        self.lines.append(name)

    def fail(self, sentence: str) -> None:
        self.lines.append(sentence.partition(": ")[0] if ": silent" in sentence else "unhealthy")


class Weather:
    """A storm whose faults are silent, and whose calms have the given findings in turn."""

    calms: tuple[list[str], ...] = ()

    def __init__(self, *_: object) -> None:
        self._calms = list(self.calms)

    def unhealthy(self) -> list[str]:
        return self._calms.pop(0)

    start = unhealthy

    def perform(self, fault: Fault) -> Outcome:
        return Outcome(fault, stopped=fault.name != "kill:get-payment", seconds=1.0)


@pytest.fixture
def storm(monkeypatch: pytest.MonkeyPatch) -> type[Weather]:
    @contextmanager
    def running_context(*_: Any, **__: Any) -> Iterator[None]:
        yield

    monkeypatch.setattr(report, "running_context", running_context)
    monkeypatch.setattr(report, "Storm", Weather)
    return Weather


def weathered(*names: str) -> tuple[int, list[str]]:
    """Plant faults; return the exit status, and the stages and findings in their order."""
    screen, graph = Said(), run("local")
    faults = report.selected(graph, DEFAULT, names)
    return report.perform(current(), screen, graph, faults, 0, as_json=True), screen.lines


def test_a_finding_is_printed_before_the_next_fault(storm: type[Weather], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storm, "calms", ([], []))
    status, lines = weathered("kill:relay-events", "kill:get-payment")
    assert (status, lines) == (1, ["no fault", "kill:relay-events", "kill:relay-events", "kill:get-payment"])


def test_a_storm_over_an_unhealthy_stack_plants_no_fault(storm: type[Weather], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storm, "calms", (["without a fault: an alarm is on."],))
    assert weathered("kill:get-payment") == (1, ["unhealthy", "no fault", "unhealthy"])


def test_an_unhealthy_stack_after_a_fault_ends_the_storm(storm: type[Weather], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storm, "calms", ([], ["without a fault: an event is lost."]))
    status, lines = weathered("kill:relay-events", "kill:get-payment", "kill:on-event")
    assert (status, lines[-3:]) == (1, ["kill:relay-events", "unhealthy", "unhealthy"])
    assert "kill:get-payment" not in lines


def test_a_healthy_storm_ends_with_status_0(storm: type[Weather], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storm, "calms", ([],))
    assert weathered("kill:get-payment") == (0, ["no fault", "kill:get-payment"])


def test_an_unknown_fault_is_refused_before_the_graph_is_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(report, "graph_of", lambda _: pytest.fail("the graph was recorded"))
    assert context("rehearse", "storm", "--fault", "kill:relay-events", "--fault", "WRONG") == 2
    assert "WRONG" in capsys.readouterr().err


@pytest.mark.parametrize("removes", [False, True])
def test_the_list_of_faults_ends_with_the_missing_alarms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, removes: bool
):
    def graph_of(_: object) -> Graph:
        graph = run("local")
        return edited(graph, ALARM, "inbound-age", removed) if removes else replace(graph)

    monkeypatch.setattr(report, "graph_of", graph_of)
    assert context("rehearse", "storm", "--list", "--json") == int(removes)
    assert ("inbound-age" in capsys.readouterr().err) is removes


def test_all_faults_are_selected_without_a_name():
    graph = run("local")
    assert len(report.selected(graph, DEFAULT, None)) == len(derive(graph, DEFAULT))
