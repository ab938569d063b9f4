"""Names that an answer may not take, because Python or the generated repository has them already.

The tests compare these lists with what the generated sources import and define.
"""

from __future__ import annotations

import builtins
import keyword
import sys


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]) | _words("y n yes no on off true false null")
"""Names that nothing may have: Python's keywords and built-ins, and what YAML 1.1 reads as something else than text."""

PACKAGES = WORDS.union(sys.stdlib_module_names) | _words(
    """
    asyncssh aws_lambda_powertools boto3 botocore build cfnlint context dist docs google grpc hypothesis infra
    jsonschema layer local markdown_it moto mypy_boto3_cloudwatch mypy_boto3_codedeploy mypy_boto3_dynamodb
    mypy_boto3_dynamodbstreams mypy_boto3_lambda mypy_boto3_s3 mypy_boto3_sns mypy_boto3_sqs
    mypy_boto3_stepfunctions plotly pulumi pulumi_aws pydantic pydantic_core pydynox pytest redrive rich rollout src
    staging tests typing_extensions workflow yaml
    consumer contracts events
    openapi_spec_validator
    cryptography requests schemathesis
    """
)
"""Top-level packages and folders that the generated repository has or imports."""

CLASSES = _words(
    """
    AlreadyExists AlreadyTaken Amount Amounts Annotated Any BaseModel BinaryIO BufferedReader BusinessError Callable
    Change Check Checked ClientError CodeDeployClient Collection Command CommandName Config ConfigDict ContextVar
    CoreSchema Counter Currency Day Decimal Deployments Document DynamoDBClient DynamoDBPersistenceLayer
    DynamoDBRecord DynamoDBRecordEventName DynamoDBStreamEvent Event Executions ExitStack Fact Fault Field Files
    Final Flag Fraction Function FunctionFailed GetCoreSchemaHandler Handler Hook IdempotencyAlreadyInProgressError
    IdempotencyConfig IdempotencyValidationError Identifier IllegalMove InboxBucket Iterable Iterator LambdaClient
    LambdaPowertoolsFormatter List ListSettings ListStatus ListTable Lists Literal Logger Mapping Measure
    MeasureListsSettings Message MetricUnit Metrics NamedTuple NotAList NotFound Outcome Part PartEvent Path
    PinnedFile Protocol ProvisionedThroughputExceededException PublishBatchRequestEntryTypeDef PurePosixPath
    RawIOBase ReceivedList Record ReferenceTable References RegisterEvent RegisterListSettings Rejection
    RelaySettings Report Row S3Client SFNClient SNSClient SeenIds Self Sequence Settings SqliteSeenIds StagedRow
    Staging Status Step StepEvent StrEnum StreamingBody StringIO Table TableSettings Target Text TextIOWrapper Topic
    TraceContext Tracer TrafficHookSettings TransactionCanceledException TypeAdapter TypeVar Unreadable Upload
    UploadEvent ValidationError ValidationSettings VerificationSettings VersionConflict Versions WatchListsSettings
    WholeNumber Written
    AwareDatetime CloudEvent Count ListImportedData ListRejectedData
    APIGatewayHttpResolver AbstractContextManager Answer BadCursor Body ById Flaw Header IdempotencyKey Identity IfMatch
    IfNoneMatch Key Kind Listing NoReturn Page Position Problem PydanticCustomError Query Refused
    RequestValidationError Response Selection Shards Slice View
    RowsCheck
    Applied AwareDatetime Consumed DeadLetters Envelope ForeignEvent Json MessageAttributeValueTypeDef
    OnEventSettings Poison PoisonReason Projection ProjectionTable SQSClient SQSEvent SQSRecord Standing
    AfterValidator
    """
)
"""Classes that the generated sources define or import by name."""

CLASSES_OF_CONTEXT = ("{}", "{}Details", "{}Table", "Imported{}Table", "{}Data", "{}Shards")
"""Classes that are named after the context."""

CLASSES_OF_PLURAL = ("{}", "Imported{}")
"""Classes that are named after more than one of them."""

VARIABLES = _words(
    """
    about accepted add bootstrap cache change changed changes chunks command commands compensate compensate_error
    conflict count created csv csv_file current data datetime deployments details dynamodb_client error event
    event_type events executions files findings found from_values identities identity image import_list item items
    key known last list_id lists load logger part payload places pytest read_part reason received record references
    rejected rejection rejections remove removed replace replaced report row rows sample samples save seen_ids self
    span standing step table taken time to_event tolerated_share topic traceparent unknown use_case validated values
    verified version versions watched
    asked shards
    check projection
    projection
    """
)
"""What stands in one function with a variable that is named after the context."""

FUNCTIONS = WORDS | _words(
    """
    answers_smoke_checks bootstrap changed command command_name commands compensate_error context created current
    details entry_point event import_list lambda_handler measure_lists post_traffic pre_traffic register_list
    relay_events run validate_list watch_lists
    verify_list
    answers_requests api app counting expected_version idempotency_key if_match operations partial performed route shown
    shown_created shown_version
    on_event
    """
)
"""Lambda functions that every context has, and what stands beside a command's function in a module."""

FUNCTIONS_OF_CONTEXT = ("get_{}", "list_{}s", "{}_id")
"""Lambda functions, and variables of theirs, that are named after the context."""

FIELDS = WORDS | _words(
    """
    date details event expected_version expires_at field fields json line list_id part pk reason schema status
    version
    list_shard status_shard
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
    CommandsRefused EventAge EventsPublished EventsRefused ListDuration ListsFailed ListsImported ListsLate
    ListsReceived ListsRejected OldestUnfinishedListAge RowsImported RowsRejected UploadsBroken
    EventsApplied EventsPoisoned EventsStale
    """
)
"""Metrics that every context has; an event gives its name to another."""
