"""The pipeline's source action, its trigger and its permissions; actions and stages in the form of CodePipeline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi_aws import codestarconnections

from ..configuration.config import SettingError
from ..configuration.pipeline_settings import PipelineSettings
from ..stack.program import Account, Statement, allow

Category = Literal["Source", "Build", "Test", "Deploy", "Approval"]


@dataclass(frozen=True)
class Action:
    """An action, with the artefacts that it `takes` and the artefact that it `produces`.

    Other actions read its variables as `#{namespace.VARIABLE}`.
    """

    name: str
    category: Category
    provider: str
    configuration: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    produces: str | None = None
    namespace: str | None = None
    timeout_minutes: int | None = None

    def at(self, order: int) -> Any:
        """Return the action as the `order`-th of its stage."""
        return {
            "name": self.name,
            "category": self.category,
            "owner": "AWS",
            "provider": self.provider,
            "version": "1",
            "run_order": order,
            "configuration": self.configuration,
            "input_artifacts": [*self.takes],
            "output_artifacts": [self.produces] if self.produces else [],
            **({"namespace": self.namespace} if self.namespace else {}),
            **({"timeout_in_minutes": self.timeout_minutes} if self.timeout_minutes else {}),
        }


def stage(name: str, *actions: Action, **conditions: Any) -> Any:
    """Return a stage whose actions run in sequence, with its conditions, such as `on_failure`."""
    return {"name": name, "actions": [action.at(order) for order, action in enumerate(actions, start=1)], **conditions}


NAME = "Source"
SOURCES = "sources"
"""The artefact with the repository's files."""

COMMIT_ID = "#{source.CommitId}"
"""The commit of an execution, a variable of both kinds of source (CodePipeline's action reference)."""

_PIPELINE = ("infra/pipeline/*.py", "infra/pipeline/Pulumi*", "infra/pipeline/buildspecs/**")
NOT_DELIVERED = ("docs/**", "*.md", "**/*.md", *_PIPELINE)
"""Globs of files that no environment runs: `*` does not cross folders, and `**/*.md` needs a folder (CodePipeline user
guide, "Working with glob patterns in syntax"). They include the pipeline's own files, because a person deploys the
pipeline, and not `infra/pipeline/requirements.txt`, which every step installs."""

_FETCH = (
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GetRepository",
    "codecommit:UploadArchive",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:CancelUploadArchive",
)


@dataclass(frozen=True)
class Source:
    """The source of a pipeline.

    `trigger` is CodePipeline's own. Without it, `commits` is the pattern of the event that starts the pipeline.
    """

    action: Action
    statement: Statement
    trigger: Any = None
    commits: pulumi.Input[str] | None = None


def chosen(settings: PipelineSettings, account: Account) -> Source:
    """Return the source of the repository that the settings name."""
    if settings.connection_arn is not None:
        return connection(settings.connection_arn, settings.repository, settings.branch)
    return codecommit(account, settings.repository, settings.branch)


def connection(connection_arn: str, repository: str, branch: str) -> Source:
    """Return a repository behind a code connection. A push that changes only NOT_DELIVERED starts no execution."""
    configuration = {
        "ConnectionArn": connection_arn,
        "FullRepositoryId": repository,
        "BranchName": branch,
        "OutputArtifactFormat": "CODE_ZIP",
    }
    pushes = [{"branches": {"includes": [branch]}, "file_paths": {"excludes": list(NOT_DELIVERED)}}]
    return Source(
        _action("CodeStarSourceConnection", configuration),
        _use_connection(connection_arn),
        trigger={
            "provider_type": "CodeStarSourceConnection",
            "git_configuration": {"source_action_name": NAME, "pushes": pushes},
        },
    )


def codecommit(account: Account, repository: str, branch: str) -> Source:
    """Return a CodeCommit repository. Every commit to the branch starts the pipeline: its event has no file names."""
    configuration = {
        "RepositoryName": repository,
        "BranchName": branch,
        "OutputArtifactFormat": "CODE_ZIP",
        "PollForSourceChanges": "false",
    }
    arn = account.arn("codecommit", repository)
    pattern = arn.apply(lambda known: _pattern(known, branch))
    return Source(_action("CodeCommit", configuration), allow(_FETCH, arn), commits=pattern)


def _action(provider: str, configuration: Mapping[str, pulumi.Input[str]]) -> Action:
    return Action(NAME, "Source", provider, configuration, produces=SOURCES, namespace="source")


def _use_connection(arn: str) -> Statement:
    # The service was renamed, and the caller determines which name is checked.
    *start, _, region, account, connection_id = arn.split(":")
    names = ("codeconnections", "codestar-connections")
    arns = [":".join([*start, name, region, account, connection_id]) for name in names]
    return allow([f"{name}:UseConnection" for name in names], *arns)


def _pattern(repository_arn: str, branch: str) -> str:
    detail = {
        "event": ["referenceCreated", "referenceUpdated"],
        "referenceType": ["branch"],
        "referenceName": [branch],
    }
    return json.dumps(
        {
            "source": ["aws.codecommit"],
            "detail-type": ["CodeCommit Repository State Change"],
            "resources": [repository_arn],
            "detail": detail,
        }
    )


def require_available(connection_arn: str) -> None:
    """Raise SettingError unless the connection is available. Call it before any change."""
    # The older name of the service: under it, the provider reads both kinds of ARN.
    status = codestarconnections.get_connection(arn=connection_arn).connection_status
    if status != "AVAILABLE":
        raise SettingError(
            "connection_arn",
            f"is {connection_arn}, whose status is {status}: complete the handshake in the console "
            "(Developer Tools, Settings, Connections, Update pending connection), then deploy again.",
        )
