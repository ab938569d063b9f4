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

from .documents import ENVIRONMENTS
from .evaluation import Policy, Target
from .resources import PIPELINE, Stack
from .world import Handover, Resource

_SHORT: Final = 20
_SHORTER: Final = 10
"""Characters of a pipeline's name, and of an artefact's name, in an artefact's key (observed on AWS)."""


@dataclass(frozen=True)
class Action:
    """A CodeBuild action: its project's role and buildspec, and the artefacts that it takes and produces."""

    role: str
    buildspec: Mapping[str, Any]
    takes: str
    produces: str
    namespace: str
    expects: str


def _actions(stack: Stack) -> list[Action]:
    (pipeline,) = stack.of("codepipeline/pipeline")
    projects = {node.inputs["name"]: node for node in stack.of("codebuild/project")}
    found = [action for stage in pipeline.inputs["stages"] for action in stage["actions"]]
    return [
        _action(one, projects[one["configuration"]["ProjectName"]]) for one in found if one["provider"] == "CodeBuild"
    ]


def _action(found: Mapping[str, Any], project: Any) -> Action:
    variables = {one["name"]: one["value"] for one in json.loads(found["configuration"]["EnvironmentVariables"])}
    return Action(
        project.inputs["serviceRole"],
        yaml.safe_load(project.inputs["source"]["buildspec"]),
        next(iter(found["inputArtifacts"]), ""),
        next(iter(found["outputArtifacts"]), ""),
        found.get("namespace", ""),
        variables.get("EXPECTED", "").removeprefix("#{").partition(".")[0],
    )


def artefacts(stack: Stack) -> Iterator[Resource]:
    """Yield an object of each artefact that a step takes."""
    (pipeline,) = stack.of("codepipeline/pipeline")
    actions = _actions(stack)
    location = pipeline.inputs["artifactStores"][0]["location"]
    bucket, found = f"arn:aws:s3:::{location}", stack.policies("s3/bucketPolicy", "bucket").get(location)
    policy = Policy(found) if found else None
    for name in sorted({action.takes for action in actions}):
        arn = f"{bucket}/{pipeline.inputs['name'][:_SHORT]}/{name[:_SHORTER]}/a1b2c3"
        takers = [action for action in actions if action.takes == name]
        guarded = all(_is_guarded(action, actions) for action in takers)
        domain = next((one for one in ENVIRONMENTS if name.startswith(f"{one}-")), PIPELINE)
        target = Target(arn, stack.account, policy)
        yield Resource("artefact", domain, target, {}, stack.key, tuple(one.role for one in takers), guarded)


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
    for action in _actions(stack):
        for artefact in artefacts(stack):
            if f"/{action.produces[:_SHORTER]}/" in artefact.arn:
                yield action.role, artefact.arn, "write"
            if f"/{action.takes[:_SHORTER]}/" in artefact.arn:
                yield action.role, artefact.arn, "read"


def _designed_of_pipeline(stack: Stack) -> Iterator[tuple[str, str, str]]:
    (pipeline,) = stack.of("codepipeline/pipeline")
    role = pipeline.inputs["roleArn"]
    yield from ((role, one.arn, "write") for one in artefacts(stack) if "/sources/" in one.arn)
    yield from ((role, one.arn, "read") for one in stack.of("codebuild/project"))


def handovers(stack: Stack) -> Iterator[Handover]:
    """Yield each step whose list of files another step verifies against."""
    actions = _actions(stack)
    for producer in actions:
        takers = tuple(one.role for one in actions if producer.namespace and one.expects == producer.namespace)
        if takers:
            yield Handover(producer.role, takers, producer.produces)


def open_intrusions(stack: Stack) -> set[str]:
    """Return the changes of an artefact that a step accepts, although it verifies a list."""
    actions = _actions(stack)
    pairs = [(one, other) for one in actions for other in actions if other.expects and other.expects == one.namespace]
    return {name for one, other in pairs for name in accepted(_listing(one.buildspec), _check(other.buildspec))}


def _is_guarded(taker: Action, actions: Sequence[Action]) -> bool:
    """Return whether a step refuses each change of its artefact before it executes any file."""
    for producer in actions:
        if producer.namespace == taker.expects and taker.expects:
            return refuses_changes(_listing(producer.buildspec), _check(taker.buildspec))
    return False


def _listing(spec: Mapping[str, Any]) -> str:
    return "\n".join(command for command in spec["phases"]["build"]["commands"] if "sha256sum" in command)


def _check(spec: Mapping[str, Any]) -> str:
    """Return the commands before the first that executes a file of the artefact."""
    commands: list[str] = spec["phases"]["install"]["commands"]
    first = next((i for i, one in enumerate(commands) if one.startswith(("pip ", "uv ", "python "))), len(commands))
    return "\n".join(commands[:first])


INTRUSIONS: Final[Mapping[str, str]] = {
    "a changed file": "echo changed > plan.json",
    "an added file": "echo added > infra/boto3.py",
    "a foreign .venv": "mkdir -p .venv/lib && echo added > .venv/lib/first.pth",
    "a nested .venv": "mkdir -p infra/.venv && echo added > infra/.venv/first.pth",
    "a link": "ln -s /etc/hostname infra/link.py",
    "a changed list": "echo changed >> handed-on.txt && echo changed > plan.json",
}
"""Commands that change an artefact."""


@functools.cache
def refuses_changes(listing: str, check: str) -> bool:
    """Return whether the check passes the files of the listing, and refuses every intrusion."""
    return not accepted(listing, check)


@functools.cache
def accepted(listing: str, check: str) -> tuple[str, ...]:
    """Return the intrusions that the check passes."""
    return tuple(name for name, change in INTRUSIONS.items() if _passes(listing, check, change))


def _passes(listing: str, check: str, change: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        made = "mkdir infra && echo '{}' > plan.json && echo program > infra/__main__.py"
        lines = [made, f"export COMMIT=1f0c5a2e\n{listing}", change, f'export EXPECTED="$HANDED_ON"\n{check}']
        shell = ["/bin/sh", "-e", "-c", "\n".join(lines)]
        environment = {"PATH": "/usr/bin:/bin"}
        ran = subprocess.run(shell, cwd=Path(folder), env=environment, capture_output=True, check=False)  # noqa: S603
        return ran.returncode == 0
