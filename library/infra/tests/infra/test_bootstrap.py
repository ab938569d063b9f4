"""The place of Pulumi's state: made once, closed to everyone else, and the same however often it is asked for."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.project import current
from bounded_context_platform import bootstrap
from tests.console import context

CONTEXT = current().context
REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account in this process, so that two accounts can share the world's bucket names."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def _bucket(state: bootstrap.StateBackend) -> str:
    return state.backend.removeprefix("s3://").partition("?")[0]


def _described(bucket: str) -> dict[str, Any]:
    """All that the command sets, as AWS tells it, and how many keys there are."""
    s3: Any = boto3.client("s3")
    kms: Any = boto3.client("kms")
    configuration: dict[str, Any] = {
        "encryption": s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"],
        "versioning": s3.get_bucket_versioning(Bucket=bucket)["Status"],
        "access": s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"],
        "policy": json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
        "tags": s3.get_bucket_tagging(Bucket=bucket)["TagSet"],
        "keys": [key["KeyId"] for key in kms.list_keys()["Keys"]],
        "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
    }
    configuration["rotates"] = [
        kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] for key in configuration["keys"]
    ]
    return configuration


def test_the_state_is_encrypted_versioned_and_closed() -> None:
    """One bucket, one key that rotates, nothing public, nothing over plain HTTP."""
    bucket = _bucket(bootstrap.bootstrap(CONTEXT, boto3.Session()))
    configuration = _described(bucket)
    (rule,) = configuration["encryption"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].endswith(configuration["keys"][0])
    assert rule["BucketKeyEnabled"] is True
    assert (configuration["versioning"], configuration["rotates"], configuration["buckets"]) == (
        "Enabled",
        [True],
        [bucket],
    )
    assert set(configuration["access"].values()) == {True}
    assert configuration["lifecycle"][0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    (refusal,) = configuration["policy"]["Statement"]
    assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_second_run_changes_nothing() -> None:
    """The same answers, and no second key."""
    first = bootstrap.bootstrap(CONTEXT, boto3.Session())
    before = _described(_bucket(first))
    assert bootstrap.bootstrap(CONTEXT, boto3.Session()) == first
    assert _described(_bucket(first)) == before


def test_it_prints_the_login_of_the_state(capsys: pytest.CaptureFixture[str]) -> None:
    """The command's lines can be pasted, into a shell and into the pipeline's file."""
    context("bootstrap")
    out = capsys.readouterr().out
    assert f'pulumi login "s3://{kebab(CONTEXT.name)}-state-123456789012-{REGION}?region={REGION}"\n' in out
    provider = rf"awskms:///arn:aws:kms:{REGION}:123456789012:key/[\w-]+\?region={REGION}"
    assert re.search(rf'stack init <stack> .* "{provider}&context_stack=<stack>"\n', out)
    assert re.search(rf'stack init main .* "{provider}&context_stack=pipeline"\n', out)
    assert re.search(rf"-pipeline:secrets_provider: {provider}\n", out)
    assert f"  {CONTEXT.name}-pipeline:backend: s3://" in out
    assert f'  {CONTEXT.name}-pipeline:account: "123456789012"\n' in out


def test_a_later_run_keeps_the_policy_that_the_accounts_program_sets() -> None:
    bucket = _bucket(bootstrap.bootstrap(CONTEXT, boto3.Session()))
    own = json.dumps({"Version": "2012-10-17", "Statement": []})
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=own)
    bootstrap.bootstrap(CONTEXT, boto3.Session())
    assert boto3.client("s3").get_bucket_policy(Bucket=bucket)["Policy"] == own


def test_the_key_of_an_earlier_version_gets_the_tag_that_no_stack_has() -> None:
    kms: Any = boto3.client("kms")
    old = kms.create_key(Tags=[{"TagKey": "context", "TagValue": CONTEXT.name}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{kebab(CONTEXT.name)}-state", TargetKeyId=old)
    bootstrap.bootstrap(CONTEXT, boto3.Session())
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=old)["Tags"]}
    assert (tags["context"], tags["stack"]) == (CONTEXT.name, "state")


def test_a_bucket_of_another_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that somebody else took is never written to."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    name = f"{kebab(CONTEXT.name)}-state-123456789012-{REGION}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    with pytest.raises(bootstrap.BootstrapError, match=name):
        bootstrap.bootstrap(CONTEXT, boto3.Session())


def test_a_missing_region_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The state's region is the user's choice."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert context("bootstrap") == 1
    assert "set AWS_REGION" in capsys.readouterr().err


def test_the_region_comes_from_aws_region_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS_REGION, of which boto3 by itself knows nothing, and before any other."""
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    context("bootstrap")
    assert "-eu-north-1?region=eu-north-1" in capsys.readouterr().out


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_every_region_is_accepted(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest region makes buckets in another way, and says nothing if one is there."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    first = bootstrap.bootstrap(CONTEXT, boto3.Session())
    assert bootstrap.bootstrap(CONTEXT, boto3.Session()) == first
    assert region in first.backend
