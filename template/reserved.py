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
    asyncssh aws_lambda_powertools boto3 botocore build cfnlint consumer context contracts cryptography dist docs events
    google grpc hypothesis infra jsonschema layer local markdown_it moto mypy_boto3_cloudwatch mypy_boto3_codedeploy
    mypy_boto3_dynamodb mypy_boto3_dynamodbstreams mypy_boto3_lambda mypy_boto3_s3 mypy_boto3_sns mypy_boto3_sqs
    mypy_boto3_stepfunctions openapi_spec_validator plotly pulumi pulumi_aws pydantic pydantic_core pydynox pytest
    redrive requests rich rollout schemathesis src staging tests typing_extensions workflow yaml
    """
)
"""Top-level packages and folders that the generated repository has or imports."""

CLASSES = _words(
    """
    APIGatewayHttpResolver AbstractContextManager AfterValidator AlreadyExists AlreadyTaken Amount Amounts Annotated
    Answer Any Applied AwareDatetime BadCursor BaseModel BinaryIO Body BufferedReader BusinessError ById Callable Change
    Check Checked ClientError CloudEvent CodeDeployClient Collection Command CommandName Config ConfigDict Consumed
    ContextVar CoreSchema Count Counter Currency Day DeadLetters Decimal Deployments Document DynamoDBClient
    DynamoDBPersistenceLayer DynamoDBRecord DynamoDBRecordEventName DynamoDBStreamEvent Envelope Event Executions
    ExitStack Fact Fault Field Files Final Flag Flaw ForeignEvent Fraction Function FunctionFailed GetCoreSchemaHandler
    Handler Header Hook IdempotencyAlreadyInProgressError IdempotencyConfig IdempotencyKey IdempotencyValidationError
    Identifier Identity IfMatch IfNoneMatch IllegalMove InboxBucket Iterable Iterator Json Key Kind LambdaClient
    LambdaPowertoolsFormatter List ListImportedData ListRejectedData ListSettings ListStatus ListTable Listing Lists
    Literal Logger Mapping Measure MeasureListsSettings Message MessageAttributeValueTypeDef MetricUnit Metrics
    NamedTuple NoReturn NotAList NotFound OnEventSettings Outcome Page Part PartEvent Path PinnedFile Poison
    PoisonReason Position Problem Projection ProjectionTable Protocol ProvisionedThroughputExceededException
    PublishBatchRequestEntryTypeDef PurePosixPath PydanticCustomError Query RawIOBase ReceivedList Record ReferenceTable
    References Refused RegisterEvent RegisterListSettings Rejection RelaySettings Report RequestValidationError Response
    Row RowsCheck S3Client SFNClient SNSClient SQSClient SQSEvent SQSRecord SeenIds Selection Self Sequence Settings
    Shards Slice SqliteSeenIds StagedRow Staging Standing Status Step StepEvent StrEnum StreamingBody StringIO Table
    TableSettings Target Text TextIOWrapper Topic TraceContext Tracer TrafficHookSettings TransactionCanceledException
    TypeAdapter TypeVar Unreadable Upload UploadEvent ValidationError ValidationSettings VerificationSettings
    VersionConflict Versions View WatchListsSettings WholeNumber Written
    """
)
"""Classes that the generated sources define or import by name."""

CLASSES_OF_CONTEXT = ("{}", "{}Details", "{}Table", "Imported{}Table", "{}Data", "{}Shards")
"""Classes that are named after the context."""

CLASSES_OF_PLURAL = ("{}", "Imported{}")
"""Classes that are named after more than one of them."""

VARIABLES = _words(
    """
    about accepted add asked bootstrap cache change changed changes check chunks command commands compensate
    compensate_error conflict count created csv csv_file current data datetime deployments details dynamodb_client error
    event event_type events executions files findings found from_values identities identity image import_list item items
    key known last list_id lists load logger part payload places projection pytest read_part reason received record
    references rejected rejection rejections remove removed replace replaced report row rows sample samples save
    seen_ids self shards span standing step table taken time to_event tolerated_share topic traceparent unknown use_case
    validated values verified version versions watched
    """
)
"""What stands in one function with a variable that is named after the context."""

FUNCTIONS = WORDS | _words(
    """
    answers_requests answers_smoke_checks api app bootstrap changed command command_name commands compensate_error
    context counting created current details entry_point event expected_version idempotency_key if_match import_list
    lambda_handler measure_lists on_event operations partial performed post_traffic pre_traffic register_list
    relay_events route run shown shown_created shown_version validate_list verify_list watch_lists
    """
)
"""Lambda functions that every context has, and what stands beside a command's function in a module."""

FUNCTIONS_OF_CONTEXT = ("get_{}", "list_{}s", "{}_id")
"""Lambda functions, and variables of theirs, that are named after the context."""

FIELDS = WORDS | _words(
    """
    date details event expected_version expires_at field fields json line list_id list_shard part pk reason schema
    status status_shard traceparent version
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
    CommandsRefused EventAge EventsApplied EventsPoisoned EventsPublished EventsRefused EventsStale ListDuration
    ListsFailed ListsImported ListsLate ListsReceived ListsRejected OldestUnfinishedListAge RowsImported RowsRejected
    UploadsBroken
    """
)
"""Metrics that every context has; an event gives its name to another."""
