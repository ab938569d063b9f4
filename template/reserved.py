"""Reserved names: Python, the library or a repository uses them, so answers may not.

The tests compare these lists with the imports and definitions of the library and a repository.
"""

from __future__ import annotations

import builtins
import keyword
import sys


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]) | _words("y n yes no on off true false null")
"""Names that are always reserved: Python's keywords and built-ins, and words that YAML 1.1 does not read as text."""

STACKS = _words("dev staging prod pr sandbox pipeline state deployer")
"""Stacks and other names after another context's name: no word of a context's name after the first is one of them."""

PACKAGES = WORDS.union(sys.stdlib_module_names) | _words(
    """
    annotated_types asyncssh aws_lambda_powertools boolean boto3 botocore bounded_context build cfnlint context
    cryptography dist docs events functions google grimp grpc hypothesis infra jsonschema layer license_expression
    markdown_it moto mypy_boto3_cloudwatch mypy_boto3_codedeploy mypy_boto3_dynamodb mypy_boto3_dynamodbstreams
    mypy_boto3_lambda mypy_boto3_s3 mypy_boto3_sns mypy_boto3_sqs mypy_boto3_stepfunctions openapi_spec_validator
    psutil pulumi pulumi_aws pulumi_policy pydantic pydantic_core pydynox pytest released requests rich schemathesis
    src staging tests typer typing_extensions urllib3 vendor workflow yaml
    """
)
"""Top-level packages and folders of a repository, and packages that the repository or the library imports."""

CLASSES = _words(
    """
    Aggregate Aggregates AlreadyExists Amount Annotated Any BadContext BusinessError Change Command Context Counter
    Currency Day Decimal0 Decimal1 Decimal2 Decimal3 Decimal4 Details Email ErrorEvent EventData Fault Field Final
    Flag Flaw Fraction Functions Identifier IllegalMove InMemory InMemoryAggregates InMemoryFiles InMemoryLists
    InMemoryProjection InMemoryReferences InMemorySeenIds List ListImport ListOpen ListSettings ListStatus Listing
    Literal LongText NotFound Outcome Part PartEvent Personal Phone PinnedFile PreviousVersion Problem Projection
    Promise ReceivedList RegisterEvent RegisterListSettings Rejection RowsCheck RuleFailed Run Running Samples
    Shards Signed0 Signed1 Signed2 Signed3 Signed4 StagedRow Status Step StepEvent StrEnum TableSettings Text
    Timestamp TypedRow Upload Uuid ValidationSettings VerificationSettings VersionConflict View WholeNumber
    """
)
"""Classes of the library that a repository may import, and schemas of its documents."""

CLASSES_OF_CONTEXT = ("{}", "{}Details", "{}Data")
"""Classes with the context's name."""

VARIABLES = _words(
    """
    answer answers asked aws change changed changes command commands context created current definition
    details empty event events expected found functions get handlers list_import message model projection pytest
    query refused rows run running sample samples shards stacks step table use_cases values version versions workflow
    """
)
"""Names in functions with a variable named after the context, and in modules with the context's constant."""

FUNCTIONS = WORDS | _words(
    """
    answer answers aws changed checks command command_handler commands compensate_error context created current
    details event event_handler expected found functions get_handler handlers import_list inbound invoked
    lambda_handler largest list_handler list_import measure_lists model on_event post_traffic pre_traffic projection
    pytest queries register_list relay_events samples settings shards step steps sweep_uploads uploaded use_cases
    validate_list verify_list watch_lists watch_mappings
    """
)
"""Lambda functions of every context, and other names in the modules of a command's function."""

FUNCTIONS_OF_CONTEXT = ("get_{}", "{}_id", "{}")
FUNCTIONS_OF_PLURAL = ("list_{}", "{}")
"""Lambda functions, and other names in their modules, that contain the context's name or its plural."""

FIELDS = WORDS | _words(
    """
    dataschema date details etag event expected_version expires_at field fields identity json line list_id list_shard of
    part pk reason schema status status_shard traceparent version
    """
)
"""Attributes of an item or its model."""

FIELDS_OF_PYDANTIC = _words(
    """
    construct copy from_orm mro parse_file parse_obj parse_raw register schema_json update_forward_refs validate
    """
)
"""Attributes of pydantic's models and their metaclass, which a field of the same name would hide."""

LIST_EVENTS = ("ListImported", "ListRejected")
"""The ends of the names of the events that every context publishes; they follow the context's name."""

MEASURES = _words(
    """
    CommandsRefused EventAge EventSourceMappingsFailing EventsApplied EventsPoisoned EventsPublished EventsRefused
    EventsStale ListDuration ListsFailed ListsImported ListsLate ListsReceived ListsRejected OldestUnfinishedListAge
    RowsImported RowsRejected RuleSeconds UploadsBroken UploadsQuarantined UploadsUnseen
    """
)
"""Metrics of every context. Each event also has a metric with the event's name."""
