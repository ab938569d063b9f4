"""A pytest plugin: AWS in the test process for adapters and handlers, and the whole context on the embedded AWS.

AWS in the test process is moto's server on a free port of 127.0.0.1. Both start only for tests that use them.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from urllib.parse import urlparse

import pytest

from bounded_context.declaration.structure import DUE_INDEX
from bounded_context.testing.functions import BUCKET, TABLE
from bounded_context.testing.in_memory import InMemoryCopies

if TYPE_CHECKING:
    from bounded_context import Context
    from bounded_context.testing.functions import Functions
    from bounded_context_infra import Preset

    from .running import Running

P = ParamSpec("P")
T = TypeVar("T")

# Not us-east-1, whose buckets are created without a location constraint.
REGION: Final = "eu-central-1"


@pytest.fixture(scope="session")
def running() -> Iterator["Running"]:
    """The context of this repository on the embedded AWS, for the whole test session."""
    from bounded_context_infra.configuration.project import current

    from .running import running as started

    with started(current()) as context:
        yield context


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The address of moto's server, for the whole test session."""
    from moto.core import responses
    from moto.dynamodb.models import DynamoDBBackend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication
    from moto.server import ThreadedMotoServer

    from ..inserts import batch_execute_statement

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoDBBackend, "batch_execute_statement", batch_execute_statement)
        patch.setattr(DomainDispatcherApplication, "__call__", _one_at_a_time(DomainDispatcherApplication.__call__))
        # Half of the time that moto takes for a request: it lists its folder, and the methods of the service's class.
        patch.setattr(DomainDispatcherApplication, "get_backend_for_host", _by_host(DomainDispatcherApplication))
        patch.setattr(responses, "method_names_from_class", cache(responses.method_names_from_class))
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


def _by_host(application: type[Any]) -> Callable[[Any, str | None], Any]:
    backend, backends = application.get_backend_for_host, dict[str | None, Any]()
    return lambda app, host: backends[host] if host in backends else backends.setdefault(host, backend(app, host))


_ONE_REQUEST: Final = threading.Lock()
"""AWS checks and writes atomically, whereas moto's threads interleave."""


def _one_at_a_time(answer: Callable[P, T]) -> Callable[P, T]:
    """Serialise the calls."""

    def answered(*args: P.args, **keywords: P.kwargs) -> T:
        with _ONE_REQUEST:
            return answer(*args, **keywords)

    return answered


@pytest.fixture(autouse=True)
def no_copies(request: pytest.FixtureRequest) -> None:
    """No copies of other contexts' aggregates for a rule that a test calls, unless the test has an account."""
    aws = sys.modules.get("bounded_context.aws")
    if aws is not None and "aws" not in request.fixturenames:
        empty = wraps(aws.copies)(lambda _: InMemoryCopies())
        request.getfixturevalue("monkeypatch").setattr(aws, "copies", empty)


@pytest.fixture
def aws(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty account that every client of the test uses."""
    set_account(monkeypatch, aws_endpoint)
    _reset()


def set_account(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Set an endpoint, a region and fictitious credentials for every client."""
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@_one_at_a_time
def _reset() -> None:
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def _model(service: str, place: str = REGION) -> Any:
    """Return moto's model of a service: fixtures create resources in it, without clients and requests."""
    from moto.backends import get_backend
    from moto.core import DEFAULT_ACCOUNT_ID

    return get_backend(service)[DEFAULT_ACCOUNT_ID][place]  # pyrefly: ignore[no-matching-overload]


@pytest.fixture
def table(aws: None) -> Any:  # noqa: ARG001
    """An empty table with the keys and indexes of the deployed table."""
    from bounded_context_infra.configuration.project import current

    return made_table(current().context)


def made_table(context: "Context[Any]") -> Any:
    """Return an empty table with the indexes of a context."""
    keys = {name: (partition, context.sort_keys[name]) for name, partition in context.indexes.items()}
    attributes = dict.fromkeys(["pk", *(attribute for pair in keys.values() for attribute in pair)])
    _model("dynamodb").create_table(
        TABLE,
        schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        throughput=None,
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        global_indexes=[_index(name, *pair) for name, pair in keys.items()],
        indexes=[],
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    return _dynamodb(os.environ["AWS_ENDPOINT_URL"]).Table(TABLE)


@cache
def _dynamodb(_endpoint: str) -> Any:
    import boto3

    return boto3.resource("dynamodb")


def _index(name: str, partition: str, sort: str) -> Any:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
    projected = "KEYS_ONLY" if name == DUE_INDEX else "ALL"
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projected}}


@pytest.fixture
def bucket(aws: None) -> Any:  # noqa: ARG001
    """An empty, versioned bucket."""
    import boto3

    s3 = _model("s3", "aws")
    s3.create_bucket(BUCKET, REGION)
    s3.put_bucket_versioning(BUCKET, "Enabled")
    return boto3.client("s3")


@pytest.fixture
def topic(aws: None, aws_endpoint: str) -> tuple[str, str]:  # noqa: ARG001
    """A topic's ARN and the URL of a queue that receives all its messages."""
    sns, queue = _model("sns"), _model("sqs").create_queue("subscriber")
    arn = sns.create_topic("events").arn
    subscription = sns.subscribe(arn, queue.queue_arn, "sqs")
    sns.set_subscription_attributes(subscription.arn, "RawMessageDelivery", "true")
    return arn, queue.url(urlparse(aws_endpoint))


@pytest.fixture
def dead_letters(aws: None, aws_endpoint: str) -> str:  # noqa: ARG001
    """The URL of the dead-letter queue for incoming events."""
    return _model("sqs").create_queue("inbound-dead-letters").url(urlparse(aws_endpoint))


@pytest.fixture
def functions(
    table: Any,  # noqa: ARG001
    bucket: Any,  # noqa: ARG001
    topic: tuple[str, str],
    dead_letters: str,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator["Functions"]:
    """The context's functions with the variables of deployed functions, and an empty table, bucket, topic and queue."""
    from bounded_context.declaration.context import VARIABLE
    from bounded_context.testing.functions import VARIABLES, Functions, forget_adapters
    from bounded_context_infra.configuration.project import current

    own = {VARIABLE: str(current().settings["context"]), "TOPIC_ARN": topic[0], "DEAD_LETTER_URL": dead_letters}
    own["INBOUND_URL"] = _model("sqs").create_queue("inbound").url(urlparse(aws_endpoint))
    for name, value in {**VARIABLES, **own}.items():
        monkeypatch.setenv(name, value)
    forget_adapters()
    yield Functions(current().context, preset_handlers(current().service))
    forget_adapters()


def preset_handlers(service: Path) -> dict[str, str]:
    """Return the entry points that the presets of a service program name, by function.

    The presets are imported only if their file names an entry point: the import takes more than a second.
    """
    file = service / "functions.py"
    if not file.is_file() or "handler" not in file.read_text(encoding="utf-8"):
        return {}
    presets = _presets(file, file.stat().st_mtime_ns)
    return {name: preset.handler for name, preset in presets.items() if preset.handler}


@cache
def _presets(file: Path, _changed: int) -> Mapping[str, "Preset"]:
    import runpy

    from bounded_context_cli.programs.pulumi_program import modules_of

    with pytest.MonkeyPatch.context() as patch, modules_of(file.parent):
        # The file may import other modules of its folder.
        patch.syspath_prepend(file.parent)
        return runpy.run_path(str(file)).get("FUNCTIONS", {})
