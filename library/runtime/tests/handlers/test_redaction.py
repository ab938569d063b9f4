"""No log line, no trace and no error shows a secret, a file's name or a field's value, whatever becomes of a call."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from pydantic import BaseModel

from bounded_context.adapters.items import Items
from bounded_context.domain.fields import kind_of
from bounded_context.telemetry import entry_point, logger
from bounded_context.telemetry.logs import HIDDEN, redacted
from bounded_context.testing.functions import BUCKET
from tests import foreign
from tests.commands import CHANGES, CREATE, DELETE
from tests.function_settings import by_function
from tests.handlers.conftest import Daemon, LambdaContext, Lines
from tests.handlers.functions import GET, ID, LIST, SAMPLES, handler
from tests.handlers.test_list_workflow import _parts
from tests.handlers.test_relay_events import _record

SECRET, FILE_NAME, ANYTHING = "sentinel-credential", "sentinel-person.csv", "sentinel-anything"
KEY = f"incoming/acme/{FILE_NAME}"
_BY_KIND = {
    "identifier": "sentinel-id",
    "text": "sentinel text",
    "decimal": "7654321.07",
    "int": "987654321",
    "currency": "XQZ",
    "date": "1987-06-05",
}
"""Values that nothing else has; true and false are not among them."""


OURS = ("payment.", "bounded_context.")
FUNCTIONS = tuple(by_function(PAYMENT))
PERSONAL = {
    name: _BY_KIND[str(kind_of(field))]
    for name, field in PAYMENT.details.model_fields.items()
    if name not in (ID, *PAYMENT.references) and kind_of(field) in _BY_KIND
}
HELD = PERSONAL | {"password": SECRET}
SENTINELS = {SECRET, FILE_NAME, ANYTHING, *PERSONAL.values()}
COMMANDS = [CREATE, *CHANGES, DELETE]


def _call(function: str, event: Any, context: LambdaContext) -> Any:
    return handler(function)(event, context)


def _name(pair: Any) -> str:
    return pair[1].__name__


def values(n: int = 1) -> dict[str, str]:
    return SAMPLES.values(n, **PERSONAL)


def _message(pair: Any, key: str) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "payload": values() if pair is CREATE else {ID: values()[ID]},
    }


def _shown(text: str) -> list[str]:
    # Not inside of longer words: an AWS request id may have any three letters.
    return [sentinel for sentinel in SENTINELS if re.search(rf"(?<![A-Za-z0-9]){re.escape(sentinel)}(?!\w)", text)]


@pytest.fixture
def nothing_is_shown(
    function: None,
    every_call_in_detail: None,
    sampled: None,
    daemon: Daemon,
    lines: Lines,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Looks, after a test, through all that its calls told: lines, DEBUG ones too, metrics and traces."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    yield
    everything = json.dumps(lines()) + "".join(capfd.readouterr()) + json.dumps(daemon.documents())
    assert '"level"' in everything
    assert _shown(everything) == []


@pytest.fixture
def sent(settings: None, bucket: Any, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of good rows and a tolerated bad one, under a telling name."""
    monkeypatch.setenv("TOLERATED_SHARE", "0.05")
    rows = [values(n) for n in range(25)]
    bucket.put_object(Bucket=BUCKET, Key=KEY, Body=SAMPLES.file([*rows, {**values(99), ID: ANYTHING + " "}]))
    for known in SAMPLES.projection():
        table.put_item(Item=known)


def _registered(context: LambdaContext) -> dict[str, Any]:
    return _call("register_list", {"upload": {"path": f"/{BUCKET}/{KEY}"}, "execution": "run-1"}, context)


def _imported(context: LambdaContext) -> dict[str, Any]:
    event = _registered(context)
    _call("validate_list", event, context)
    event = _call("verify_subscription", event, context)
    assert event["outcome"] == "VERIFIED"
    _call("import_list", {**event, "part": _parts(event["list_id"])[0]}, context)
    return event


def _stored() -> Payment:
    return Payment(PaymentDetails.model_validate(values()), Status(PAYMENT.initial_status))


def _change(**changes: Any) -> dict[str, Any]:
    item = Items(PAYMENT).from_aggregate(_stored()) | changes
    record = _record(1)
    record["dynamodb"]["NewImage"] = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    return {"Records": [record]}


def test_good_commands(nothing_is_shown: None, context: LambdaContext):
    """Each does its work on sentinels."""
    for number, pair in enumerate(COMMANDS):
        assert _call(_name(pair), _message(pair, f"key-{number}"), context)["ok"]


def test_refused_commands(nothing_is_shown: None, context: LambdaContext):
    """What is wrong goes back to the caller, and only its code into the log."""
    _call(_name(CREATE), _message(CREATE, "first"), context)
    assert not _call(_name(CREATE), _message(CREATE, "second"), context)["ok"]
    for pair in COMMANDS:
        for payload in (dict.fromkeys(values(), ANYTHING + "\n"), {ANYTHING: ANYTHING}, {ID: [ANYTHING]}):
            event = {"idempotency_key": "key", "payload": payload}
            assert _call(_name(pair), event, context)["error"]["code"] == "invalid"


@pytest.mark.usefixtures("sent")
def test_a_good_list(nothing_is_shown: None, context: LambdaContext):
    """With one bad row, which is told to the partner alone, and undone in the end."""
    event = _imported(context)
    broken = {"error": {"Error": "States.TaskFailed", "Cause": f"KeyError: {ANYTHING}"}}
    assert _call("compensate_error", {**event, **broken}, context)["outcome"] == "FAILED"


def test_published_changes(nothing_is_shown: None, context: LambdaContext):
    """The events have all the values, the lines only identities."""
    assert _call("relay_events", _change(), context) == {"batchItemFailures": []}


def _foreign_event(**members: Any) -> dict[str, Any]:
    return foreign.event(data=HELD, password=SECRET, someones={"name": ANYTHING}) | members


def test_other_contexts_events(nothing_is_shown: None, context: LambdaContext):
    """Applied, stale, of a type that nobody asked for, poison: the lines have ids, and of poison not even these."""
    poison = [
        *(f'{{"{ANYTHING}"', json.dumps({ANYTHING: HELD})),
        *(_foreign_event(**{member: ANYTHING}) for member in ("source", "time", "sequence", "specversion")),
        *(_foreign_event(**{member: [ANYTHING]}) for member in ("id", "subject", "type")),
    ]
    messages = [_foreign_event(), _foreign_event(), _foreign_event(type="OrderLinePainted"), *poison]
    records = [
        foreign.record(message, f"m-{number}", about=foreign.text(ANYTHING)) for number, message in enumerate(messages)
    ]
    assert _call("on_event", {"Records": records}, context) == {"batchItemFailures": []}


def test_a_file_that_is_nobodys_list(nothing_is_shown: None, context: LambdaContext):
    """Its name is in the execution's input, for who may read that."""
    with pytest.raises(Exception, match="not a list") as raised:
        _call("register_list", {"upload": {"path": f"/{BUCKET}/{FILE_NAME}"}, "execution": "run-1"}, context)
    assert FILE_NAME not in str(raised.value)


def _bad_events() -> Iterator[Any]:
    for function in FUNCTIONS:
        yield function, {ANYTHING: ANYTHING}
        yield function, {"list_id": [ANYTHING], "upload": ANYTHING, "part": ANYTHING, "DeploymentId": [ANYTHING]}
        yield function, {"Records": [{"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": ANYTHING}}}}]}
    yield "relay_events", _change(**dict.fromkeys(PERSONAL, ANYTHING + "\n"))
    yield "relay_events", _change(status=ANYTHING)


def test_bad_events(nothing_is_shown: None, context: LambdaContext):
    """The error, which Lambda writes into the log, does not quote what came."""
    raised = [_raised_by(function, event, context) for function, event in _bad_events()]
    assert len(list(filter(None, raised))) > len(FUNCTIONS)
    assert _shown("\n".join(raised)) == []


def _raised_by(function: str, event: Any, context: LambdaContext) -> str:
    try:
        _call(function, event, context)
    except Exception as error:
        return f"{function}: {error}"
    return ""


def _refusing(message: str) -> Callable[..., Any]:
    def call(_client: Any, operation: str, params: dict[str, Any]) -> Any:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": message + str(params)}}, operation)

    return call


def _events() -> dict[str, Any]:
    part = {"part": {"part": 0, "key": f"staging/{FILE_NAME}", "rows": 1}}
    step = {"list_id": "l-1", "upload": {"path": f"/{BUCKET}/{KEY}"}, "execution": "run-1", **part}
    hook = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}
    messages = {_name(pair): _message(pair, "key") for pair in COMMANDS}
    messages |= {GET: {"payload": {ID: "id-1"}}, LIST: {"payload": {"list_id": "l-1"}}}
    # What measures lists calls nobody.
    callers = [name for name in FUNCTIONS if name != "measure_lists"]
    messages |= {"relay_events": _change(), "on_event": {"Records": [foreign.record(_foreign_event())]}}
    return {name: messages.get(name, step | hook) for name in callers}


def test_an_error_of_aws_with_personal_data_is_redacted(
    nothing_is_shown: None, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Table, bucket or topic: the message names the code and the call."""
    monkeypatch.setattr(BaseClient, "_make_api_call", _refusing(f"{SECRET} {FILE_NAME} {ANYTHING}"))
    for function, event in _events().items():
        raised = _raised_by(function, event, context)
        assert re.search("ValidationException when calling", raised), function
        assert _shown(raised) == []


@pytest.mark.usefixtures("sent")
def test_a_table_that_is_gone_while_a_list_is_imported(nothing_is_shown: None, table: Any, context: LambdaContext):
    """The bulk writer's errors are not boto3's."""
    event = _registered(context)
    _call("validate_list", event, context)
    table.delete()
    part = {"part": 0, "key": f"staging/{event['list_id']}/part-00000", "rows": 10}
    for step in ("verify_subscription", "import_list", "compensate_error"):
        with pytest.raises(Exception, match=r"ResourceNotFound|^$"):
            _call(step, {**event, "part": part}, context)


@pytest.mark.parametrize(
    "record",
    [
        {"payload": HELD},
        {"deep": [{"deeper": ({**HELD, "known": 1},)}]},
        {name.upper(): value for name, value in HELD.items()},
        {name.title().replace("_", ""): value for name, value in HELD.items()},
        {"message": HELD},
        {"password": ANYTHING, "Set-Cookie": ANYTHING, "apiKey": ANYTHING, "AWS_SECRET_ACCESS_KEY": ANYTHING},
        {"Authorization": {"scheme": ANYTHING}, "session_tokens": [ANYTHING], "private-key": ANYTHING},
    ],
)
def test_values_are_hidden_by_their_keys_at_any_depth(record: dict[str, Any]):
    """However a key is written."""
    text = json.dumps(redacted(record))
    assert HIDDEN in text
    assert _shown(text) == []


def test_ids_and_the_lines_own_keys_stay():
    """They are what a line is found by."""
    record = {ID: "p-1", "list_id": "l-1", "code": "invalid", "idempotency_key": "k", "seconds": 2}
    record |= dict.fromkeys(PAYMENT.references, "r-1")
    assert redacted(record) == record


def test_an_object_is_no_way_around(nothing_is_shown: None, context: LambdaContext):
    """Its text would show all of its fields."""
    details = PAYMENT.details.model_validate(values())
    said = {"details": details, "payment": _stored(), "all": {"of": [details]}}
    work = entry_point(PAYMENT)(lambda *_: logger.info("oops", **said))
    work({}, context)


def _models(kind: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in kind.__subclasses__():
        yield model
        yield from _models(model)


def test_no_model_of_ours_shows_its_input_in_an_error():
    """Lambda writes the message of an error into the log; tools do not run there."""
    for function in FUNCTIONS:
        handler(function)
    tools = tuple(f"bounded_context.{folder}." for folder in ("testing", "tools"))
    ours = [model for model in _models() if model.__module__.startswith(OURS) and model.model_fields]
    ours = [model for model in ours if not model.__module__.startswith(tools)]
    assert len(ours) > 10
    assert [model for model in ours if not model.model_config.get("hide_input_in_errors")] == []
