"""Pulumi's inputs as the parameters of AWS calls."""

from typing import Any

import pytest
from botocore.model import Shape

from bounded_context.local.aws import Aws
from bounded_context.local.deploy.translation import Untranslatable, to_parameters


@pytest.fixture
def shape(aws_of_nothing: Aws) -> Any:
    """Finds what botocore knows of a call's parameter."""

    def find(service: str, operation: str, parameter: str) -> Shape:
        return aws_of_nothing.input_shape(service, operation).members[parameter]

    return find


def test_names_match_whatever_their_case(shape: Any):
    """`kmsMasterKeyId` is the API's `KMSMasterKeyID`, at every depth, and one block is a list of one."""
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "key"}}
    found = to_parameters(
        shape("s3", "put_bucket_encryption", "ServerSideEncryptionConfiguration"), {"rules": rule}, {}
    )
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}
    assert found == {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}


def test_whole_numbers_are_whole_again(shape: Any):
    """Pulumi hands every number over as a float."""
    rule = {"id": "old", "status": "Enabled", "expiration": {"days": 7.0}}
    found = to_parameters(
        shape("s3", "put_bucket_lifecycle_configuration", "LifecycleConfiguration"), {"rules": [rule]}, {}
    )
    assert repr(found["Rules"][0]["Expiration"]) == "{'Days': 7}"


def test_keys_of_maps_stay_as_they_are(shape: Any):
    """The names of environment variables are data, not parameters."""
    found = to_parameters(shape("lambda", "create_function", "Environment"), {"variables": {"tableName": "t"}}, {})
    assert found == {"Variables": {"tableName": "t"}}


def test_input_without_a_parameter_is_an_error(shape: Any):
    """An input that would be dropped stops the run and is named."""
    with pytest.raises(Untranslatable, match="'colour'"):
        to_parameters(shape("lambda", "create_function", "Environment"), {"colour": "red"}, {})
