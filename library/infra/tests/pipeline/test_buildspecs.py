"""The buildspecs: golden by themselves, so what is held here is that they are whole and fit their projects."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_infra.configuration.defaults import PYTHON
from bounded_context_infra.pipeline import delivery
from bounded_context_infra.pipeline.delivery import BUILD, PipelineStep

from .shell import BUILDSPECS, ROOT, STEPS, buildspec, commands

BY_CODEBUILD = {"CODEBUILD_BUILD_ID", "CODEBUILD_INITIATOR", "PWD"}
BY_THE_ACTION = {"COMMIT", "EXECUTION", "EXPECTED", "EXPECTED_FILE", "FILE_FROM"}

_USED = re.compile(r"\$\{?(\w+)\b(?!:-)\}?")
_SET = re.compile(r"\b([A-Z_]+)=")


@pytest.fixture(params=STEPS)
def step(request: pytest.FixtureRequest) -> PipelineStep:
    """Each kind of step."""
    return STEPS[request.param]


def test_every_step_has_a_buildspec_and_every_buildspec_a_step() -> None:
    """By name."""
    assert {path.stem for path in BUILDSPECS.iterdir()} == set(STEPS)


def test_a_repository_may_have_its_own_buildspec(
    step: PipelineStep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It replaces the library's, for this step alone."""
    own = tmp_path / step.path
    own.parent.mkdir(parents=True)
    own.write_text("version: 0.2\n", encoding="utf-8")
    before = {name: other.buildspec for name, other in STEPS.items()}
    monkeypatch.setattr(delivery, "current", lambda: SimpleNamespace(root=tmp_path))
    assert {name: other.buildspec for name, other in STEPS.items()} == {**before, step.name: "version: 0.2\n"}


def test_it_is_of_version_0_2_and_has_members_of_codebuild_only(step: PipelineStep) -> None:
    """Only that version runs all commands in one shell."""
    spec = buildspec(step.name)
    assert spec["version"] == 0.2
    assert set(spec) <= {"version", "env", "phases", "reports", "artifacts", "cache"}
    assert set(spec["phases"]) == {"install", "build"}
    assert all(isinstance(command, str) for command in commands(spec))


def test_its_tools_are_pinned(step: PipelineStep) -> None:
    """Python by its version, uv by its hash, and the rest by what uv installs."""
    install = buildspec(step.name)["phases"]["install"]
    assert install["runtime-versions"] == {"python": float(PYTHON)}
    assert install["commands"][(step is not BUILD) + len(step.variables) :][:2] == [
        "pip install --quiet --require-hashes --requirement infra/pipeline/requirements.txt",
        "uv sync --quiet" if step is BUILD else "uv sync --quiet --group deploy",
    ]
    pins = (ROOT / "infra" / "pipeline" / "requirements.txt").read_text()
    assert re.search(r"^uv==\d+\.\d+\.\d+ \\\n    --hash=sha256:[0-9a-f]{64}", pins, re.MULTILINE)


def test_a_step_that_calls_pulumi_installs_it(step: PipelineStep) -> None:
    """And a step that does not, does not."""
    installs = any("context step tools" in command for command in commands(buildspec(step.name)))
    assert installs == (step.state is not None)


def test_a_step_that_calls_pulumi_downloads_no_plugin(step: PipelineStep, pipeline: Graph) -> None:
    """The command that installs the CLI installs the plugin of the lock."""
    project = pipeline.one("codebuild/project", step.name if step is BUILD else f"prod-{step.name}")
    variables: Any = project.inputs["environment"]["environmentVariables"]
    disabled = {"name": "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "value": "true", "type": "PLAINTEXT"}
    assert (disabled in variables) == (step.state is not None)


def test_every_used_variable_is_defined(step: PipelineStep, pipeline: Graph) -> None:
    """By the project, the action, CodeBuild, or a command before."""
    spec = buildspec(step.name)
    text = "\n".join(commands(spec))
    name = step.name if step is BUILD else f"prod-{step.name}"
    project: Any = pipeline.one("codebuild/project", name).inputs["environment"]["environmentVariables"]
    variables = {variable["name"] for variable in project} | set(_SET.findall(text)) | BY_CODEBUILD | BY_THE_ACTION
    assert {match[1] for match in _USED.finditer(text) if match[1].isupper()} <= variables
    assert set(spec.get("env", {}).get("exported-variables", [])) <= variables


def test_it_writes_the_report_that_its_role_may_fill(step: PipelineStep) -> None:
    """The report group is made beforehand, under this name."""
    reports = buildspec(step.name).get("reports", {})
    assert list(reports) == ([step.report] if step.report else [])
    for report in reports.values():
        assert report == {
            "files": [f"{step.report}.xml"],
            "base-directory": "build/reports",
            "file-format": "JUNITXML",
        }


HANDED_ON = {
    "build": {"files": ["**/*"], "exclude-paths": [".venv/**/*"]},
    "preview": {"files": ["plan.json"]},
    "deploy": {"files": ["outputs.json"]},
}


def test_only_the_build_hands_on_files_that_run(step: PipelineStep) -> None:
    """The preview and the deployment hand on a file of data, and the last steps nothing."""
    assert buildspec(step.name).get("artifacts") == HANDED_ON.get(step.name)


def test_no_step_installs_from_a_cache_or_without_the_lock(step: PipelineStep, pipeline: Graph) -> None:
    """A cache would carry packages from one commit to the next, and from one step to another."""
    project = pipeline.one("codebuild/project", step.name if step is BUILD else f"prod-{step.name}")
    assert "cache" not in buildspec(step.name)
    assert project.inputs.get("cache") is None
    assert {"name": "UV_LOCKED", "value": "1", "type": "PLAINTEXT"} in project.inputs["environment"][
        "environmentVariables"
    ]


def test_no_step_deploys_the_pipeline() -> None:
    """A pipeline that changes itself can lock itself out."""
    for step in STEPS.values():
        assert "context pipeline deploy" not in step.buildspec
        assert "--cwd" not in step.buildspec


def test_a_project_contains_its_commands_and_no_path_of_a_file(step: PipelineStep, pipeline: Graph) -> None:
    """What a step works on cannot say what the step runs: a person deploys that."""
    name = step.name if step is BUILD else f"prod-{step.name}"
    assert pipeline.one("codebuild/project", name).inputs["source"]["buildspec"] == step.with_policies(None)


def test_the_artefact_of_a_step_is_verified_before_any_of_it_runs(step: PipelineStep) -> None:
    """By its first command; what the build takes no step has made."""
    first, *others = commands(buildspec(step.name))
    assert ("Refused: these files" in first) == (step is not BUILD)
    assert ("$EXPECTED_FILE" in first) == (step.takes is not None)
    assert not any("Refused" in command for command in others)


def test_the_artefact_of_a_step_is_listed_after_its_commands(step: PipelineStep) -> None:
    """By its last command, whose variable the next step is told."""
    spec = buildspec(step.name)
    hands_on = "artifacts" in spec
    assert commands(spec)[-1].startswith("export HANDED_ON=") == hands_on
    assert ("HANDED_ON" in spec.get("env", {}).get("exported-variables", [])) == hands_on
