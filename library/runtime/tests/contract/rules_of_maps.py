"""The documented rules of Distributed Maps that moto lacks: unreadable items, failed children, large outputs."""

from typing import Any

import pytest
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.item_reader_decl import ItemReader
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError

from tests.map_runs import DATA_LIMIT, READER, TERMINAL, THRESHOLD, exceeds, fits, record_of_failed

_Map = distributed_iteration_component.DistributedIterationComponent
_Worker = distributed_item_processor_worker.DistributedItemProcessorWorker


def apply_rules_of_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interpreter's maps treat failed readers, failed children and large outputs as AWS documents it."""
    read, run_child, run_map, matches = (
        *(ItemReader._eval_body, _Worker._eval_job),
        *(_Map._map_run, ErrorEqualsDecl._eval_body),
    )

    def items(reader: Any, env: Any) -> None:
        try:
            read(reader, env)
        except Exception as error:
            raise _error(env, READER) from error

    def child(worker: Any, env: Any, job: Any) -> None:
        job_input = job.job_input
        run_child(worker, env, job)
        if isinstance(state := env.program_state(), ProgramError):
            job.job_output = _failed(worker, env, job_input, state.error or {})

    def whole(component: Any, env: Any, eval_input: Any) -> None:
        run_map(component, env, eval_input)
        if not fits(env.stack[-1]):
            raise _error(env, DATA_LIMIT)

    def terminal(declared: Any, env: Any) -> None:
        if env.stack[-1] in _TERMINAL:
            env.stack.append(env.stack.pop() in declared.error_names)
        else:
            matches(declared, env)

    monkeypatch.setattr(ItemReader, "_eval_body", items)
    monkeypatch.setattr(_Worker, "_eval_job", child)
    monkeypatch.setattr(_Map, "_map_run", whole)
    monkeypatch.setattr(ErrorEqualsDecl, "_eval_body", terminal)


_TERMINAL = [StatesErrorName(StatesErrorNameType.from_name(name)) for name in TERMINAL]


def _failed(worker: Any, env: Any, job_input: Any, error: ExecutionFailedEventDetails) -> Any:
    """Return the record of a failed child, or the error of its map. The error starts no further child."""
    run = worker._map_run_record
    failed, items = run.execution_counter.failed.get(), worker._job_pool._jobs_number
    if exceeds(failed, items, run.tolerated_failure_percentage):
        return _error(env, THRESHOLD)
    return record_of_failed(worker._work_name, job_input, str(error.get("error")), str(error.get("cause")))


def _error(env: Any, name: str) -> FailureEventException:
    details: Any = {"executionFailedEventDetails": {"error": name, "cause": ""}}
    error_name = StatesErrorName(StatesErrorNameType.from_name(name))
    return FailureEventException(FailureEvent(env, error_name, HistoryEventType.MapStateFailed, details))
