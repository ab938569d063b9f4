"""The calls of Pulumi's AWS provider for each type of resource, and the names that differ from AWS's names.

Names that differ only in case, blocks that are lists of one entry, and maps that are lists of pairs need no entry.
"""

from typing import Any, Final

from ...tools.local.deploy.sns import SUBSCRIPTION, TOPIC
from ...tools.local.deploy.sqs import QUEUE
from .calls import Call, Inputs, call


def _without(inputs: Inputs, name: str, nothing: Any) -> Inputs:
    """Remove an input whose value stands for its absence."""
    return {key: value for key, value in inputs.items() if (key, value) != (name, nothing)}


def _with_reservation(inputs: Inputs) -> Inputs:
    return _without(inputs, "reservedConcurrentExecutions", -1)


def _with_retention(inputs: Inputs) -> Inputs:
    return _without(inputs, "retentionInDays", 0)


def _with_keys(inputs: Inputs) -> Inputs:
    """Convert the keys of a table and of its indexes to lists of attributes."""
    rest = {name: value for name, value in inputs.items() if name not in ("hashKey", "rangeKey")}
    keys = [(inputs.get("hashKey"), "HASH"), (inputs.get("rangeKey"), "RANGE")]
    schema = [{"attributeName": name, "keyType": kind} for name, kind in keys if name]
    indexes = {
        name: [_with_keys(index) for index in rest[name]]
        for name in ("globalSecondaryIndexes", "localSecondaryIndexes")
        if name in rest
    }
    return {**rest, **indexes, **({"keySchema": schema} if schema else {})}


def _with_suppressor(inputs: Inputs) -> Inputs:
    """Convert the suppressor's block to three members."""
    return {**_without(inputs, "actionsSuppressor", inputs.get("actionsSuppressor")), **_suppressor(inputs)}


def _suppressor(inputs: Inputs) -> Inputs:
    block = inputs.get("actionsSuppressor", {})
    names = {name: f"actionsSuppressor{name[0].upper()}{name[1:]}" for name in ("extensionPeriod", "waitPeriod")}
    return {{**names, "alarm": "actionsSuppressor"}[name]: value for name, value in block.items()}


def _with_store(inputs: Inputs) -> Inputs:
    """Convert one artifact store to a structure, and several stores to a map by region."""
    stores = inputs.get("artifactStores", [])
    rest = {name: value for name, value in inputs.items() if name != "artifactStores"}
    if len(stores) == 1:
        return {**rest, "artifactStore": stores[0]}
    by_region = {
        store.get("region", ""): {name: value for name, value in store.items() if name != "region"} for store in stores
    }
    return {**rest, "artifactStores": by_region}


def _with_event_bridge(inputs: Inputs) -> Inputs:
    """Convert Pulumi's flag to an empty structure. The request always has a configuration."""
    asked = {"eventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
    rest = {name: value for name, value in inputs.items() if name != "eventbridge"}
    return {**rest, "notificationConfiguration": asked}


def _with_window(inputs: Inputs) -> Inputs:
    """Remove a recovery window of 0, with which the provider deletes a secret at once."""
    return _without(inputs, "recoveryWindowInDays", 0)


KINDS: Final[dict[str, tuple[Call, ...]]] = {
    "apigatewayv2/api": (call("apigatewayv2 CreateApi", name="Name"),),
    "apigatewayv2/authorizer": (
        call("apigatewayv2 CreateAuthorizer", name="Name", identitySources="IdentitySource", audiences="Audience"),
    ),
    "apigatewayv2/integration": (call("apigatewayv2 CreateIntegration", timeoutMilliseconds="TimeoutInMillis"),),
    "apigatewayv2/route": (call("apigatewayv2 CreateRoute"),),
    "apigatewayv2/stage": (call("apigatewayv2 CreateStage", name="StageName"),),
    "cloudwatch/compositeAlarm": (
        call(
            "cloudwatch PutCompositeAlarm",
            turned=_with_suppressor,
        ),
    ),
    "cloudwatch/dashboard": (call("cloudwatch PutDashboard"),),
    "cloudwatch/eventRule": (call("events PutRule", name="Name", forceDestroy=""),),
    "cloudwatch/eventTarget": (
        call(
            "events PutTargets",
            below="Targets",
            made={"targetId": "terraform-20260101000000000000000001"},
            rule="Rule",
            eventBusName="EventBusName",
            targetId="Targets.Id",
            inputPaths="InputPathsMap",
            sqsTarget="Targets.SqsParameters",
            forceDestroy="",
        ),
    ),
    "cloudwatch/logGroup": (
        call("logs CreateLogGroup", turned=_with_retention, name="logGroupName", skipDestroy=""),
        call("logs PutRetentionPolicy", name="logGroupName", retentionInDays="retentionInDays"),
    ),
    "cloudwatch/logResourcePolicy": (call("logs PutResourcePolicy"),),
    "cloudwatch/metricAlarm": (
        call(
            "cloudwatch PutMetricAlarm",
            name="AlarmName",
            metricQueries="Metrics",
            metric="MetricStat",
            namespace="Metric.Namespace",
            metricName="Metric.MetricName",
            dimensions="Metric.Dimensions",
            evaluateLowSampleCountPercentiles="EvaluateLowSampleCountPercentile",
        ),
    ),
    "cloudwatch/queryDefinition": (call("logs PutQueryDefinition", name="name"),),
    "codebuild/project": (
        call(
            "codebuild CreateProject",
            name="name",
            buildTimeout="timeoutInMinutes",
            queuedTimeout="queuedTimeoutInMinutes",
        ),
    ),
    "codebuild/reportGroup": (
        call("codebuild CreateReportGroup", name="name", exportConfig="exportConfig", type="exportConfigType"),
        call("codebuild DeleteReportGroup", arn="arn", deleteReports="deleteReports"),
    ),
    "codedeploy/application": (call("codedeploy CreateApplication", name="applicationName"),),
    "codedeploy/deploymentConfig": (
        call(
            "codedeploy CreateDeploymentConfig",
            interval="canaryInterval|linearInterval",
            percentage="canaryPercentage|linearPercentage",
        ),
    ),
    "codedeploy/deploymentGroup": (call("codedeploy CreateDeploymentGroup", appName="applicationName"),),
    "codepipeline/pipeline": (
        call(
            "codepipeline CreatePipeline",
            below="pipeline",
            turned=_with_store,
            tags="tags",
            category="actionTypeId.category",
            owner="actionTypeId.owner",
            provider="actionTypeId.provider",
            version="actionTypeId.version",
            pushes="push",
            pullRequests="pullRequest",
        ),
    ),
    "dynamodb/table": (
        call(
            "dynamodb CreateTable",
            turned=_with_keys,
            name="TableName|IndexName|AttributeName",
            type="AttributeType",
            attributes="AttributeDefinitions",
            keySchemas="KeySchema",
            projectionType="Projection.ProjectionType",
            nonKeyAttributes="Projection.NonKeyAttributes",
            streamEnabled="StreamSpecification.StreamEnabled",
            streamViewType="StreamSpecification.StreamViewType",
            serverSideEncryption="SSESpecification",
            kmsKeyArn="KMSMasterKeyId",
            readCapacity="ProvisionedThroughput.ReadCapacityUnits",
            writeCapacity="ProvisionedThroughput.WriteCapacityUnits",
        ),
        call(
            "dynamodb UpdateContinuousBackups",
            name="TableName",
            pointInTimeRecovery="PointInTimeRecoverySpecification",
            enabled="PointInTimeRecoveryEnabled",
        ),
        call("dynamodb UpdateTimeToLive", name="TableName", ttl="TimeToLiveSpecification"),
    ),
    "iam/policy": (call("iam CreatePolicy", name="PolicyName", policy="PolicyDocument"),),
    "iam/role": (
        call("iam CreateRole", name="RoleName", assumeRolePolicy="AssumeRolePolicyDocument", forceDetachPolicies=""),
    ),
    "iam/rolePolicy": (call("iam PutRolePolicy", name="PolicyName", role="RoleName", policy="PolicyDocument"),),
    "iam/rolePolicyAttachment": (call("iam AttachRolePolicy", role="RoleName"),),
    "kms/alias": (call("kms CreateAlias", name="AliasName"),),
    "kms/key": (
        call("kms CreateKey", customerMasterKeySpec="KeySpec", isEnabled=""),
        call("kms EnableKeyRotation", keyId="KeyId", enableKeyRotation="", rotationPeriodInDays="RotationPeriodInDays"),
        call("kms ScheduleKeyDeletion", keyId="KeyId", deletionWindowInDays="PendingWindowInDays"),
    ),
    "lambda/alias": (call("lambda CreateAlias", name="Name"),),
    "lambda/eventSourceMapping": (call("lambda CreateEventSourceMapping", destinationArn="Destination"),),
    "lambda/function": (
        call(
            "lambda CreateFunction",
            turned=_with_reservation,
            name="FunctionName",
            code="Code.ZipFile",
            imageUri="Code.ImageUri",
            s3Bucket="Code.S3Bucket",
            s3Key="Code.S3Key",
            s3ObjectVersion="Code.S3ObjectVersion",
            fileSystemConfig="FileSystemConfigs",
            sourceCodeHash="",
            skipDestroy="",
        ),
        call(
            "lambda PutFunctionConcurrency",
            name="FunctionName",
            reservedConcurrentExecutions="ReservedConcurrentExecutions",
        ),
    ),
    "lambda/functionEventInvokeConfig": (call("lambda PutFunctionEventInvokeConfig"),),
    "lambda/layerVersion": (
        call(
            "lambda PublishLayerVersion",
            code="Content.ZipFile",
            s3Bucket="Content.S3Bucket",
            s3Key="Content.S3Key",
            s3ObjectVersion="Content.S3ObjectVersion",
            sourceCodeHash="",
            skipDestroy="",
        ),
    ),
    "lambda/permission": (
        call(
            "lambda AddPermission",
            made={"statementId": "terraform-20260101000000000000000001"},
            function="FunctionName",
        ),
    ),
    "s3/bucket": (
        call("s3 CreateBucket", bucket="Bucket", objectLockEnabled="ObjectLockEnabledForBucket", forceDestroy=""),
        call("s3 PutBucketTagging", bucket="Bucket", tags="Tagging.TagSet"),
    ),
    "s3/bucketLifecycleConfiguration": (
        call("s3 PutBucketLifecycleConfiguration", rules="LifecycleConfiguration.Rules"),
    ),
    "s3/bucketNotification": (
        call(
            "s3 PutBucketNotificationConfiguration",
            turned=_with_event_bridge,
            queues="NotificationConfiguration.QueueConfigurations",
            topics="NotificationConfiguration.TopicConfigurations",
            lambdaFunctions="NotificationConfiguration.LambdaFunctionConfigurations",
        ),
    ),
    "s3/bucketObjectv2": (call("s3 PutObject", content="Body"),),
    "s3/bucketOwnershipControls": (call("s3 PutBucketOwnershipControls", rule="OwnershipControls.Rules"),),
    "s3/bucketPolicy": (call("s3 PutBucketPolicy"),),
    "s3/bucketPublicAccessBlock": (
        call("s3 PutPublicAccessBlock", below="PublicAccessBlockConfiguration", bucket="Bucket"),
    ),
    "s3/bucketServerSideEncryptionConfiguration": (
        call("s3 PutBucketEncryption", rules="ServerSideEncryptionConfiguration.Rules"),
    ),
    "s3/bucketVersioning": (call("s3 PutBucketVersioning"),),
    "secretsmanager/secret": (
        call("secretsmanager CreateSecret", turned=_with_window, name="Name"),
        call("secretsmanager DeleteSecret", arn="SecretId", recoveryWindowInDays="RecoveryWindowInDays"),
    ),
    "sfn/alias": (
        call("stepfunctions CreateStateMachineAlias", name="name", routingConfigurations="routingConfiguration"),
    ),
    "sfn/stateMachine": (
        call(
            "stepfunctions CreateStateMachine",
            name="name",
            logDestination="destinations.cloudWatchLogsLogGroup.logGroupArn",
        ),
    ),
    "sns/topic": (call("sns CreateTopic", name="Name", as_attributes=TOPIC),),
    "sns/topicPolicy": (
        call("sns SetTopicAttributes", made={"attributeName": "Policy"}, arn="TopicArn", policy="AttributeValue"),
    ),
    "sns/topicSubscription": (call("sns Subscribe", topic="TopicArn", as_attributes=SUBSCRIPTION),),
    "sqs/queue": (call("sqs CreateQueue", name="QueueName", as_attributes=QUEUE),),
    "sqs/queuePolicy": (call("sqs SetQueueAttributes", policy="Attributes.Policy"),),
    "sqs/redriveAllowPolicy": (call("sqs SetQueueAttributes", redriveAllowPolicy="Attributes.RedriveAllowPolicy"),),
    "sqs/redrivePolicy": (call("sqs SetQueueAttributes", redrivePolicy="Attributes.RedrivePolicy"),),
    "ssm/parameter": (call("ssm PutParameter", name="Name", insecureValue="Value"),),
    "transfer/server": (call("transfer CreateServer", forceDestroy=""),),
    "transfer/sshKey": (call("transfer ImportSshPublicKey", body="SshPublicKeyBody"),),
    "transfer/user": (call("transfer CreateUser"),),
    "xray/group": (call("xray CreateGroup"),),
    "xray/samplingRule": (call("xray CreateSamplingRule", below="SamplingRule", tags="Tags"),),
}
"""Calls by a type without its package, such as `sqs/queue`. Repositories with other types of resources add them."""
