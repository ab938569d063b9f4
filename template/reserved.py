"""Names that an answer may not take, because Python, the library or a repository has them already.

The tests compare these lists with what the library and a repository import and define.
"""

from __future__ import annotations

import builtins
import keyword
import sys


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]) | _words("y n yes no on off true false null")
"""Names that nothing may have: Python's keywords and built-ins, and what YAML 1.1 does not read as text."""

PACKAGES = WORDS.union(sys.stdlib_module_names) | _words(
    """
    asyncssh aws_lambda_powertools boolean boto3 botocore bounded_context build cfnlint context cryptography dist
    docs events functions google grimp grpc hypothesis infra jsonschema layer license_expression markdown_it moto
    mypy_boto3_cloudwatch mypy_boto3_codedeploy mypy_boto3_dynamodb mypy_boto3_dynamodbstreams mypy_boto3_lambda
    mypy_boto3_s3 mypy_boto3_sns mypy_boto3_sqs mypy_boto3_stepfunctions openapi_spec_validator pulumi
    pulumi_aws pulumi_policy pydantic pydantic_core pydynox pytest released requests rich schemathesis src staging
    tests typing_extensions urllib3 vendor workflow yaml
    """
)
"""Top-level packages and folders that a repository has, or that it or the library imports."""

CLASSES = _words(
    """
    Aggregate Aggregates AlreadyExists Amount Any BadContext Beside BusinessError Change Command CommandName Context
    Counter Currency Day Details ErrorEvent EventData Fault Field Final Flag Flaw Functions Identifier IllegalMove
    InMemory InMemoryAggregates InMemoryFiles InMemoryLists InMemoryProjection InMemoryReferences InMemorySeenIds List
    ListImport ListOpen ListSettings ListStatus Listing NotFound Outcome Part PartEvent PinnedFile Problem Projection
    Promise ReceivedList RegisterEvent RegisterListSettings Rejection RowsCheck RuleFailed Run Running Samples Shards
    StagedRow Status Step StepEvent StrEnum TableSettings Text TypedRow Upload ValidationSettings VerificationSettings
    VersionConflict View WholeNumber
    """
)
"""Classes that a repository imports or may import of the library, and schemas of its documents; lists are items too."""

CLASSES_OF_CONTEXT = ("{}", "{}Details", "{}Data")
"""Classes that are named after the context."""

VARIABLES = _words(
    """
    answer answers asked aws bootstrap change changed changes command commands context created current definition
    details empty event events expected found functions get handlers list_import message model projection pytest
    refused rows run running sample samples shards stacks step table use_cases values version versions workflow
    """
)
"""What stands in one function with a variable that is named after the context, or in one module with its constant."""

FUNCTIONS = WORDS | _words(
    """
    answer answers aws bootstrap changed checks command command_handler command_name commands compensate_error context
    created current details event event_handler expected found functions get_handler handlers import_list inbound
    invoked lambda_handler list_handler list_import measure_lists model on_event post_traffic pre_traffic projection
    pytest queries register_list relay_events samples settings shards step steps sweep_uploads use_cases validate_list
    verify_list watch_lists
    """
)
"""Lambda functions that every context has, and what stands beside a command's function in a module."""

FUNCTIONS_OF_CONTEXT = ("get_{}", "{}_id", "{}")
FUNCTIONS_OF_PLURAL = ("list_{}", "{}")
"""Lambda functions, and what stands beside them, that are named after the context, and after more than one of them."""

FIELDS = WORDS | _words(
    """
    dataschema date details etag event expected_version expires_at field fields identity json line list_id list_shard of
    part pk reason schema status status_shard traceparent version
    """
)
"""Attributes of an item or of its model."""

FIELDS_OF_PYDANTIC = _words(
    """
    construct copy from_orm parse_file parse_obj parse_raw schema_json update_forward_refs validate
    """
)
"""Attributes of pydantic's models, which a field of the same name would hide."""

LIST_EVENTS = ("ListImported", "ListRejected")
"""What follows the context's name in the events that every context raises."""

MEASURES = _words(
    """
    CommandsRefused EventAge EventSourceMappingsFailing EventsApplied EventsPoisoned EventsPublished EventsRefused
    EventsStale ListDuration ListsFailed ListsImported ListsLate ListsReceived ListsRejected OldestUnfinishedListAge
    RowsImported RowsRejected RuleSeconds UploadsBroken UploadsUnseen
    """
)
"""Metrics that every context has; an event gives its name to another."""
