"""Pulumi's inputs as the parameters of AWS calls."""

from typing import Any

import pytest
from botocore.model import Shape

from bounded_context_cli.programs.requests import Untranslatable, shape_of, to_parameters


def shape(service: str, operation: str, parameter: str) -> Shape:
    """Return botocore's model of a call's parameter."""
    return shape_of(service, operation).members[parameter]


def test_names_match_in_any_case():
    """`kmsMasterKeyId` is the API's `KMSMasterKeyID`, at every depth, and one block is a list of one."""
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "key"}}
    parameters = to_parameters(
        shape("s3", "PutBucketEncryption", "ServerSideEncryptionConfiguration"), {"rules": rule}, {}
    )
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}
    assert parameters == {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}


def test_whole_numbers_are_whole_again():
    """Pulumi hands every number over as a float."""
    rule = {"id": "old", "status": "Enabled", "expiration": {"days": 7.0}}
    parameters = to_parameters(
        shape("s3", "PutBucketLifecycleConfiguration", "LifecycleConfiguration"), {"rules": [rule]}, {}
    )
    assert repr(parameters["Rules"][0]["Expiration"]) == "{'Days': 7}"


def test_keys_of_maps_stay_as_they_are():
    """The names of environment variables are data, not parameters."""
    parameters = to_parameters(shape("lambda", "CreateFunction", "Environment"), {"variables": {"tableName": "t"}}, {})
    assert parameters == {"Variables": {"tableName": "t"}}


def test_input_without_a_parameter_is_an_error():
    """An input that would be dropped stops the run and is named."""
    with pytest.raises(Untranslatable, match="'colour'"):
        to_parameters(shape("lambda", "CreateFunction", "Environment"), {"colour": "red"}, {})


def test_a_rename_leads_into_structures_and_may_have_several_names():
    """The first that the structure at hand has; what others have in it stays."""
    index = {"name": "by_status", "projectionType": "INCLUDE", "nonKeyAttributes": ["status"]}
    renames = {
        "name": "TableName|IndexName",
        "projectionType": "Projection.ProjectionType",
        "nonKeyAttributes": "Projection.NonKeyAttributes",
    }
    (parameters,) = to_parameters(shape("dynamodb", "CreateTable", "GlobalSecondaryIndexes"), index, renames)
    assert parameters == {
        "IndexName": "by_status",
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status"]},
    }


def test_a_map_is_a_list_of_pairs_where_aws_has_one():
    """Tags, dimensions; a block with the names of the pair is one of them."""
    parameters = to_parameters(shape("iam", "CreateRole", "Tags"), {"owner": "team", "stack": "dev"}, {})
    assert parameters == [{"Key": "owner", "Value": "team"}, {"Key": "stack", "Value": "dev"}]
    assert to_parameters(shape("iam", "CreateRole", "Tags"), {"key": "owner", "value": "team"}, {}) == parameters[:1]


def test_a_text_is_a_name_and_a_list_the_only_list_in_a_structure():
    """Pulumi's provider leaves out what has one member."""
    configuration = shape("codedeploy", "CreateDeploymentGroup", "alarmConfiguration")
    assert to_parameters(configuration, {"alarms": ["errors"]}, {}) == {"alarms": [{"name": "errors"}]}
    encryption = shape("s3", "PutBucketEncryption", "ServerSideEncryptionConfiguration")
    (rule,) = to_parameters(encryption, {"rules": {"blockedEncryptionTypes": ["SSE-C"]}}, {})["Rules"]
    assert rule == {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}


@pytest.mark.parametrize(("value", "parameter"), [(30.0, "30"), (0.5, "0.5"), (True, "true"), ("30", "30"), ([], [])])
def test_a_number_is_text_where_text_is_wanted(value: Any, parameter: Any):
    """As the provider writes it; what is no scalar stays."""
    assert to_parameters(shape("sqs", "CreateQueue", "Attributes"), {"VisibilityTimeout": value}, {}) == {
        "VisibilityTimeout": parameter
    }


@pytest.mark.parametrize(("value", "parameter"), [("30", 30), ("soon", "soon"), (1.5, 1.5), (None, None)])
def test_a_fraction_is_passed_on_unchanged(value: Any, parameter: Any):
    """Half a second would be none."""
    assert to_parameters(shape("lambda", "CreateFunction", "Timeout"), value, {}) == parameter
