"""The pipeline's stages: the source, the build, and one for each environment."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi

from ..infra.account import Account
from .actions import Action, stage
from .source import SOURCES, Source

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


@dataclass(frozen=True)
class ProjectNames:
    """The names of one environment's CodeBuild projects."""

    preview: str
    deploy: str
    shift: str
    smoke: str


def environment_stage(
    name: str, projects: ProjectNames, account: Account, *, approval: bool, topic_arn: pulumi.Input[str]
) -> Any:
    """Preview, wait for a person if `approval`, deploy what was previewed, shift the traffic, look whether it works.

    They are one stage, which CodePipeline gives to one execution at a time: between the preview and the deployment no
    other change comes to the environment.
    """
    planned, deployed, preview = f"{name}-planned", f"{name}-deployed", f"{name}-preview"
    overrides = [{"name": IGNORE_ALARMS, "value": f"#{{variables.{IGNORE_ALARMS}}}", "type": "PLAINTEXT"}]
    approve = Action("Approve", "Approval", "Manual", _review(name, projects.preview, preview, account, topic_arn))
    return stage(
        name,
        _build("Preview", projects.preview, takes=BUILT, produces=planned, namespace=preview),
        *([approve] if approval else []),
        _build("Deploy", projects.deploy, takes=planned, produces=deployed),
        _build("Shift", projects.shift, takes=deployed, EnvironmentVariables=json.dumps(overrides)),
        _build("Smoke", projects.smoke, takes=deployed),
    )


def source_stage(source: Source) -> Any:
    """The stage that fetches the sources."""
    return stage("Source", source.action)


def build_stage(project: str) -> Any:
    """The stage that checks the sources and makes the archives, once for all environments."""
    return stage("Build", _build("Build", project, takes=SOURCES, produces=BUILT))


def _build(
    name: str, project: str, *, takes: str, produces: str | None = None, namespace: str | None = None, **more: str
) -> Action:
    return Action(name, "Build", "CodeBuild", {"ProjectName": project, **more}, takes, produces, namespace)


def _review(
    name: str, project: str, namespace: str, account: Account, topic_arn: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """What the person who approves is told: the numbers, and where the whole preview is."""
    link = pulumi.Output.concat(
        "https://",
        account.region,
        ".console.aws.amazon.com/codesuite/codebuild/",
        account.id,
        f"/projects/{project}/build/#{{{namespace}.PREVIEW_BUILD}}/?region=",
        account.region,
    )
    return {
        "CustomData": f"{name}: #{{{namespace}.PREVIEW_SUMMARY}}",
        "ExternalEntityLink": link,
        "NotificationArn": topic_arn,
    }
