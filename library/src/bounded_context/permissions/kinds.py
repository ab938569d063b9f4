"""What Pulumi's AWS provider asks AWS for, by the type of a resource: to look at it, and to make, change or remove it.

The actions are those that AWS states for the same resource in the schemas of CloudFormation (`handlers`), without those
of options that no component uses, and with those that only the provider asks for; a test holds both together. Where ids
are AWS's own, a tag stands for the name, or the ARN ends with `*`.
"""

from collections.abc import Mapping
from typing import Final

from .grants import Grant, on

_API: Final = (
    on("apigateway:{region}::/apis", "apigateway", read="GET", write="POST"),
    on("apigateway:{region}::/apis/*", "apigateway", read="GET", write="DELETE PATCH POST PUT"),
    on("apigateway:{region}::/tags/*", "apigateway", read="GET", write="DELETE POST PUT TagResource UntagResource"),
)
_BUCKET: Final = "s3:::{prefix}-*"
_FUNCTION: Final = "lambda:{place}:function:{prefix}-*"
_LOG_DELIVERY: Final = on(
    "*",
    "logs",
    read="DescribeLogGroups DescribeResourcePolicies GetLogDelivery ListLogDeliveries",
    write="CreateLogDelivery DeleteLogDelivery PutResourcePolicy UpdateLogDelivery",
)
"""What a service that writes logs asks of whoever sets it up."""

_MACHINE: Final = "states:{place}:stateMachine:{prefix}-*"
_QUEUE: Final = "sqs:{place}:{prefix}-*"
_ROLE: Final = "iam::{account}:role/{prefix}-*"
_TOPIC: Final = "sns:{place}:{prefix}-*"
_MAPPING: Final = "lambda:{place}:event-source-mapping:*"
_KEY: Final = "kms:{place}:key/*"
_ALARM: Final = (
    # AWS shows composite alarms only to whom it may show all (CloudWatch API reference, DescribeAlarms).
    on("*", "cloudwatch", read="DescribeAlarms"),
    on(
        "cloudwatch:{place}:alarm:{prefix}-*",
        "cloudwatch",
        read="ListTagsForResource",
        write="DeleteAlarms PutCompositeAlarm PutMetricAlarm TagResource UntagResource",
    ),
)
_EVENT_RULE: Final = "events:{place}:rule/{prefix}-*"

KINDS: Final[Mapping[str, tuple[Grant, ...]]] = {
    "apigatewayv2/api": _API,
    "apigatewayv2/authorizer": _API,
    "apigatewayv2/integration": _API,
    "apigatewayv2/route": _API,
    "apigatewayv2/stage": (*_API, _LOG_DELIVERY),
    "cloudwatch/compositeAlarm": _ALARM,
    "cloudwatch/metricAlarm": _ALARM,
    "cloudwatch/dashboard": (
        on(
            "cloudwatch::{account}:dashboard/{prefix}-*",
            "cloudwatch",
            read="GetDashboard ListTagsForResource",
            write="DeleteDashboards PutDashboard TagResource UntagResource",
        ),
    ),
    "cloudwatch/eventRule": (
        on(
            _EVENT_RULE,
            "events",
            read="DescribeRule ListTagsForResource",
            write="DeleteRule PutRule TagResource UntagResource",
        ),
    ),
    "cloudwatch/eventTarget": (on(_EVENT_RULE, "events", read="ListTargetsByRule", write="PutTargets RemoveTargets"),),
    "cloudwatch/logGroup": (
        on("*", "logs", read="DescribeLogGroups"),
        on(
            "logs:{place}:log-group:/aws/*/{prefix}-*",
            "logs",
            read="ListTagsForResource",
            write="AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey "
            "PutRetentionPolicy TagResource UntagResource",
        ),
    ),
    "cloudwatch/queryDefinition": (
        on("*", "logs", read="DescribeQueryDefinitions", write="DeleteQueryDefinition PutQueryDefinition"),
    ),
    "codedeploy/application": (
        on(
            "codedeploy:{place}:application:{prefix}",
            "codedeploy",
            read="GetApplication ListTagsForResource",
            write="CreateApplication DeleteApplication TagResource UntagResource UpdateApplication",
        ),
    ),
    "codedeploy/deploymentConfig": (
        on(
            "codedeploy:{place}:deploymentconfig:{prefix}-*",
            "codedeploy",
            read="GetDeploymentConfig",
            write="CreateDeploymentConfig DeleteDeploymentConfig",
        ),
    ),
    "codedeploy/deploymentGroup": (
        on(
            "codedeploy:{place}:deploymentgroup:{prefix}/{prefix}-*",
            "codedeploy",
            read="GetDeploymentGroup ListTagsForResource",
            write="CreateDeploymentGroup DeleteDeploymentGroup TagResource UntagResource UpdateDeploymentGroup",
        ),
    ),
    "dynamodb/table": (
        on(
            "dynamodb:{place}:table/{prefix}-*",
            "dynamodb",
            read="DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource",
            write="CreateTable DeleteTable TagResource UntagResource UpdateContinuousBackups UpdateTable "
            "UpdateTimeToLive",
        ),
        # DynamoDB uses the table's key in the name of whoever makes the table.
        on(_KEY, "kms", read="DescribeKey", write="CreateGrant Decrypt Encrypt", when="tagged"),
    ),
    "iam/role": (
        on(
            _ROLE,
            "iam",
            read="GetRole ListAttachedRolePolicies ListRolePolicies",
            write="CreateRole DeleteRole ListInstanceProfilesForRole TagRole UntagRole UpdateAssumeRolePolicy "
            "UpdateRole UpdateRoleDescription",
        ),
        on(_ROLE, "iam", write="PassRole", when="passed on"),
    ),
    "iam/rolePolicy": (on(_ROLE, "iam", read="GetRolePolicy", write="DeleteRolePolicy PutRolePolicy"),),
    "kms/alias": (
        on("*", "kms", read="ListAliases"),
        on("kms:{place}:alias/{prefix}", "kms", write="CreateAlias DeleteAlias UpdateAlias"),
        on(_KEY, "kms", write="CreateAlias DeleteAlias UpdateAlias", when="tagged"),
    ),
    "kms/key": (
        on("*", "kms", write="CreateKey TagResource", when="asked with tags"),
        on(
            _KEY,
            "kms",
            read="DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
            write="EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription",
            when="tagged",
        ),
    ),
    "lambda/alias": (on(_FUNCTION, "lambda", read="GetAlias", write="CreateAlias DeleteAlias UpdateAlias"),),
    "lambda/eventSourceMapping": (
        on("*", "lambda", write="CreateEventSourceMapping", when="of its functions"),
        on(
            _MAPPING,
            "lambda",
            read="GetEventSourceMapping",
            write="DeleteEventSourceMapping UpdateEventSourceMapping",
            when="of its functions",
        ),
        on(_MAPPING, "lambda", read="ListTags", write="TagResource UntagResource"),
    ),
    "lambda/function": (
        on(
            _FUNCTION,
            "lambda",
            read="GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration ListTags ListVersionsByFunction",
            write="CreateFunction DeleteFunction DeleteFunctionConcurrency PublishVersion PutFunctionConcurrency "
            "TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration",
        ),
        on("lambda:{place}:layer:{prefix}-*", "lambda", read="GetLayerVersion"),
    ),
    "lambda/functionEventInvokeConfig": (
        on(
            _FUNCTION,
            "lambda",
            read="GetFunctionEventInvokeConfig",
            write="DeleteFunctionEventInvokeConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
        ),
    ),
    "lambda/layerVersion": (
        on(
            "lambda:{place}:layer:{prefix}-*",
            "lambda",
            read="GetLayerVersion",
            write="DeleteLayerVersion PublishLayerVersion",
        ),
    ),
    "lambda/permission": (on(_FUNCTION, "lambda", read="GetPolicy", write="AddPermission RemovePermission"),),
    "s3/bucket": (
        on(
            _BUCKET,
            "s3",
            read="GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging "
            "GetBucketObjectLockConfiguration GetBucketPolicy GetBucketRequestPayment GetBucketTagging "
            "GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration "
            "GetReplicationConfiguration ListBucket ListTagsForResource",
            write="CreateBucket DeleteBucket ListBucketVersions PutBucketTagging TagResource UntagResource",
        ),
        # Where a stack does not protect its data, the bucket goes with all that is in it.
        on("s3:::{prefix}-*/*", "s3", write="DeleteObject DeleteObjectVersion"),
    ),
    "s3/bucketLifecycleConfiguration": (
        on(_BUCKET, "s3", read="GetLifecycleConfiguration", write="PutLifecycleConfiguration"),
    ),
    "s3/bucketNotification": (on(_BUCKET, "s3", read="GetBucketNotification", write="PutBucketNotification"),),
    "s3/bucketOwnershipControls": (
        on(_BUCKET, "s3", read="GetBucketOwnershipControls", write="PutBucketOwnershipControls"),
    ),
    "s3/bucketPolicy": (on(_BUCKET, "s3", read="GetBucketPolicy", write="DeleteBucketPolicy PutBucketPolicy"),),
    "s3/bucketPublicAccessBlock": (
        on(_BUCKET, "s3", read="GetBucketPublicAccessBlock", write="PutBucketPublicAccessBlock"),
    ),
    "s3/bucketServerSideEncryptionConfiguration": (
        on(_BUCKET, "s3", read="GetEncryptionConfiguration", write="PutEncryptionConfiguration"),
    ),
    "s3/bucketVersioning": (on(_BUCKET, "s3", read="GetBucketVersioning", write="PutBucketVersioning"),),
    # An empty folder, where a server does not make it by itself.
    "s3/bucketObjectv2": (
        on(
            "s3:::{prefix}-*/*",
            "s3",
            read="GetObject GetObjectTagging",
            write="DeleteObject DeleteObjectVersion PutObject PutObjectTagging",
        ),
    ),
    # What a secret says is nobody's business here: its value is neither read nor put.
    "secretsmanager/secret": (
        on(
            "secretsmanager:{place}:secret:{prefix}-*",
            "secretsmanager",
            read="DescribeSecret GetResourcePolicy",
            write="CreateSecret DeleteSecret TagResource UntagResource UpdateSecret",
        ),
        # Secrets Manager uses the key in the name of whoever makes the secret.
        on(_KEY, "kms", write="Decrypt GenerateDataKey", when="tagged"),
    ),
    "sfn/alias": (
        on(
            _MACHINE,
            "states",
            read="DescribeStateMachineAlias",
            write="CreateStateMachineAlias DeleteStateMachineAlias UpdateStateMachineAlias",
        ),
    ),
    "sfn/stateMachine": (
        on(
            _MACHINE,
            "states",
            read="DescribeStateMachine ListStateMachineVersions ListTagsForResource",
            write="CreateStateMachine DeleteStateMachine PublishStateMachineVersion TagResource UntagResource "
            "UpdateStateMachine",
        ),
        # Also in a preview: the provider asks whether a changed definition is a good one.
        on("*", "states", read="ValidateStateMachineDefinition"),
    ),
    "sns/topic": (
        on(
            _TOPIC,
            "sns",
            read="GetTopicAttributes ListTagsForResource",
            write="CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource",
        ),
    ),
    "sns/topicPolicy": (on(_TOPIC, "sns", read="GetTopicAttributes", write="SetTopicAttributes"),),
    "sns/topicSubscription": (
        on(_TOPIC, "sns", read="GetSubscriptionAttributes", write="SetSubscriptionAttributes Subscribe Unsubscribe"),
    ),
    "sqs/queue": (
        on(
            _QUEUE,
            "sqs",
            read="GetQueueAttributes GetQueueUrl ListQueueTags",
            write="CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue",
        ),
    ),
    "sqs/queuePolicy": (on(_QUEUE, "sqs", read="GetQueueAttributes", write="SetQueueAttributes"),),
    "sqs/redriveAllowPolicy": (on(_QUEUE, "sqs", read="GetQueueAttributes", write="SetQueueAttributes"),),
    "ssm/parameter": (
        on("*", "ssm", read="DescribeParameters"),
        on(
            "ssm:{place}:parameter/{path}/*",
            "ssm",
            read="GetParameter GetParameters ListTagsForResource",
            write="AddTagsToResource DeleteParameter PutParameter RemoveTagsFromResource",
        ),
    ),
    "transfer/server": (
        on(
            "transfer:{place}:server/*",
            "transfer",
            read="DescribeServer",
            write="DeleteServer StartServer StopServer TagResource UntagResource UpdateServer",
        ),
        on("*", "transfer", write="CreateServer"),
        _LOG_DELIVERY,
    ),
    "transfer/sshKey": (
        on("transfer:{place}:user/*", "transfer", read="DescribeUser", write="DeleteSshPublicKey ImportSshPublicKey"),
    ),
    "transfer/user": (
        on("transfer:{place}:server/*", "transfer", write="CreateUser"),
        on(
            "transfer:{place}:user/*",
            "transfer",
            read="DescribeUser",
            write="DeleteUser TagResource UntagResource UpdateUser",
        ),
    ),
    "xray/group": (
        on(
            "xray:{place}:group/{short}/*",
            "xray",
            read="GetGroup ListTagsForResource",
            write="CreateGroup DeleteGroup TagResource UntagResource UpdateGroup",
        ),
    ),
    "xray/samplingRule": (
        on("*", "xray", read="GetSamplingRules"),
        on(
            "xray:{place}:sampling-rule/{short}",
            "xray",
            read="ListTagsForResource",
            write="CreateSamplingRule DeleteSamplingRule TagResource UntagResource UpdateSamplingRule",
        ),
    ),
}
"""By a type without its package, such as `sqs/queue`."""
