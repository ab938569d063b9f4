"""The program of an account: the roles that deploy a context's stacks, their limits, and the access to the state."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pulumi
from pulumi import RunError
from pulumi_aws import cloudtrail, cloudwatch, iam, kms, s3, xray

from bounded_context.declaration.context import Context

from ._parts.buckets import archive_bucket
from .configuration.access import AccountAccess, Document, EvidenceAccess, RoleAccess, StateAccess, permissions_boundary
from .configuration.config import Partition
from .configuration.labels import DEPLOYER, KINDS, Labels
from .configuration.project import current
from .stack.program import Account, Component, Statement, allow, document, placed, require_account, start

LIMIT = 6144
"""Characters of a managed policy without white space (IAM user guide, "IAM and AWS STS quotas")."""


class TooLong(ValueError):
    """A statement about one resource that is longer than a managed policy."""


def packed(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents of at most LIMIT characters with all statements, in their order. Raises TooLong."""
    statements: list[Document] = []
    for statement in (short for policy in documents for whole in policy["Statement"] for short in _split(whole)):
        if statements and _size([*statements, statement]) > LIMIT:
            yield _document(statements)
            statements = []
        statements.append(statement)
    if statements:
        yield _document(statements)


def _split(statement: Document) -> Iterator[Document]:
    """Yield a statement in parts that are short enough. Each part has some of its resources."""
    resources = statement["Resource"]
    half = len(resources) // 2
    if _size([statement]) <= LIMIT:
        yield statement
    elif isinstance(resources, str) or half == 0:
        raise TooLong(f"the statement about {resources} has {_size([statement])} characters, IAM takes {LIMIT}.")
    else:
        for part in (resources[:half], resources[half:]):
            yield from _split({**statement, "Resource": part})


def _size(statements: list[Document]) -> int:
    return len(json.dumps(_document(statements), separators=(",", ":")))


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


_TRAIL = "cloudtrail.amazonaws.com"


class Evidence(Component):
    """A trail of the account's changes and of the accesses to its contexts' data, with an own key and archive.

    The trail records management events of all regions, which include the uses of keys, and data events of the tables
    and buckets of the contexts' permanent stacks. Nobody can delete or overwrite a file of the archive for the setting
    `evidence_days`. An account has one trail: CloudTrail permits five per region, and 500 values in the selectors of a
    trail (CloudTrail user guide, "Quotas in AWS CloudTrail").
    """

    urn_type = "bounded-context:infra:Evidence"

    def __init__(self, name: str, labels: Labels, account: Account, access: EvidenceAccess) -> None:
        super().__init__(name, labels)
        self._account = account
        self._access = access
        self._trail_arn = account.arn("cloudtrail", f"trail/{labels.name(name)}")
        self._key = self._make_key()
        bucket, policy = archive_bucket(self, name, self._key.arn, access.days, self._writes, protect=True)
        self.trail = cloudtrail.Trail(
            name,
            s3_bucket_name=bucket.id,
            kms_key_id=self._key.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            advanced_event_selectors=self._selectors(bucket.arn),
            # CreateTrail checks that it may write.
            **self.named(name, depends_on=[policy]),
        )
        self.register_outputs({"trail": self.trail.arn, "bucket": bucket.id})

    def _make_key(self) -> kms.Key:
        return kms.Key(
            self.name,
            description=f"Encrypts the evidence of {self.labels.prefix}.",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document(*self._key_statements()),
            tags=self.labels.tags,
            opts=self.stateful(protect=True),
        )

    def _key_statements(self) -> list[Statement]:
        # CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail". A bucket with a bucket key requires
        # Decrypt.
        return [
            allow(["kms:*"], "*", Principal={"AWS": self._account.root()}),
            self._of_the_trail(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], "*"),
        ]

    def _writes(self, bucket_arn: pulumi.Input[str]) -> list[Statement]:
        """Return the statements of the archive's policy (CloudTrail user guide, "S3 bucket policy for CloudTrail")."""
        folder = pulumi.Output.concat(bucket_arn, "/AWSLogs/", self._account.id, "/*")
        return [
            self._of_the_trail(["s3:GetBucketAcl"], bucket_arn),
            self._of_the_trail(["s3:PutObject"], folder, {"s3:x-amz-acl": "bucket-owner-full-control"}),
        ]

    def _of_the_trail(
        self, actions: list[str], resource: pulumi.Input[str], more: dict[str, Any] | None = None
    ) -> Statement:
        """Return a statement for CloudTrail that acts for this trail, and for no trail of others."""
        condition = {"StringEquals": {"aws:SourceArn": self._trail_arn, **(more or {})}}
        return allow(actions, resource, Principal={"Service": _TRAIL}, Condition=condition)

    def _selectors(self, archive_arn: pulumi.Input[str]) -> list[Any]:
        tables = [
            self._account.arn_of(f"dynamodb:{region}:", self._account.id, ":table/") for region in self._access.regions
        ]
        buckets = [self._account.arn_of("s3:::")]
        return [
            {"name": "changes", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
            self._data("rows", "AWS::DynamoDB::Table", tables),
            # Each delivery to the archive would be another event.
            self._data("files", "AWS::S3::Object", buckets, archive_arn),
        ]

    def _data(self, name: str, kind: str, starts: list[pulumi.Output[str]], *others: pulumi.Input[str]) -> Any:
        """Return the selector of data events of a resource type, without temporary stacks and `others`."""

        def arns(*ends: str) -> list[pulumi.Output[str]]:
            names = [f"{context}-{end}" for context in self._access.contexts for end in ends]
            return [pulumi.Output.concat(start, own) for start in starts for own in names]

        excluded = [*others, *arns(*(f"{kind}-" for kind in KINDS))]
        return {
            "name": name,
            "field_selectors": [
                {"field": "eventCategory", "equals": ["Data"]},
                {"field": "resources.type", "equals": [kind]},
                {"field": "resources.ARN", "starts_withs": arns(""), "not_starts_withs": excluded},
            ],
        }


def printed(stack: str) -> AccountAccess:
    """Return the access of the account that a stack of `infra/account` describes. Raises RunError.

    The command runs the program of the service to find out which permissions it needs. Pulumi runs one program in a
    process, so the command has a process of its own, without the variables of the present run.
    """
    command = [sys.executable, "-m", "bounded_context_cli.command", "permissions", "account", stack]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    ran = subprocess.run(  # noqa: S603
        command, cwd=current().root, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise RunError(ran.stderr.strip().removeprefix("Error: "))
    return AccountAccess.model_validate_json(ran.stdout)


_GITHUB: Final = "https://token.actions.githubusercontent.com"


class Deployments:
    """The access of deployments to the account of the program's stack: one stack for each account.

    A plain object: its resources have no parent resource.

    Args:
        context: the deployed context.

    Raises:
        RunError: a setting is missing or bad, or the credentials are of another account; no resource was made.

    Attributes:
        roles: the ARNs of the roles by name.
        boundaries: the ARNs of the permissions boundaries by name.
    """

    def __init__(self, context: Context[Any]) -> None:
        access = printed(pulumi.get_stack())
        require_account(access.account)
        config = placed()
        labels = start(context, permissions_boundary(config), reserved=DEPLOYER)
        self._tags = labels.tags
        self.boundaries = {name: self._policy(name, document).arn for name, document in access.boundaries.items()}
        provider = [self._oidc_provider(config.partition)] if access.oidc_provider else []
        self.roles = {name: self._role(name, role, provider) for name, role in access.roles.items()}
        if access.state is not None:
            _share(access.state)
        if access.evidence is not None:
            Evidence("evidence", labels, Account.current(), access.evidence)
        if access.traces_indexed is not None:
            _store_traces(labels, Account.current(), access.traces_indexed)

    def _oidc_provider(self, partition: Partition) -> iam.OpenIdConnectProvider:
        # AWS checks GitHub's certificate by its own authorities, so the thumbprints have no effect (IAM user guide,
        # "Obtain the thumbprint for an OpenID Connect identity provider").
        audiences = partition.names("sts")
        names = [audiences] if isinstance(audiences, str) else audiences
        # Other repositories of the account use it.
        shared = pulumi.ResourceOptions(protect=True, retain_on_delete=True)
        return iam.OpenIdConnectProvider("github", url=_GITHUB, client_id_lists=names, tags=self._tags, opts=shared)

    def _policy(self, name: str, document: Document) -> iam.Policy:
        return iam.Policy(name, name=name, policy=json.dumps(document), tags=self._tags)

    def _role(self, name: str, access: RoleAccess, after: list[iam.OpenIdConnectProvider]) -> pulumi.Output[str]:
        """Make a role with managed policies, because its inline policies together have at most 10,240 characters."""
        role = iam.Role(
            name,
            name=name,
            assume_role_policy=json.dumps(access.trust),
            max_session_duration=access.session_seconds,
            tags=self._tags,
            opts=pulumi.ResourceOptions(depends_on=after),
        )
        for number, text in enumerate(packed(access.policies.values()), start=1):
            policy = self._policy(f"{name}-{number}", text)
            iam.RolePolicyAttachment(f"{name}-{number}", role=role.name, policy_arn=policy.arn)
        return role.arn


def _share(state: StateAccess) -> None:
    """Set the policies of the bucket and the key of the state, which `context bootstrap` made.

    The resources themselves are not in this program, whose state is in the same bucket.
    """
    s3.BucketPolicy("state", bucket=state.bucket, policy=json.dumps(state.bucket_policy))
    if state.key_policy is not None:
        kms.KeyPolicy("state", key_id=state.key, policy=json.dumps(state.key_policy))


def _store_traces(labels: Labels, account: Account, indexed: float) -> None:
    """Store the traces of the account and region in CloudWatch Logs, and index a percentage of them in X-Ray.

    CloudWatch user guide, "Enable transaction search", has the policy and the groups. AWS makes the groups.
    """
    condition = {
        "ArnLike": {"aws:SourceArn": account.arn("xray", "*")},
        "StringEquals": {"aws:SourceAccount": account.id},
    }
    groups = [account.arn("logs", f"log-group:{name}:*") for name in ("aws/spans", "/aws/application-signals/data")]
    statement = allow(["logs:PutLogEvents"], *groups, Principal={"Service": "xray.amazonaws.com"}, Condition=condition)
    policy = cloudwatch.LogResourcePolicy(
        "traces", policy_name=labels.name("traces"), policy_document=document(statement)
    )
    # X-Ray checks that it may write.
    destination = xray.TraceSegmentDestination(
        "traces", destination="CloudWatchLogs", opts=pulumi.ResourceOptions(depends_on=[policy])
    )
    rule = {"probabilistic": {"desired_sampling_percentage": indexed}}
    xray.IndexingRule("traces", name="Default", rule=rule, opts=pulumi.ResourceOptions(depends_on=[destination]))


__all__ = ["Deployments"]
