"""The artefacts of the pipeline: their objects, and which step decides the files that the next step executes."""

import functools
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bounded_context_infra.pipeline.source import SOURCES

from .evaluation import Policy, Target
from .jobs import installs_without_hash
from .resources import PIPELINE, Stack
from .world import Handover, Resource

_SHORT: Final = 20
_SHORTER: Final = 10
"""Characters of a pipeline's name, and of an artefact's name, in an artefact's key (observed on AWS)."""


@dataclass(frozen=True)
class Action:
    """A CodeBuild action: its project's role and buildspec, and the artefacts that it takes and produces.

    `expects` has the namespaces of the steps whose SHA-256 it compares: of the build's list, and of one file.
    """

    role: str
    buildspec: Mapping[str, Any]
    takes: Sequence[str]
    produces: str
    namespace: str
    expects: Sequence[str]


def _actions(stack: Stack) -> list[Action]:
    (pipeline,) = stack.of("codepipeline/pipeline")
    projects = {node.inputs["name"]: node for node in stack.of("codebuild/project")}
    pipeline_actions = [action for stage in pipeline.inputs["stages"] for action in stage["actions"]]
    return [
        _action(action, projects[action["configuration"]["ProjectName"]])
        for action in pipeline_actions
        if action["provider"] == "CodeBuild"
    ]


def _action(action: Mapping[str, Any], project: Any) -> Action:
    variables = {
        variable["name"]: variable["value"] for variable in json.loads(action["configuration"]["EnvironmentVariables"])
    }
    return Action(
        project.inputs["serviceRole"],
        yaml.safe_load(project.inputs["source"]["buildspec"]),
        action["inputArtifacts"],
        next(iter(action["outputArtifacts"]), ""),
        action.get("namespace", ""),
        [variables.get(key, "").removeprefix("#{").partition(".")[0] for key in ("EXPECTED", "EXPECTED_FILE")],
    )


def artefacts(stack: Stack) -> Iterator[Resource]:
    """Yield an object of each artefact that a step takes."""
    (pipeline,) = stack.of("codepipeline/pipeline")
    actions = _actions(stack)
    location = pipeline.inputs["artifactStores"][0]["location"]
    bucket, document = f"arn:aws:s3:::{location}", stack.policies("s3/bucketPolicy", "bucket").get(location)
    policy = Policy(document) if document else None
    for name in sorted({name for action in actions for name in action.takes}):
        arn = f"{bucket}/{pipeline.inputs['name'][:_SHORT]}/{name[:_SHORTER]}/a1b2c3"
        takers = [action for action in actions if name in action.takes]
        target = Target(arn, stack.account, policy)
        yield Resource("artefact", PIPELINE, target, {}, stack.key, tuple(taker.role for taker in takers))


def designed(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Yield what the steps read and write by design: a role, an ARN, and `read` or `write`."""
    yield from _designed_of_steps(stack)
    yield from _designed_of_pipeline(stack)
    bucket = next(node.arn for node in stack.of("s3/bucket"))
    for project in stack.of("codebuild/project"):
        role, group = project.inputs["serviceRole"], project.inputs["logsConfig"]["cloudwatchLogs"]["groupName"]
        yield role, f"{stack.arn('logs', f'log-group:{group}')}:*", "write"
        yield from ((role, stack.key, mode) for mode in ("read", "write"))
        yield role, bucket, "read"


def _designed_of_steps(stack: Stack) -> Iterator[tuple[str, str, str]]:
    (pipeline,) = stack.of("codepipeline/pipeline")
    for action in _actions(stack):
        if "get-pipeline-execution" in str(action.buildspec):
            yield action.role, stack.arn("codepipeline", pipeline.inputs["name"]), "read"
        for artefact in artefacts(stack):
            if f"/{action.produces[:_SHORTER]}/" in artefact.arn:
                yield action.role, artefact.arn, "write"
            if any(f"/{name[:_SHORTER]}/" in artefact.arn for name in action.takes):
                yield action.role, artefact.arn, "read"


def _designed_of_pipeline(stack: Stack) -> Iterator[tuple[str, str, str]]:
    (pipeline,) = stack.of("codepipeline/pipeline")
    role = pipeline.inputs["roleArn"]
    yield from ((role, artefact.arn, "write") for artefact in artefacts(stack) if "/sources/" in artefact.arn)
    yield from ((role, project.arn, "read") for project in stack.of("codebuild/project"))


def handovers(stack: Stack) -> Iterator[Handover]:
    """Yield each step whose list of files another step verifies against."""
    actions = _actions(stack)
    for producer in actions:
        takers = tuple(
            action.role for action in actions if producer.namespace and producer.namespace == action.expects[0]
        )
        if takers:
            yield Handover(producer.role, takers, producer.produces)


def unlocked(stack: Stack) -> Iterator[str]:
    """Yield the names of steps that may install a package without its hash."""
    for project in stack.of("codebuild/project"):
        variables = {
            variable["name"]: variable["value"] for variable in project.inputs["environment"]["environmentVariables"]
        }
        phases = yaml.safe_load(project.inputs["source"]["buildspec"])["phases"].values()
        if any(installs_without_hash(command, variables) for phase in phases for command in phase["commands"]):
            yield f"{project.name} step"


def open_intrusions(stack: Stack) -> set[str]:
    """Return the changes of an artefact that a step accepts, although it verifies a list or a file."""
    actions = _actions(stack)
    pairs = [(taker, name) for taker in actions for name in taker.takes if name != SOURCES]
    return {intrusion for taker, name in pairs for intrusion in _accepted(taker, name, actions)}


def _accepted(taker: Action, name: str, actions: Sequence[Action]) -> tuple[str, ...]:
    """Return the intrusions into an artefact that the step passes."""
    produced = {action.namespace: action for action in actions if action.namespace}
    built, file = (produced.get(namespace) for namespace in taker.expects)
    if built is None:
        return tuple(intrusion for intrusion, _ in ALL)
    listings = _listing(built.buildspec), _listing(file.buildspec) if file else ""
    return accepted(*listings, _check(taker.buildspec), FILE if file and name == file.produces else ALL)


def _listing(spec: Mapping[str, Any]) -> str:
    return "\n".join(command for command in spec["phases"]["build"]["commands"] if "sha256sum" in command)


def _check(spec: Mapping[str, Any]) -> str:
    """Return the commands before the first that executes a file of the artefact, without calls of AWS."""
    commands: list[str] = spec["phases"]["install"]["commands"]
    first = next(
        (i for i, command in enumerate(commands) if command.startswith(("pip ", "uv ", "python "))), len(commands)
    )
    return "\n".join(command for command in commands[:first] if "$(aws " not in command)


ALL: Final = (
    ("a changed file", "echo changed > infra/__main__.py"),
    ("an added file", "echo added > infra/boto3.py"),
    ("a foreign .venv", "mkdir -p .venv/lib && echo added > .venv/lib/first.pth"),
    ("a nested .venv", "mkdir -p infra/.venv && echo added > infra/.venv/first.pth"),
    ("a link", "ln -s /etc/hostname infra/link.py"),
    ("a changed list", "echo changed >> handed-on.txt && echo changed > infra/__main__.py"),
)
"""Commands that change the artefact of the build."""

FILE: Final = (
    ("a changed file of the previous step", "echo changed | tee ../previous/*.json > /dev/null"),
    ("a link of the previous step", "for file in ../previous/*.json; do ln -sf /etc/hostname $file; done"),
)
"""Commands that change the artefact with one file."""


@functools.cache
def accepted(built: str, file: str, check: str, intrusions: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the intrusions that a step's check passes.

    Args:
        built: the commands that list the files of the build.
        file: the commands of the previous step that verify its file, or none.
        check: the commands of the step before it executes any file.
        intrusions: names and commands.
    """
    assert _passes(built, file, check, ":"), "The check refuses unchanged files."
    return tuple(name for name, change in intrusions if _passes(built, file, check, change))


def _passes(built: str, file: str, check: str, change: str) -> bool:
    lines = [
        "mkdir -p files/infra previous && cd files && echo program > infra/__main__.py",
        f'export COMMIT=1f0c5a2e\n{built}\nexport EXPECTED="$HANDED_ON"',
        f"cd ../previous && echo '{{}}' > plan.json && echo '{{}}' > outputs.json\n{file}",
        'export EXPECTED_FILE="$HANDED_ON" FILE_FROM=previous CODEBUILD_SRC_DIR_previous="$PWD"\ncd ../files',
        change,
        check,
    ]
    with tempfile.TemporaryDirectory() as folder:
        shell = ["/bin/sh", "-e", "-c", "\n".join(lines)]
        environment = {"PATH": "/usr/bin:/bin"}
        ran = subprocess.run(shell, cwd=Path(folder), env=environment, capture_output=True, check=False)  # noqa: S603
        return ran.returncode == 0
