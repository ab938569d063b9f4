"""The deployer: what it makes, what it lists, and what it refuses."""

from pathlib import Path

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.provider import deploy

from .conftest import RecordingAws

SETTINGS = "config:\n  aws:region: eu-west-1\n  toy:delay: 3\n"


@pytest.fixture
def program(tmp_path: Path):
    """Makes the folder of a Pulumi program from its source."""

    def write(source: str) -> Path:
        (tmp_path / "Pulumi.yaml").write_text("name: toy\nruntime: python\n")
        (tmp_path / "Pulumi.local.yaml").write_text(SETTINGS)
        (tmp_path / "__main__.py").write_text("import pulumi\nimport pulumi_aws as aws\n" + source)
        return tmp_path

    return write


def test_a_resource_is_created_and_its_outputs_are_used(aws_of_nothing: RecordingAws, program):
    """A queue gets the program's settings; its real URL comes out of the program."""
    source = """
delay = pulumi.Config().require_int("delay")
queue = aws.sqs.Queue("orders", delay_seconds=delay, tags={"owner": "us"})
pulumi.export("url", queue.url)
"""
    deployment = deploy(aws_of_nothing, program(source), "local", {})
    [(_, parameters)] = [call for call in aws_of_nothing.calls if call[0] == "sqs:create_queue"]
    assert parameters["Attributes"] == {"DelaySeconds": "3"}
    assert parameters["tags"] == {"owner": "us"}
    assert deployment.outputs == {"url": f"https://queue/{parameters['QueueName']}"}
    assert deployment.inputs["aws:sqs/queue:Queue orders"] == {"delaySeconds": 3, "tags": {"owner": "us"}}


@pytest.mark.parametrize("blocked", [None, ["SSE-C"]])
def test_encryption_of_a_bucket_is_set_whether_or_not_a_kind_of_it_is_blocked(
    aws_of_nothing: RecordingAws, program, blocked: list[str] | None
):
    """What is blocked stands one level deeper in the API than in the provider."""
    rule = {"bucket_key_enabled": True} | ({"blocked_encryption_types": blocked} if blocked else {})
    source = f"aws.s3.BucketServerSideEncryptionConfiguration('e', bucket='b', rules=[{rule}])"
    deploy(aws_of_nothing, program(source), "local", {})
    [(_, parameters)] = [call for call in aws_of_nothing.calls if call[0] == "s3:put_bucket_encryption"]
    encryption = {"BucketKeyEnabled": True} | (
        {"BlockedEncryptionTypes": {"EncryptionType": blocked}} if blocked else {}
    )
    assert parameters["ServerSideEncryptionConfiguration"] == {"Rules": [encryption]}


def test_settings_of_the_run_win(aws_of_nothing: RecordingAws, program):
    """What only this run knows replaces what the stack's file says."""
    deployment = deploy(
        aws_of_nothing, program('pulumi.export("delay", pulumi.Config().get("delay"))'), "local", {"delay": 9}
    )
    assert deployment.outputs == {"delay": "9"}


def test_type_without_a_handler_is_listed(aws_of_nothing: RecordingAws, program):
    """What the embedded AWS cannot hold is named, and the program goes on."""
    deployment = deploy(
        aws_of_nothing, program('aws.xray.Group("slow", group_name="slow", filter_expression="")'), "local", {}
    )
    assert deployment.not_emulated == ["aws:xray/group:Group slow"]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('aws.sqs.Queue("orders", fifo_throughput_limit="perQueue")', "Queue orders .* 'fifoThroughputLimit'"),
        ('aws.kms.Key("key", xks_key_id="x", is_enabled=False)', "Key key .* 'isEnabled'"),
        ("aws.get_availability_zones()", "getAvailabilityZones"),
        ('raise ValueError("part_rows is -1")', "ValueError: part_rows is -1"),
    ],
)
def test_an_unsupported_program_stops_the_deployment(source: str, named: str, aws_of_nothing: RecordingAws, program):
    """An unsupported input, an unsupported function call, or an error of the program."""
    with pytest.raises(LocalRunError, match=named):
        deploy(aws_of_nothing, program(source), "local", {})
