"""The policies that the account's owner is handed: whole, named, and within IAM's quotas."""

import json
import re
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_platform.permissions.grants import KINDS
from bounded_context_platform.permissions.policies import ROLES, place, policy, unknown
from tests.console import context
from tests.infra.contexts import EXPORTS, SHAPES
from tests.infra.graph import CONTEXT, DELIVERED, NETWORK, PARTNERS, STACKS, run, run_context, run_shape

from .watched import PREFIXES

COPIES = "arn:aws:backup:eu-west-1:999988887777:backup-vault:copies"
WHERE = place(CONTEXT, "prod", "eu-central-1", "333344445555")
LOCKED: dict[str, Any] = {
    "rollout_strategy": "Canary25Percent20Minutes",
    "backup": "vault",
    "backup_copy": COPIES,
}
MOST = 10_240
"""Characters of inline policy that IAM takes for a role, white space not counted (IAM quotas)."""

SCHEMAS = {
    "apigatewayv2/api": "AWS::ApiGatewayV2::Api",
    "apigatewayv2/authorizer": "AWS::ApiGatewayV2::Authorizer",
    "apigatewayv2/integration": "AWS::ApiGatewayV2::Integration",
    "apigatewayv2/route": "AWS::ApiGatewayV2::Route",
    "apigatewayv2/stage": "AWS::ApiGatewayV2::Stage",
    "athena/workgroup": "AWS::Athena::WorkGroup",
    "backup/plan": "AWS::Backup::BackupPlan",
    "backup/selection": "AWS::Backup::BackupSelection",
    "backup/vault": "AWS::Backup::BackupVault",
    "backup/vaultLockConfiguration": "AWS::Backup::BackupVault",
    "cloudwatch/compositeAlarm": "AWS::CloudWatch::CompositeAlarm",
    "cloudwatch/dashboard": "AWS::CloudWatch::Dashboard",
    "cloudwatch/metricAlarm": "AWS::CloudWatch::Alarm",
    "cloudwatch/eventRule": "AWS::Events::Rule",
    "cloudwatch/eventTarget": "AWS::Events::Rule",
    "cloudwatch/logGroup": "AWS::Logs::LogGroup",
    "cloudwatch/logStream": "AWS::Logs::LogStream",
    "cloudwatch/queryDefinition": "AWS::Logs::QueryDefinition",
    "codedeploy/application": "AWS::CodeDeploy::Application",
    "codedeploy/deploymentConfig": "AWS::CodeDeploy::DeploymentConfig",
    "codedeploy/deploymentGroup": "AWS::CodeDeploy::DeploymentGroup",
    "dynamodb/table": "AWS::DynamoDB::Table",
    "ec2/eip": "AWS::EC2::EIP",
    "ec2/securityGroup": "AWS::EC2::SecurityGroup",
    "glue/catalogDatabase": "AWS::Glue::Database",
    "glue/catalogTable": "AWS::Glue::Table",
    "guardduty/malwareProtectionPlan": "AWS::GuardDuty::MalwareProtectionPlan",
    "iam/role": "AWS::IAM::Role",
    "iam/rolePolicy": "AWS::IAM::RolePolicy",
    "kinesis/firehoseDeliveryStream": "AWS::KinesisFirehose::DeliveryStream",
    "kms/alias": "AWS::KMS::Alias",
    "kms/key": "AWS::KMS::Key",
    "lambda/alias": "AWS::Lambda::Alias",
    "lambda/eventSourceMapping": "AWS::Lambda::EventSourceMapping",
    "lambda/function": "AWS::Lambda::Function",
    "lambda/functionEventInvokeConfig": "AWS::Lambda::EventInvokeConfig",
    "lambda/functionRecursionConfig": "AWS::Lambda::Function",
    "lambda/layerVersion": "AWS::Lambda::LayerVersion",
    "lambda/permission": "AWS::Lambda::Permission",
    "route53/record": "AWS::Route53::RecordSet",
    "s3/bucketPolicy": "AWS::S3::BucketPolicy",
    **{kind: "AWS::S3::Bucket" for kind in KINDS if kind.startswith("s3/bucket") and kind != "s3/bucketPolicy"},
    "scheduler/schedule": "AWS::Scheduler::Schedule",
    "scheduler/scheduleGroup": "AWS::Scheduler::ScheduleGroup",
    "secretsmanager/secret": "AWS::SecretsManager::Secret",
    "sfn/alias": "AWS::StepFunctions::StateMachineAlias",
    "sfn/stateMachine": "AWS::StepFunctions::StateMachine",
    "sns/topic": "AWS::SNS::Topic",
    "sns/topicPolicy": "AWS::SNS::Topic",
    "sns/topicSubscription": "AWS::SNS::Subscription",
    "sqs/queue": "AWS::SQS::Queue",
    "sqs/queuePolicy": "AWS::SQS::Queue",
    "sqs/redriveAllowPolicy": "AWS::SQS::Queue",
    "ssm/parameter": "AWS::SSM::Parameter",
    "transfer/connector": "AWS::Transfer::Connector",
    "transfer/server": "AWS::Transfer::Server",
    "transfer/sshKey": "AWS::Transfer::User",
    "transfer/user": "AWS::Transfer::User",
    "xray/group": "AWS::XRay::Group",
    "xray/samplingRule": "AWS::XRay::SamplingRule",
}
"""CloudFormation's type of the same resource, or of that which it is a part of."""

UNUSED = re.compile(
    r"s3:getObject|s3:(Get|Put|Delete)Bucket(Abac|Analytics|Metadata|Metrics)\w*|s3:Delete\w+|s3tables:\w+"
    r"|backup-storage:Mount|backup:\w+BackupVault(AccessPolicy|Notifications)|backup:DeleteBackupVaultLockConfiguration"
    # The tags of a stack change, and none is removed.
    r"|(backup|cloudwatch|codedeploy|dynamodb|events|guardduty|scheduler):UntagResource"
    r"|s3:\w*(Accelerate|Analytics|Cors|CORS|IntelligentTiering|Inventory|Logging|Metrics|ObjectLock|Replication"
    r"|Website|BucketAcl|ObjectAcl|MetadataTable|BucketMetadata\w*)\w*"
    r"|dynamodb:(Associate|BatchWrite|CreateTableReplica|DescribeImport|Import|Delete(Item|Resource)|Get|Put|Query|Scan)\w*"
    r"|dynamodb:(Update(Item|ContributorInsights)|\w*Kinesis\w*|DescribeContributorInsights)"
    r"|ec2:(DeleteTags|AcceptAddressTransfer|DescribeInstances|DescribeSubnets|DescribeVpcs|\w*SecurityGroupRule\w*)"
    r"|ec2:(AuthorizeSecurityGroupEgress|GetSecurityGroupsForVpc|DescribeVpcAttribute)"
    # `policies.py` adds the actions on the zone that the settings name.
    r"|route53:(ListHostedZones|GetHostedZone|ChangeResourceRecordSets|ListResourceRecordSets)"
    r"|(kinesis|ds|elasticfilesystem|s3files|firehose):\w+|iam:CreateServiceLinkedRole"
    r"|kms:(RevokeGrant|GenerateDataKey|Disable\w+|EnableKey)"
    r"|logs:(\w*(DataProtection|IndexPolic|BearerToken|DeletionProtection)\w*|CreateLogStream|DescribeLogStreams"
    r"|PutLogEvents|DeleteResourcePolicy|PutLogGroup\w+)"
    r"|iam:(\w*PermissionsBoundary|AttachRolePolicy|DetachRolePolicy)|s3:REST\.PUT\.OBJECT"
    r"|codedeploy:(CreateDeployment|GetDeployment|ListDeployments|\w*Revision|StopDeployment|RegisterOn\w+)"
    r"|lambda:\w*(ProvisionedConcurrency|Recursion|Scaling|RuntimeManagement|RuntimeAlias|CapacityProvider)\w*"
    r"|lambda:\w*CodeSigningConfig|sns:\w*DataProtection\w*|iam:GetRole|s3:GetObject(Version|Metadata)?"
    r"|sns:ListSubscriptionsByTopic|transfer:UnTagResource|(apigateway|kms):UntagResource"
    r"|secretsmanager:(GetRandomPassword|GetSecretValue|ReplicateSecretToRegions|RemoveRegionsFromReplication)"
    # A connector reaches partners over the internet.
    r"|vpc-lattice:\w+"
    # Lake Formation governs no table, and a workgroup states what its queries need.
    r"|lakeformation:\w+|glue:(\w+Connection|GetSchemaVersion)|s3:(Abort|List)\w*Multipart\w+"
)
"""What AWS states for options that no component uses: replicas, imports, VPCs, signing, tags' removal and others."""

NOT_OPERATIONS = re.compile(
    r"backup-storage:MountCapsule|apigateway:(GET|PUT|POST|PATCH|DELETE)|iam:PassRole|logs:\w+LogDelivery|logs:ListLogDeliveries|lambda:InvokeFunction"
    r"|s3:((Delete|Get)ObjectVersion|ListBucketVersions|GetAccelerateConfiguration|Get\w*Configuration|Put\w*Configuration"
    r"|GetBucketCORS|ListBucket|(Get|Put)BucketPublicAccessBlock|GetBucketObjectLockConfiguration|PutBucketObjectLockConfiguration|GetBucketNotification"
    r"|PutBucketNotification|TagResource|UntagResource|ListTagsForResource)"
    r"|apigateway:TagResource|dynamodb:(DescribeStream|GetRecords|GetShardIterator)"
)
"""Actions that are called otherwise than an operation (Service Authorization Reference)."""

SERVICES = {**{action: service for service, action in PREFIXES.items()}, "kms": "kms", "xray": "xray"}

WITHOUT_RESOURCE = {
    *("backup-storage:MountCapsule", "cloudwatch:DescribeAlarms"),
    *("codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets", "codedeploy:StopDeployment"),
    *(f"ec2:Describe{name}" for name in ("Addresses", "AddressesAttribute", "NetworkInterfaces", "SecurityGroups")),
    *("ec2:DescribeVpcEndpoints", "guardduty:CreateMalwareProtectionPlan", "kms:CreateKey", "kms:ListAliases"),
    *(f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Delete", "Get", "Update")),
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    *("logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *(f"logs:{verb}" for verb in ("DeleteQueryDefinition", "DescribeQueryDefinitions", "PutQueryDefinition")),
    *("ssm:DescribeParameters", "states:ValidateStateMachineDefinition"),
    *("transfer:CreateConnector", "transfer:CreateServer"),
    *("xray:GetSamplingRules", "lambda:ListEventSourceMappings", "cloudwatch:GetMetricData"),
    *("dynamodb:ListBackups", "dynamodb:ListTables"),
}
"""Actions that know no resource, or whose resource is not there yet: the latter are bound to tags or functions."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A stack of production with all that the settings allow."""
    return run(
        "prod",
        **NETWORK,
        **LOCKED,
    )


@pytest.fixture(scope="module")
def gated() -> Graph:
    """A stack with the malware gate. With all other settings too, its policy needs a managed policy."""
    return run("prod", partners=PARTNERS, sftp="dedicated", backup="vault", backup_copy=COPIES, malware="guardduty")


@pytest.fixture(scope="module")
def delivered() -> Graph:
    """A stack with a connector to a partner's own server."""
    return run_context(EXPORTS, "prod", partners=DELIVERED)


@pytest.fixture(params=[*ROLES, "gated", "delivered"])
def document(request: pytest.FixtureRequest, graph: Graph, gated: Graph, delivered: Graph) -> dict[str, Any]:
    """The policy of each role, and those of deployments with the malware gate and with a connector."""
    graphs = {"gated": gated, "delivered": delivered}
    if request.param in graphs:
        return policy("deploy", WHERE, graphs[request.param], {})
    return policy(request.param, WHERE, graph, {})


def actions(document: dict[str, Any]) -> set[str]:
    """All that a policy allows."""
    return {action for statement in document["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_that_a_stack_registers_is_known(stack: str) -> None:
    """As its file says."""
    assert unknown(run(stack)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_type_that_another_context_registers_is_known(shape: str) -> None:
    """Whatever its shape."""
    assert unknown(run_shape(shape, "prod")) == []


def test_every_type_that_settings_add_is_known(graph: Graph, gated: Graph, delivered: Graph) -> None:
    """Partners, a strategy of one's own, tokens."""
    assert unknown(graph) == []
    assert unknown(gated) == []
    assert unknown(delivered) == []
    jwt = {"issuer": "https://login.example.org/tenant", "audience": ["callers"]}
    assert unknown(run("prod", api_jwt=jwt)) == []


@pytest.mark.e2e
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_type_has_the_actions_that_aws_states_for_it(kind: str) -> None:
    """In the schema that CloudFormation has of the same resource, without what stands for options that are not used."""
    stated = {action for action in _stated(SCHEMAS[kind]) if not UNUSED.fullmatch(action)}
    ours = {action for grants in KINDS.values() for grant in grants for action in (*grant.read, *grant.write)}
    assert stated - ours == set()


@cache
def _schemas() -> dict[str, Any]:
    import cfnlint

    folder = Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"
    schemas: dict[str, Any] = {}
    for path in folder.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        if '"handlers"' in text and any(f'"{name}"' in text for name in SCHEMAS.values()):
            schema = json.loads(text)
            schemas.setdefault(schema["typeName"], schema)
    return schemas


def _stated(name: str) -> set[str]:
    handlers = _schemas()[name]["handlers"]
    verbs = ("create", "read", "update", "delete")
    permissions = (
        action.partition(":") for verb in verbs if verb in handlers for action in handlers[verb]["permissions"]
    )
    return {f"{service}:{name}" for service, _, name in permissions}


def test_every_action_exists_in_aws(document: dict[str, Any]) -> None:
    """A misspelt one would be taken by IAM, and allow nothing."""
    for action in actions(document):
        service, _, name = action.partition(":")
        if not NOT_OPERATIONS.fullmatch(action):
            model = botocore.session.get_session().get_service_model(SERVICES.get(service, service))
            assert name in model.operation_names, action


def test_a_permission_names_actions_and_resources(document: dict[str, Any]) -> None:
    """A wildcard stands where the API knows no resource, or where its ids are AWS's own."""
    for statement in document["Statement"]:
        assert not any("*" in action for action in statement["Action"])
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= WITHOUT_RESOURCE
        for resource in statement["Resource"]:
            assert resource == "*" or re.match(r"arn:aws:[a-z0-9]+:[^*]{8,}", resource), resource


def test_other_stacks_are_out_of_reach(document: dict[str, Any]) -> None:
    """A resource has the stack's name, or its tags; else it is a new API, or CodeDeploy's own."""
    ids = re.compile(
        r":apigateway:\S*::(/apis|\*/tags/)$|:ec2:\S+:(vpc|subnet)/\w+-\w+$|:route53:::(change/\*|hostedzone/Z\w+)$"
    )
    for statement in document["Statement"]:
        for resource in statement["Resource"]:
            named = re.search(r"payment[-/]prod\b", resource) or "CodeDeployDefault." in resource
            assert named or resource == "*" or "Condition" in statement or ids.search(resource), resource


def test_the_preview_changes_nothing(graph: Graph) -> None:
    """Whatever a commit's program does in it: it runs before anybody has approved."""
    verbs = ("Get", "List", "Describe", "BatchGet", "Validate", "GET")
    assert all(action.partition(":")[2].startswith(verbs) for action in actions(policy("preview", WHERE, graph, {})))


def test_the_preview_may_call_the_actions_of_its_provider(graph: Graph) -> None:
    """Whether a definition is a good one, which versions there are, and whether code is signed."""
    assert {
        "states:ValidateStateMachineDefinition",
        "states:ListStateMachineVersions",
        "lambda:GetFunctionCodeSigningConfig",
    } <= actions(policy("preview", WHERE, graph, {}))


def test_a_stack_with_signed_code_is_deployed_only_with_its_signing_configuration() -> None:
    """The role cannot create a function without it, or attach another one, or remove it. Other stacks are as before."""
    signing = "arn:aws:lambda:eu-central-1:333344445555:code-signing-config:csc-0123456789abcdef0"
    signed, unsigned = (run("prod", **settings) for settings in ({"code_signing": signing}, {}))
    document = policy("deploy", WHERE, signed, {})
    [denied] = [statement for statement in document["Statement"] if statement["Effect"] == "Deny"]
    assert set(denied["Action"]) == {"lambda:CreateFunction", "lambda:PutFunctionCodeSigningConfig"}
    assert denied["Condition"] == {"StringNotEquals": {"lambda:CodeSigningConfigArn": signing}}
    allowed = [s for s in document["Statement"] if "lambda:PutFunctionCodeSigningConfig" in s["Action"] and s != denied]
    places = {resource for statement in allowed for resource in statement["Resource"]}
    assert places == {signing, "arn:aws:lambda:eu-central-1:333344445555:function:payment-prod-*"}
    assert "lambda:DeleteFunctionCodeSigningConfig" not in actions(document)
    assert "lambda:PutFunctionCodeSigningConfig" not in actions(policy("deploy", WHERE, unsigned, {}))
    assert policy("preview", WHERE, signed, {}) == policy("preview", WHERE, unsigned, {})


def test_the_shift_neither_deploys_nor_reads_data(graph: Graph) -> None:
    """It moves what is there, and asks whether it works. Of the table, it reads the record of a repair."""
    writes = {"codedeploy:CreateDeployment", "lambda:InvokeFunction", "states:UpdateStateMachineAlias"}
    document = policy("shift", WHERE, graph, {})
    assert writes <= actions(document)
    data = {action for action in actions(document) if action.startswith(("iam:", "kms:", "s3:", "dynamodb:"))}
    assert data == {"dynamodb:GetItem", "kms:Decrypt"}


@pytest.mark.parametrize("role", ["shift", "redrive"])
def test_of_all_items_a_role_reads_the_record_of_a_repair(role: str, graph: Graph) -> None:
    """And the shift uses the key for the table alone."""
    conditions = {
        action: s.get("Condition") for s in policy(role, WHERE, graph, {})["Statement"] for action in s["Action"]
    }
    assert conditions["dynamodb:GetItem"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["RESTORE-RUN#"]}}
    if role == "shift":
        assert conditions["kms:Decrypt"]["StringLike"]["kms:ViaService"] == "dynamodb.*.amazonaws.com"


def test_the_shift_deletes_versions_and_never_a_function_or_another_stacks_versions(graph: Graph) -> None:
    """The ARN of a function has no part after its name, and that of a layer's version has one."""
    statements = policy("shift", WHERE, graph, {})["Statement"]
    deleting = [s for s in statements if any(action.startswith("lambda:Delete") for action in s["Action"])]
    forms = [arn for statement in deleting for arn in statement["Resource"] if ":lambda:" in arn]
    lambdas = "arn:aws:lambda:eu-central-1:333344445555"
    assert sorted(forms) == [f"{lambdas}:function:payment-prod-*:*", f"{lambdas}:layer:payment-prod-*:*"]
    assert not any(fnmatch(f"{lambdas}:function:payment-prod-import-list", form) for form in forms)
    assert any(fnmatch(f"{lambdas}:function:payment-prod-import-list:7", form) for form in forms)
    assert "states:DeleteStateMachine" not in actions(policy("shift", WHERE, graph, {}))


def test_roles_are_passed_to_the_services_of_a_stack_only(gated: Graph) -> None:
    """And none but the stack's own."""
    [statement] = [s for s in policy("deploy", WHERE, gated, {})["Statement"] if "iam:PassRole" in s["Action"]]
    assert statement["Resource"] == ["arn:aws:iam::333344445555:role/payment-prod-*"]
    graphs = (gated, run_shape("with an archive", "prod"))
    roles = [each for graph in graphs for each in graph.statements("iam/role", "assumeRolePolicy")]
    trusted = {statement["Principal"]["Service"] for _, statement in roles}
    assert set(statement["Condition"]["StringEquals"]["iam:PassedToService"]) == trusted


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_fits_a_role(role: str) -> None:
    """As its inline policy, unless the SFTP server has a network: `infra/account` makes managed policies."""
    document = policy(role, WHERE, run("prod", partners=PARTNERS, sftp="dedicated", **LOCKED), {})
    assert len(re.sub(r"\s", "", json.dumps(document))) <= MOST


def test_the_command_prints_the_policy_for_the_account_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON and nothing else."""
    assert context("permissions", "deploy", "prod", "333344445555") == 0
    printed = capsys.readouterr()
    assert "arn:aws:sqs:eu-west-1:333344445555:payment-prod-*" in {
        resource for statement in json.loads(printed.out)["Statement"] for resource in statement["Resource"]
    }
    assert printed.err == ""


def test_the_command_without_an_account_or_with_an_unknown_stack_ends_with_status_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The error has the complete command, or the names of the stacks."""
    assert context("permissions", "preview", "prod") == 2
    assert "permissions preview prod <account>`" in capsys.readouterr().err
    assert context("permissions", "preview", "moon", "333344445555") == 2
    assert {"moon", "sandbox", "pr", *STACKS} <= set(re.findall(r"\w+", capsys.readouterr().err))


@pytest.mark.parametrize("role", ["redrive", "reseed"])
def test_only_a_stack_with_an_archive_has_permissions_for_its_stream(role: str) -> None:
    """By the stream's name; the documents of other stacks do not change."""
    with_archive, without = (run_shape(name, "prod") for name in ("with an archive", "the default"))
    granted = [s for s in policy(role, WHERE, with_archive, {})["Statement"] if "firehose" in str(s["Action"])]
    assert [arn for s in granted for arn in s["Resource"] if ":firehose:" in arn] == [
        f"arn:aws:firehose:{WHERE.region}:{WHERE.account}:deliverystream/{WHERE.prefix}-archive-*"
    ]
    assert "firehose" not in str(policy(role, WHERE, without, {}))
