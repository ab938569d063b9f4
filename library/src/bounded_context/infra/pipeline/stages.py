"""The pipeline's stages: the source, the build, and one for each environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pulumi

from ..stack.account import Account
from .actions import Action, stage
from .handover import COMMIT, EXPECTED, HANDED_ON
from .source import COMMIT_ID, SOURCES, Source

BUILT = "built"
"""The artefact for all environments: the checked sources with the functions' archives."""

IGNORE_ALARMS = "IGNORE_ALARMS"
"""The variable of an execution that lets its rollouts continue although an alarm is on."""

VARIABLES = [
    {
        "name": IGNORE_ALARMS,
        # A variable cannot be empty.
        "default_value": "no",
        "description": "Why this execution may shift traffic although an alarm is on (without quotes); no: it may not.",
    }
]
"""The variables that a person can set for an execution."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ProjectNames:
    """The names of an environment's CodeBuild projects."""

    preview: str
    deploy: str
    shift: str
    smoke: str


@dataclass(frozen=True)
class Artifact:
    """An artefact, and the namespace of its step's variables; the sources come from no step."""

    artifact: str | None
    namespace: str | None = None

    @property
    def expected(self) -> dict[str, str]:
        """The variable with the SHA-256 that a step expects of the artefact."""
        return {EXPECTED: f"#{{{self.namespace}.{HANDED_ON}}}"} if self.namespace else {}


def environment_stage(
    name: str, projects: ProjectNames, account: Account, *, approval: bool, topic_arn: pulumi.Input[str]
) -> Any:
    """Return the stage of an environment: preview, approval by a person if `approval`, deployment, shift, smoke test.

    CodePipeline gives a stage to one execution at a time. No other change reaches the environment between the preview
    and the deployment.
    """
    planned, deployed, preview = f"{name}-planned", f"{name}-deployed", f"{name}-preview"
    approve = Action("Approve", "Approval", "Manual", _review(name, projects.preview, preview, account, topic_arn))
    ignored = {IGNORE_ALARMS: f"#{{variables.{IGNORE_ALARMS}}}"}
    return stage(
        name,
        _build("Preview", projects.preview, Artifact(BUILT, BUILT), produces=Artifact(planned, preview)),
        *([approve] if approval else []),
        _build("Deploy", projects.deploy, Artifact(planned, preview), produces=Artifact(deployed, deployed)),
        _build("Shift", projects.shift, Artifact(deployed, deployed), more=ignored),
        _build("Smoke", projects.smoke, Artifact(deployed, deployed)),
    )


def source_stage(source: Source) -> Any:
    """Return the stage that fetches the sources."""
    return stage("Source", source.action)


def build_stage(project: str) -> Any:
    """Return the stage that checks the sources and makes the archives, once for all environments."""
    return stage("Build", _build("Build", project, Artifact(SOURCES), produces=Artifact(BUILT, BUILT)))


def _build(
    name: str, project: str, takes: Artifact, *, produces: Artifact | None = None, more: Mapping[str, str] = _NOTHING
) -> Action:
    variables = {COMMIT: COMMIT_ID, **takes.expected, **more}
    overrides = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in variables.items()]
    configuration = {"ProjectName": project, "EnvironmentVariables": json.dumps(overrides)}
    made = produces or Artifact(None)
    return Action(name, "Build", "CodeBuild", configuration, takes.artifact, made.artifact, made.namespace)


def _review(
    name: str, project: str, namespace: str, account: Account, topic_arn: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """Return the configuration of the approval: the numbers of the preview, and a link to all of it."""
    link = pulumi.Output.concat(
        "https://",
        account.region,
        ".console.aws.amazon.com/codesuite/codebuild/",
        account.id,
        f"/projects/{project}/build/#{{{namespace}.PREVIEW_BUILD}}/?region=",
        account.region,
    )
    return {
        "CustomData": f"{name}, commit {COMMIT_ID}: #{{{namespace}.PREVIEW_SUMMARY}}",
        "ExternalEntityLink": link,
        "NotificationArn": topic_arn,
    }
