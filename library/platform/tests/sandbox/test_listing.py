"""The temporary stacks in a bucket are listed by the names of their states alone."""

import boto3
import pytest

from bounded_context_infra.configuration.project import current
from bounded_context_platform.temporary_stacks.stack import temporary_stacks
from tests.smoke_account.conftest import Cli


def test_a_kind_is_listed_without_reading_a_state(
    cli: Cli, aws: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state?region=us-east-1")
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="state")
    for name in ("dev.json", "pr-1.json", "pr-1.json.bak", "pr-2.json.gz", "pr-3.pulumi-tags", "sandbox-ada.json"):
        s3.put_object(Bucket="state", Key=f".pulumi/stacks/payment/{name}", Body=b"")
    assert [stack.name for stack in temporary_stacks(current(), ["pr"])] == ["pr-1", "pr-2"]
    assert cli.calls == []
