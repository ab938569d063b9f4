"""The pipeline's stages, and the verified handover of files between its steps.

A step may write only the artefact that it produces. The verification also detects changes by other roles, and by steps
of earlier executions:

- The build lists its files with their SHA-256 and exports the SHA-256 of the list. Every later step compares the files
  with that list, so a step cannot change them for a step with more rights.
- The preview and the deployment hand on one file each, and export its SHA-256.
- CodePipeline stores the exported values as variables of the execution, which no step can change.
- The commands are in the project, which a person deploys, and not in the files that they check.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pulumi
import yaml

from ..configuration.pipeline_settings import Environment
from ..stack.program import Account
from .source import COMMIT_ID, SOURCES, Action, Source, stage

HANDED_ON = "HANDED_ON"
"""The variable that a step exports: the SHA-256 of the list of its files, or of its file."""

EXPECTED = "EXPECTED"
"""The variable with the SHA-256 of the build's list."""

COMMIT = "COMMIT"
"""The variable with the commit that the execution delivers."""

FILE_FROM = "FILE_FROM"
"""The variable with the name of the artefact that contains the file of the previous step."""

EXPECTED_FILE = "EXPECTED_FILE"
"""The variable with the SHA-256 of that file."""

_LIST = "handed-on.txt"

# CodeBuild follows links when it stores the files, so the list follows them too. It does not store `.venv`.
_LISTED = (
    f'{{ echo "commit ${COMMIT}"; find -L . -type f ! -path "./.venv/*" ! -path ./{_LIST} -exec sha256sum {{}} + '
    "| LC_ALL=C sort; }"
)

# The received folder contains neither links nor `.venv`. If it does, they appear in this list.
_RECEIVED = (
    f'{{ echo "commit ${COMMIT}"; find . ! -type d ! -type f; '
    f"find . -type f ! -path ./{_LIST} -exec sha256sum {{}} + | LC_ALL=C sort; }}"
)

_HAND_ON_ALL = (f"{_LISTED} > {_LIST}", f'export {HANDED_ON}="$(sha256sum {_LIST} | cut -c 1-64)"')

_TAKE_ALL = f"""\
found="$(mktemp)"
{_RECEIVED} > "$found"
if [ "$(sha256sum "$found" | cut -c 1-64)" != "${EXPECTED}" ]; then
  made="$(head -n 1 {_LIST} || true)"
  diff {_LIST} "$found" | head -n 20 || true
  if [ "$made" != "commit ${COMMIT}" ]; then
    echo "Refused: these files are of ${{made:-no commit}}, and this execution delivers ${COMMIT}. \
Nothing was run: start the pipeline again."
  else
    echo "Refused: these files are not the files that this execution built (above: the differences). \
Nothing was run: find out who wrote to the artefacts, then start the pipeline again."
  fi
  exit 1
fi
"""

_TAKE_FILE = """\
taken="$(printenv "CODEBUILD_SRC_DIR_$FILE_FROM")/{file}"
if [ "$(sha256sum < "$taken" | cut -c 1-64)" != "$EXPECTED_FILE" ]; then
  echo "Refused: {file} is not the file that the previous step of this execution made. \
Nothing was run: find out who wrote to the artefacts, then start the pipeline again."
  exit 1
fi
cp "$taken" {file}
"""


def buildspec(text: str, *, verifies: bool, takes: str | None, first: Sequence[str] = ()) -> str:
    """Return the buildspec `text` with the commands of the handover.

    Args:
        text: the buildspec. Its artefacts are all files, or one file.
        verifies: whether the first command compares all files with the build's list.
        takes: the file of the previous step, which the first command verifies too and copies to the other files.
        first: the commands after the verification, before any file of the artefact runs.

    Raises:
        RunError: the artefacts are several files, which the next step could not verify.
    """
    spec: dict[str, Any] = yaml.safe_load(text)
    checks = (_TAKE_ALL if verifies else "") + (_TAKE_FILE.format(file=takes) if takes else "")
    spec["phases"]["install"]["commands"][:0] = [*([checks] if checks else []), *first]
    if "artifacts" in spec:
        spec["phases"]["build"]["commands"] += _hand_on(spec["artifacts"]["files"])
        spec.setdefault("env", {}).setdefault("exported-variables", []).append(HANDED_ON)
    # Without line breaks, each command stays on its line in the console.
    return yaml.safe_dump(spec, sort_keys=False, width=10_000)


def _hand_on(files: list[str]) -> tuple[str, ...]:
    if files == ["**/*"]:
        return _HAND_ON_ALL
    if len(files) != 1:
        raise pulumi.RunError(
            f"infra/pipeline/buildspecs: the artifacts {files} cannot be verified: name one file, or all with **/*."
        )
    return (f'export {HANDED_ON}="$(sha256sum {files[0]} | cut -c 1-64)"',)


BUILT = "built"
"""The artefact for all steps after the build: the checked sources with the functions' archives."""

PLAN, OUTPUTS = "plan.json", "outputs.json"
"""The files that the preview and the deployment of an environment hand on."""


def artifact_name(file: str, number: int) -> str:
    """Return the name of the artefact that contains a step's `file` in the environment with this `number`.

    A name with the environment's name would exceed `artifacts.LONGEST_NAME`. A pipeline has at most 50 stages (AWS
    limit), so the number has at most two digits.

    >>> artifact_name("outputs.json", 2)
    'outputs_2'
    """
    return f"{file.removesuffix('.json')}_{number}"


IGNORE_ALARMS = "IGNORE_ALARMS"
"""The variable of an execution that lets its rollouts continue although an alarm is on."""

AGAIN = "AGAIN"
"""The variable of an execution that lets its rollouts release versions whose deployment has failed."""

DURING_SHIFT = "DURING_SHIFT"
"""The variable of an execution that lets it deploy although traffic is being shifted."""

VARIABLES = [
    {
        "name": IGNORE_ALARMS,
        # A variable cannot be empty.
        "default_value": "no",
        "description": "Why this execution may shift traffic although an alarm is on; no: it may not.",
    },
    {
        "name": AGAIN,
        "default_value": "no",
        "description": "Why this execution may release versions whose deployment has failed; no: it may not.",
    },
    {
        "name": DURING_SHIFT,
        "default_value": "no",
        "description": "Why this execution may deploy during a shift of traffic; no: it may not.",
    },
]
"""The variables that a person can set for an execution."""

WINDOW_MINUTES: Final = 7 * 24 * 60
"""Minutes for which an execution waits for the window of an environment: a week contains most windows."""

EXECUTION = "EXECUTION"
"""The variable with the id of the execution, by which a step reads a person's variable (`read_variable`)."""

_EXECUTION = {EXECUTION: "#{codepipeline.PipelineExecutionId}"}

_NOTHING: Mapping[str, str] = MappingProxyType({})


def read_variable(name: str) -> str:
    """Return the command that sets a person's variable from CodePipeline's record of the execution.

    The setting EnvironmentVariables of an action is a JSON text. CodePipeline inserts variables without escapes
    (aws-cdk, issue 8458), so a quote in a person's text could set further variables of the step.
    """
    query = f"pipelineExecution.variables[?name=='{name}'].resolvedValue"
    return (
        f'{name}="$(aws codepipeline get-pipeline-execution --pipeline-name "${{CODEBUILD_INITIATOR#codepipeline/}}"'
        f' --pipeline-execution-id "${EXECUTION}" --query "{query}" --output text)"'
        f' && export {name}="${{{name}:-no}}"'
    )


@dataclass(frozen=True)
class ProjectNames:
    """The names of an environment's CodeBuild projects."""

    preview: str
    deploy: str
    shift: str
    smoke: str


@dataclass(frozen=True)
class Artifact:
    """An artefact, and the namespace of the variables of the step that makes it."""

    artifact: str
    namespace: str

    @property
    def handed_on(self) -> str:
        """The reference to the SHA-256 that the step exports."""
        return f"#{{{self.namespace}.{HANDED_ON}}}"


_BUILT = Artifact(BUILT, BUILT)


def environment_stage(
    environment: Environment,
    number: int,
    projects: ProjectNames,
    account: Account,
    *,
    approval_hours: int,
    topic_arn: pulumi.Input[str],
) -> Any:
    """Return the stage of an environment: preview, approval by a person if any, deployment, shift, smoke test.

    CodePipeline gives a stage to one execution at a time. No other change reaches the environment between the preview
    and the deployment. An execution waits for the environment's window before the preview.
    """
    name = environment.name
    planned = Artifact(artifact_name(PLAN, number), f"{name}-preview")
    deployed = Artifact(artifact_name(OUTPUTS, number), f"{name}-deployed")
    review = _review(name, projects.preview, planned.namespace, account, topic_arn)
    approve = Action("Approve", "Approval", "Manual", review, timeout_minutes=approval_hours * 60)
    return stage(
        name,
        _step("Preview", projects.preview, produces=planned),
        *([approve] if environment.approval else []),
        _step("Deploy", projects.deploy, planned, produces=deployed, more=_EXECUTION),
        _step("Shift", projects.shift, deployed, more=_EXECUTION),
        _step("Smoke", projects.smoke, deployed),
        **(_within(environment.window) if environment.window else {}),
    )


def _within(window: str) -> dict[str, Any]:
    """Return the condition that an execution enters a stage within a window (CodePipeline user guide, "Conditions").

    An execution waits for the window, up to the rule's timeout. A newer execution supersedes it meanwhile.
    """
    rule = {
        "name": "Window",
        "rule_type_id": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
        "configuration": {"Cron": window},
        "timeout_in_minutes": WINDOW_MINUTES,
    }
    return {"before_entry": {"condition": {"result": "FAIL", "rules": [rule]}}}


def source_stage(source: Source) -> Any:
    """Return the stage that fetches the sources."""
    return stage("Source", source.action)


def build_stage(project: str) -> Any:
    """Return the stage that checks the sources and makes the archives, once for all environments.

    A failed build is repeated once, since a registry or a download may have failed. It changes only its
    artefact (CodePipeline user guide, "Configure a stage for automatic retry on failure").
    """
    retry = {"result": "RETRY", "retry_configuration": {"retry_mode": "FAILED_ACTIONS"}}
    return stage("Build", _action("Build", project, {}, (SOURCES,), _BUILT), on_failure=retry)


def _step(
    name: str,
    project: str,
    takes: Artifact | None = None,
    *,
    produces: Artifact | None = None,
    more: Mapping[str, str] = _NOTHING,
) -> Action:
    """Return a step of an environment, which takes the built files and the file of the previous step."""
    file = {FILE_FROM: takes.artifact, EXPECTED_FILE: takes.handed_on} if takes else {}
    variables = {EXPECTED: _BUILT.handed_on, **file, **more}
    return _action(name, project, variables, (BUILT, takes.artifact) if takes else (BUILT,), produces)


def _action(
    name: str, project: str, variables: Mapping[str, str], takes: tuple[str, ...], produces: Artifact | None
) -> Action:
    environment = {COMMIT: COMMIT_ID, **variables}
    overrides = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in environment.items()]
    configuration = {"ProjectName": project, "EnvironmentVariables": json.dumps(overrides), "PrimarySource": takes[0]}
    outputs = (produces.artifact, produces.namespace) if produces else (None, None)
    return Action(name, "Build", "CodeBuild", configuration, takes, *outputs)


def _review(
    name: str, project: str, namespace: str, account: Account, topic_arn: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """Return the configuration of the approval: the numbers of the preview, and a link to all of it."""
    link = pulumi.Output.concat(
        "https://",
        account.region,
        ".",
        account.partition.apply(lambda partition: partition.console),
        "/codesuite/codebuild/",
        account.id,
        f"/projects/{project}/build/#{{{namespace}.PREVIEW_BUILD}}/?region=",
        account.region,
    )
    return {
        "CustomData": f"{name}, commit {COMMIT_ID}: #{{{namespace}.PREVIEW_SUMMARY}}",
        "ExternalEntityLink": link,
        "NotificationArn": topic_arn,
    }
