"""Log lines: JSON with keys that can be relied on, ids as soon as they are known, and DEBUG lines of some calls."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context.telemetry import about, entry_point, logger
from tests.commands import CREATE
from tests.handlers.conftest import TRACE, LambdaContext, Lines
from tests.handlers.functions import ID, SAMPLES
from tests.handlers.test_commands import _create, _handler, _message
from tests.handlers.test_list_workflow import _call as _step

PERSON = "some-person"
"""What no line may show; a traceback shows source lines, so they have it by this name only."""

ALWAYS = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_name",
    "function_arn",
    "function_request_id",
    "xray_trace_id",
    "version",
}


def _call(work: Any, context: LambdaContext) -> Any:
    return entry_point(PAYMENT)(lambda _event, _context: work())({}, context)


@pytest.mark.usefixtures("sampled")
def test_every_line_has_function_time_and_request(lines: Lines, context: LambdaContext):
    """The keys that a query may rely on."""
    _call(lambda: logger.info("working"), context)
    [line] = lines()
    assert set(line) >= ALWAYS
    assert line["version"] == "7"
    assert line["xray_trace_id"] == f"1-{TRACE[:8]}-{TRACE[8:]}"
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


def test_the_subject_of_a_call_is_on_its_further_lines_only(lines: Lines, context: LambdaContext):
    """The next call of the same process is about something else."""

    def work() -> None:
        logger.info("before")
        about(list_id="l-1")
        logger.info("after")

    _call(work, context)
    _call(lambda: logger.info("next call"), context)
    assert [line.get("list_id") for line in lines()] == [None, "l-1", None]


def test_an_exception_is_logged_once_with_the_ids_and_raised_again(lines: Lines, context: LambdaContext):
    """With its type and the way it came, and without its message, which may quote anything."""

    def work() -> None:
        about(list_id="l-1")
        raise LookupError(PERSON)

    with pytest.raises(LookupError) as raised:
        _call(work, context)
    [line] = lines()
    assert (line["level"], line["list_id"], line["exception_name"]) == ("ERROR", "l-1", "LookupError")
    assert "in work" in line["exception"]
    assert PERSON not in str(line)
    assert PERSON not in str(raised.value), "Lambda writes it into the log too"


def _undecodable() -> None:
    f"{PERSON}\xff".encode("latin-1").decode()


def _unopenable() -> None:
    Path(f"/nowhere/{PERSON}").read_text()


@pytest.mark.parametrize(("work", "name"), [(_undecodable, "UnicodeDecodeError"), (_unopenable, "FileNotFoundError")])
def test_an_exception_that_makes_its_text_itself_gives_way_to_one_of_its_name(
    work: Any, name: str, lines: Lines, context: LambdaContext
):
    """Whoever asks for it by name, as the state machine does, still finds it."""
    with pytest.raises(Exception, match=r"^$") as raised:
        _call(work, context)
    assert raised.type.__name__ == name
    assert work.__name__ in [entry.name for entry in raised.traceback]
    assert lines()[0]["exception_name"] == name
    assert PERSON not in str(lines())


def test_a_logged_cause_has_only_its_type(lines: Lines, context: LambdaContext):
    """An operator sees what came of what."""

    def work() -> None:
        try:
            raise KeyError(PERSON)
        except KeyError as cause:
            raise LookupError("another") from cause

    with pytest.raises(LookupError):
        _call(work, context)
    text: str = lines()[0]["exception"]
    assert text.index("KeyError") < text.index("LookupError")
    assert PERSON not in text


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_missing_permission_is_named(wrapped: bool, lines: Lines, context: LambdaContext):
    """It is what an operator needs most, whatever library wraps it; the resource may hold a file's name."""
    denied = f"User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/{PERSON}.csv"

    def work() -> None:
        try:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": denied}}, "GetObject")
        except ClientError as cause:
            if wrapped:
                raise LookupError(PERSON) from cause
            raise

    with pytest.raises(Exception, match="AccessDenied when calling GetObject") as raised:
        _call(work, context)
    assert "not authorized to perform: s3:GetObject" in lines()[0]["exception"]
    assert "not authorized to perform: s3:GetObject" in str(raised.value)
    assert PERSON not in str(lines()) + str(raised.value)


@pytest.mark.usefixtures("function")
def test_a_command_logs_its_outcome(lines: Lines, context: LambdaContext):
    """Done or refused, of which aggregate, and by which code."""
    _create(context, key="first")
    _create(context, key="second")
    _handler(CREATE)(_message({}), context)
    command, identity = CREATE[0].__name__, SAMPLES.aggregate(1).id
    assert [(line["message"], line["command"], line.get(ID), line.get("code")) for line in lines()] == [
        ("command done", command, identity, None),
        ("command refused", command, identity, "already-exists"),
        ("command refused", command, None, "invalid"),
    ]


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize("step", ["validate_list", "verify_subscription", "import_list", "compensate_error"])
def test_a_failing_step_logs_its_list(step: str, lines: Lines, context: LambdaContext):
    """Here nobody has recorded it."""
    with pytest.raises(LookupError):
        _step(step, {"list_id": "l-1", "part": {"part": 3, "key": "k", "rows": 1}}, context)
    line = lines()[-1]
    assert (line["level"], line["list_id"]) == ("ERROR", "l-1")
    assert line.get("part") == (None if step == "validate_list" else 3)


@pytest.mark.usefixtures("function")
def test_a_compensation_logs_the_failed_step_and_no_cause(lines: Lines, context: LambdaContext):
    """The cause that Step Functions passes on may quote anything; an error of any form is no reason to fail."""
    for error in ({"Error": "States.Timeout", "Cause": PERSON}, PERSON, None):
        with pytest.raises(LookupError):
            _step("compensate_error", {"list_id": "l-1", "error": error}, context)
    compensating = [line for line in lines() if line["message"] == "compensating"]
    assert [line.get("error") for line in compensating] == ["States.Timeout", None, None]
    assert PERSON not in str(lines())


def test_each_call_is_decided_anew_to_be_written_in_detail(
    lines: Lines, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Not once for all of a process's life."""
    chances = iter([0.005, 0.5, 0.005])
    monkeypatch.setattr("aws_lambda_powertools.logging.logger.is_cold_start", False)
    monkeypatch.setattr("aws_lambda_powertools.logging.logger.random.random", lambda: next(chances))
    monkeypatch.setattr(logger, "sampling_rate", "0.01")
    for number in range(3):
        _call(lambda number=number: logger.debug("detail", part=number), context)
    assert [line["part"] for line in lines()] == [0, 2]
    logger.setLevel("INFO")


def test_the_log_level_of_lambda_does_not_lower_the_librarys():
    """Were it the level, each call would write its DEBUG lines, and the root logger those of botocore with all data."""
    lambda_says = {
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_LOGGER_SAMPLE_RATE": "0",
    }
    code = (
        "import logging; logging.getLogger().setLevel('DEBUG');"
        "from bounded_context.telemetry import logger;"
        "print(logger.log_level, logging.getLogger('botocore').getEffectiveLevel())"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=os.environ | lambda_says, capture_output=True, text=True, check=True)  # noqa: S603
    assert result.stdout.split() == ["20", "30"]


@pytest.mark.usefixtures("function", "every_call_in_detail")
def test_the_detail_is_each_aws_call(lines: Lines, context: LambdaContext):
    """What, where, how it ended and how long it took."""
    _create(context)
    calls = [line for line in lines() if line["message"] == "aws call"]
    assert {line["level"] for line in calls} == {"DEBUG"}
    assert {"operation", "region", "table_name", "request_id", "retries", "result", "milliseconds"} <= set(calls[0])
