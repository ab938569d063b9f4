"""The pipeline's first action, what starts the pipeline, and what its role needs for both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from ..infra.account import Account
from ..infra.policy import Statement, allow
from .actions import Action
from .settings import PipelineSettings

NAME = "Source"
SOURCES = "sources"
"""The artefact: the repository's files."""

COMMIT_ID = "#{source.CommitId}"
"""The commit of an execution: a variable of both kinds of source (CodePipeline's action reference)."""

NOT_DELIVERED = ("docs/**", "*.md", "**/*.md", "infra/pipeline/**")
"""Files that no environment runs, as globs: `*` crosses no folder, and `**/*.md` needs one (CodePipeline user guide,
"Working with glob patterns in syntax"). The pipeline's own are among them: a person changes it, and never itself."""

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
    """Where the sources come from.

    `trigger` is CodePipeline's own; where it has none, `commits` is the pattern of the event that starts the pipeline.
    """

    action: Action
    statement: Statement
    trigger: Any = None
    commits: pulumi.Input[str] | None = None


def chosen(settings: PipelineSettings, account: Account) -> Source:
    """The source that the context has, in the repository that the settings name."""
    if settings.connection_arn is not None:
        return connection(settings.connection_arn, settings.repository, settings.branch)
    return codecommit(account, settings.repository, settings.branch)


def connection(connection_arn: str, repository: str, branch: str) -> Source:
    """A repository at the other end of a code connection; a push that only changes NOT_DELIVERED starts nothing."""
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
    """A CodeCommit repository; every commit to the branch starts the pipeline: its event does not tell the files."""
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
    # The service was renamed: which of the two names is asked for depends on who asks.
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
