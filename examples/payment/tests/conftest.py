"""AWS for adapters and handlers: moto's server in this process, on a free port of 127.0.0.1."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto.server import ThreadedMotoServer

from tests.infra.kept import FOLDER

# Any but us-east-1, whose buckets are made in another way.
REGION = "eu-central-1"
TABLE = "table"
INDEXES = {"by_list": "list_shard", "by_status": "status_shard"}
BUCKET = "inbox"
# Powertools reads it when the handlers' modules are imported, before any fixture.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "tests")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "tests")

# A busy machine is no fault of the code: what is slow is measured elsewhere, and never by a test.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


def pytest_collection_finish() -> None:
    """Let the collector leave alone what was imported: pulumi-aws alone is a million objects to look at each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)


@pytest.fixture(scope="session", autouse=True)
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """What one processor's tests have made is there for the others': in the folder above those of each."""
    with pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_WORKER" in os.environ:
            patch.setenv(FOLDER, str(tmp_path_factory.getbasetemp().parent))
        yield


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The server's address, for as long as the tests run."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty account that every client of the test reaches."""
    set_account(monkeypatch, aws_endpoint)
    _reset(aws_endpoint)


def set_account(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Let every client find this endpoint, a region and credentials that are nobody's."""
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


def _reset(endpoint: str) -> None:
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()  # noqa: S310


@pytest.fixture
def table(aws: None) -> Any:
    """An empty table of the deployed shape."""
    names = ("pk", *INDEXES.values())
    return boto3.resource("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[_index(name, partition) for name, partition in INDEXES.items()],
        BillingMode="PAY_PER_REQUEST",
    )


def _index(name: str, partition: str) -> Any:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


@pytest.fixture
def bucket(aws: None) -> Any:
    """An empty, versioned bucket."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.fixture
def topic(aws: None) -> tuple[str, str]:
    """A topic's ARN and the URL of a queue that hears everything."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    arn = sns.create_topic(Name="events")["TopicArn"]
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    return arn, url


@pytest.fixture
def dead_letters(aws: None) -> str:
    """The URL of a queue for messages that nobody can take."""
    return boto3.client("sqs").create_queue(QueueName="inbound-dead-letters")["QueueUrl"]
