"""The pipeline's stages: the source, the build, and one for each environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pulumi

from ..infra.account import Account
from .actions import Action, stage
from .handover import COMMIT, EXPECTED, HANDED_ON
from .source import COMMIT_ID, SOURCES, Source

BUILT = "built"
"""The artefact that every environment starts from: the checked sources with the functions' archives."""

IGNORE_ALARMS = "IGNORE_ALARMS"
"""The variable of one execution that lets its rollouts go on although an alarm is on."""

VARIABLES = [
    {
        "name": IGNORE_ALARMS,
        # A variable cannot be empty.
        "default_value": "no",
        "description": "Why this execution may shift traffic although an alarm is on (without quotes); no: it may not.",
    }
]
"""What a person can say who starts an execution."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ProjectNames:
    """The names of one environment's CodeBuild projects."""

    preview: str
    deploy: str
    shift: str
    smoke: str


@dataclass(frozen=True)
class Handed:
    """An artefact, and the namespace of the variables of the step that made it; no step made the sources."""

    artifact: str | None
    namespace: str | None = None

    @property
    def expected(self) -> dict[str, str]:
        """What tells a step that takes the artefact what it must find."""
        return {EXPECTED: f"#{{{self.namespace}.{HANDED_ON}}}"} if self.namespace else {}


def environment_stage(
    name: str, projects: ProjectNames, account: Account, *, approval: bool, topic_arn: pulumi.Input[str]
) -> Any:
    """Preview, wait for a person if `approval`, deploy what was previewed, shift the traffic, look whether it works.

    They are one stage, which CodePipeline gives to one execution at a time: between the preview and the deployment no
    other change comes to the environment.
    """
    planned, deployed, preview = f"{name}-planned", f"{name}-deployed", f"{name}-preview"
    approve = Action("Approve", "Approval", "Manual", _review(name, projects.preview, preview, account, topic_arn))
    ignored = {IGNORE_ALARMS: f"#{{variables.{IGNORE_ALARMS}}}"}
    return stage(
        name,
        _build("Preview", projects.preview, Handed(BUILT, BUILT), produces=Handed(planned, preview)),
        *([approve] if approval else []),
        _build("Deploy", projects.deploy, Handed(planned, preview), produces=Handed(deployed, deployed)),
        _build("Shift", projects.shift, Handed(deployed, deployed), more=ignored),
        _build("Smoke", projects.smoke, Handed(deployed, deployed)),
    )


def source_stage(source: Source) -> Any:
    """The stage that fetches the sources."""
    return stage("Source", source.action)


def build_stage(project: str) -> Any:
    """The stage that checks the sources and makes the archives, once for all environments."""
    return stage("Build", _build("Build", project, Handed(SOURCES), produces=Handed(BUILT, BUILT)))


def _build(
    name: str, project: str, takes: Handed, *, produces: Handed | None = None, more: Mapping[str, str] = _NOTHING
) -> Action:
    told = {COMMIT: COMMIT_ID, **takes.expected, **more}
    overrides = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in told.items()]
    configuration = {"ProjectName": project, "EnvironmentVariables": json.dumps(overrides)}
    made = produces or Handed(None)
    return Action(name, "Build", "CodeBuild", configuration, takes.artifact, made.artifact, made.namespace)


def _review(
    name: str, project: str, namespace: str, account: Account, topic_arn: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """What the person who approves sees: the numbers, and where the whole preview is."""
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
