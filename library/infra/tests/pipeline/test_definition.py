"""The pipeline's definition: what stands in it, and that CodePipeline takes it."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.model import StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator
from moto import mock_aws

from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph
from bounded_context_cli.programs.requests import to_parameters

from .program import CODECOMMIT, ENVIRONMENTS, FOLDER, LEAST, PROJECT, run

GOLDEN = Path(__file__).parents[1] / "infra" / "golden" / "pipeline.json"
PREFIX = kebab(PROJECT)

_RENAMES = {"pushes": "push", "condition": "conditions"}
"""What Pulumi calls otherwise than CodePipeline."""

WINDOW = "* * 8-15 ? * MON-FRI"

CONFIGURATION_LIMIT = 1000
"""Characters that CodePipeline takes for one value of an action's configuration."""


def actions(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each action with the name of its stage."""
    for stage in graph.one("codepipeline/pipeline").inputs["stages"]:
        for action in stage["actions"]:
            yield stage["name"], action


def named(graph: Graph, stage: str, name: str) -> dict[str, Any]:
    """One action."""
    (action,) = [action for at, action in actions(graph) if (at, action["name"]) == (stage, name)]
    return action


def variables_of(action: dict[str, Any]) -> dict[str, str]:
    """The variables that an action tells its project, by their names."""
    return {
        variable["name"]: variable["value"] for variable in json.loads(action["configuration"]["EnvironmentVariables"])
    }


def declaration(graph: Graph) -> dict[str, Any]:
    """The definition as CreatePipeline takes it."""
    inputs = {key: value for key, value in graph.one("codepipeline/pipeline").inputs.items() if key != "tags"}
    (store,) = inputs.pop("artifactStores")
    for stage in (inputs := json.loads(json.dumps(inputs)))["stages"]:
        for action in stage["actions"]:
            kind = {key: action.pop(key) for key in ("category", "owner", "provider", "version")}
            action["actionTypeId"] = kind
            for artifacts in ("inputArtifacts", "outputArtifacts"):
                action[artifacts] = [{"name": name} for name in action[artifacts]]
    return to_parameters(_shape(), {**inputs, "artifactStore": store}, _RENAMES)


def _shape() -> StructureShape:
    model = Session().get_service_model("codepipeline")
    shape = model.shape_for("PipelineDeclaration")
    assert isinstance(shape, StructureShape)
    return shape


def test_the_definition_equals_the_reviewed_one(pipeline: Graph) -> None:
    """Golden file; `UPDATE_GOLDEN=1 pytest` writes it anew, and the difference is then for a person to read."""
    text = json.dumps(declaration(pipeline), indent=2, sort_keys=True).replace(PREFIX, "{context}-pipeline") + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.parametrize("source", ["pipeline", "from_codecommit"])
def test_the_definition_has_the_form_that_aws_describes(source: str, request: pytest.FixtureRequest) -> None:
    """Botocore's own description of CreatePipeline: names, types, lengths."""
    report = ParamValidator().validate(declaration(request.getfixturevalue(source)), _shape())
    assert not report.has_errors(), report.generate_report()


def test_codepipeline_accepts_the_definition(pipeline: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made on moto under the role that the program made, which trusts CodePipeline."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    role = pipeline.one("iam/role", "pipeline").inputs
    with mock_aws():
        boto3.client("iam").create_role(RoleName=role["name"], AssumeRolePolicyDocument=role["assumeRolePolicy"])
        client: Any = boto3.client("codepipeline", region_name=REGION)
        client.create_pipeline(pipeline=declaration(pipeline))
        definition = client.get_pipeline(name=PREFIX)["pipeline"]
        started = client.start_pipeline_execution(name=PREFIX, variables=[{"name": "IGNORE_ALARMS", "value": "known"}])
    assert [stage["name"] for stage in definition["stages"]] == ["Source", "Build", "dev", "staging", "prod"]
    assert definition["pipelineType"] == "V2"
    assert started["pipelineExecutionId"]


def test_a_change_reaches_the_environments_in_their_order(pipeline: Graph) -> None:
    """Only prod waits for a person, unless the settings say otherwise."""
    order = [(stage, action["name"]) for stage, action in actions(pipeline)]
    steps = ["Preview", "Deploy", "Shift", "Smoke"]
    assert order == [
        ("Source", "Source"),
        ("Build", "Build"),
        *[("dev", step) for step in steps],
        *[("staging", step) for step in steps],
        *[("prod", step) for step in ["Preview", "Approve", *steps[1:]]],
    ]


@pytest.mark.parametrize("approval", [True, False])
def test_an_approval_is_the_users_choice(approval: bool) -> None:
    """For prod too."""
    environments = [{**ENVIRONMENTS[2], "approval": approval}]
    graph = run(LEAST | {"environments": environments})
    assert ("prod", "Approve") in [(stage, action["name"]) for stage, action in actions(graph)] or not approval
    assert sum(action["name"] == "Approve" for _, action in actions(graph)) == approval


def stages(graph: Graph) -> dict[str, dict[str, Any]]:
    """The stages by their names."""
    return {stage["name"]: stage for stage in graph.one("codepipeline/pipeline").inputs["stages"]}


def test_only_a_failed_build_is_retried(pipeline: Graph) -> None:
    """It changes nothing outside of its artefact. A step of an environment may have changed the environment."""
    retried = {name: stage["onFailure"] for name, stage in stages(pipeline).items() if "onFailure" in stage}
    assert retried == {"Build": {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}}


@pytest.mark.parametrize(("changes", "minutes"), [({}, 72 * 60), ({"approval_hours": 1}, 60)])
def test_an_approval_ends_in_time(changes: dict[str, Any], minutes: int) -> None:
    """It holds its stage, so later executions wait for it (AWS's own limit is seven days)."""
    assert named(run(LEAST | changes), "prod", "Approve")["timeoutInMinutes"] == minutes


def test_an_environment_with_a_window_admits_executions_in_it_alone() -> None:
    """The window is before the preview, so that the plan is not older than its wait."""
    graph = run(LEAST | {"environments": [*ENVIRONMENTS[:2], {**ENVIRONMENTS[2], "window": WINDOW}]})
    assert not ParamValidator().validate(declaration(graph), _shape()).has_errors()
    limited = {
        name: stage["beforeEntry"]["condition"] for name, stage in stages(graph).items() if "beforeEntry" in stage
    }
    assert limited.keys() == {"prod"}
    (rule,) = limited["prod"]["rules"]
    assert limited["prod"]["result"] == "FAIL"
    assert rule["ruleTypeId"] == {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"}
    assert rule["configuration"] == {"Cron": WINDOW}


def test_the_actions_of_a_stage_run_one_after_another(pipeline: Graph) -> None:
    """Nothing is deployed beside its own preview."""
    for stage in pipeline.one("codepipeline/pipeline").inputs["stages"]:
        orders = [action["runOrder"] for action in stage["actions"]]
        assert orders == list(range(1, len(orders) + 1)), stage["name"]


def test_one_build_goes_to_every_environment_and_the_previewed_plan_is_deployed(pipeline: Graph) -> None:
    """Every step takes the files of the build. The plan and the outputs go through the environment."""
    for number, environment in enumerate(ENVIRONMENTS, start=1):
        name = environment["name"]
        plan, outputs = f"plan_{number}", f"outputs_{number}"
        passed = {
            step: (named(pipeline, name, step)["inputArtifacts"], named(pipeline, name, step)["outputArtifacts"])
            for step in ("Preview", "Deploy", "Shift", "Smoke")
        }
        assert passed == {
            "Preview": (["built"], [plan]),
            "Deploy": (["built", plan], [outputs]),
            "Shift": (["built", outputs], []),
            "Smoke": (["built", outputs], []),
        }


STEPS = ("Preview", "Deploy", "Shift", "Smoke")


def test_every_step_compares_its_files_with_the_list_of_the_build(pipeline: Graph) -> None:
    """No step between them, which has fewer rights than the next, makes this list."""
    assert named(pipeline, "Build", "Build")["namespace"] == "built"
    for environment in ENVIRONMENTS:
        for step in STEPS:
            action = named(pipeline, environment["name"], step)
            assert variables_of(action)["EXPECTED"] == "#{built.HANDED_ON}"
            assert action["configuration"]["PrimarySource"] == "built"


def test_each_step_expects_the_file_of_the_step_before_it(pipeline: Graph) -> None:
    """By a variable of this execution, which no step of another execution can change."""
    told_of = {step: variables_of(named(pipeline, "prod", step)) for step in STEPS}
    files = {step: (told_of[step].get("FILE_FROM"), told_of[step].get("EXPECTED_FILE")) for step in STEPS}
    assert files == {
        "Preview": (None, None),
        "Deploy": ("plan_3", "#{prod-preview.HANDED_ON}"),
        "Shift": ("outputs_3", "#{prod-deployed.HANDED_ON}"),
        "Smoke": ("outputs_3", "#{prod-deployed.HANDED_ON}"),
    }
    assert named(pipeline, "prod", "Deploy")["namespace"] == "prod-deployed"


def test_every_step_has_the_commit_of_its_execution(pipeline: Graph) -> None:
    """As the source says it."""
    assert named(pipeline, "Source", "Source")["namespace"] == "source"
    builds = [action for _, action in actions(pipeline) if action["category"] == "Build"]
    assert {variables_of(action)["COMMIT"] for action in builds} == {"#{source.CommitId}"}


def test_who_approves_sees_the_previews_numbers_and_its_report(pipeline: Graph) -> None:
    """The link leads to the preview's own build, and the topic tells that somebody is waited for."""
    review = named(pipeline, "prod", "Approve")["configuration"]
    project = pipeline.one("codebuild/project", "prod-preview").inputs["name"]
    assert review["CustomData"] == "prod, commit #{source.CommitId}: #{prod-preview.PREVIEW_SUMMARY}"
    assert f"/projects/{project}/build/#{{prod-preview.PREVIEW_BUILD}}/" in review["ExternalEntityLink"]
    assert review["NotificationArn"] == pipeline.one("sns/topic").arn
    assert named(pipeline, "prod", "Preview")["namespace"] == "prod-preview"


@pytest.mark.parametrize(("name", "step"), [("IGNORE_ALARMS", "Shift"), ("AGAIN", "Shift"), ("DURING_SHIFT", "Deploy")])
def test_a_check_is_overridden_for_one_execution_only(name: str, step: str, pipeline: Graph) -> None:
    """The reason is a variable of the execution, which no stack and no later execution has. Only its step reads it."""
    variables = {
        variable["name"]: variable["defaultValue"]
        for variable in pipeline.one("codepipeline/pipeline").inputs["variables"]
    }
    assert variables[name] == "no"
    builds = {node.name: node.inputs["source"]["buildspec"] for node in pipeline.of("codebuild/project")}
    assert [project for project, text in builds.items() if f"name=='{name}'" in text and "prod" in project] == [
        f"prod-{step.lower()}"
    ]
    assert variables_of(named(pipeline, "prod", step))["EXECUTION"] == "#{codepipeline.PipelineExecutionId}"


def test_a_persons_text_is_in_no_setting_of_an_action(pipeline: Graph) -> None:
    """CodePipeline does not escape it (aws-cdk, issue 8458), so a quote could add variables to the step's JSON."""
    texts = [value for _, action in actions(pipeline) for value in action["configuration"].values()]
    assert not [text for text in texts if "#{variables." in text]


def test_every_value_of_a_configuration_fits(pipeline: Graph, from_codecommit: Graph) -> None:
    """CodePipeline refuses longer ones."""
    for graph in (pipeline, from_codecommit):
        for _, action in actions(graph):
            assert all(len(value) < CONFIGURATION_LIMIT for value in action["configuration"].values()), action["name"]


def test_a_push_of_documents_or_of_the_pipeline_itself_starts_nothing(pipeline: Graph) -> None:
    """The pipeline is deployed by a person, never by itself."""
    (trigger,) = pipeline.one("codepipeline/pipeline").inputs["triggers"]
    (push,) = trigger["gitConfiguration"]["pushes"]
    assert push["branches"] == {"includes": ["main"]}
    excluded = [re.compile(_expression(glob)) for glob in push["filePaths"]["excludes"]]
    pushed = {
        "README.md": False,
        "src/payment/NOTES.md": False,
        "docs/api/openapi.json": False,
        "infra/pipeline/buildspecs/build.yml": False,
        "infra/pipeline/Pulumi.main.yaml": False,
        "infra/pipeline/__main__.py": False,
        "infra/pipeline/requirements.txt": True,
        "infra/service/__main__.py": True,
        "pyproject.toml": True,
    }
    assert {path: not any(pattern.fullmatch(path) for pattern in excluded) for path in pushed} == pushed


def _expression(glob: str) -> str:
    """A glob of CodePipeline's as a regular expression: `*` stays within a folder, `**` does not."""
    parts = re.split(r"(\*\*|\*)", glob)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)


def test_a_commit_to_codecommit_starts_the_pipeline_by_an_event(from_codecommit: Graph) -> None:
    """CodePipeline has no triggers for CodeCommit: a rule on the branch starts it, and nothing polls."""
    node = from_codecommit.one("codepipeline/pipeline")
    assert node.inputs["triggers"] == []
    assert named(from_codecommit, "Source", "Source")["configuration"]["PollForSourceChanges"] == "false"
    pattern = from_codecommit.one("cloudwatch/eventRule", "commits").document("eventPattern")
    assert pattern["resources"] == [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{CODECOMMIT['repository']}"]
    assert pattern["detail"]["referenceName"] == ["main"]
    target = from_codecommit.one("cloudwatch/eventTarget", "commits").inputs
    assert (target["arn"], target["roleArn"]) == (node.arn, from_codecommit.one("iam/role", "commits").arn)
    kept = from_codecommit.one("sqs/queue", "commits-dead-letters")
    assert target["deadLetterConfig"] == {"arn": kept.arn}
    assert (
        "a-commit-started-no-delivery"
        in from_codecommit.one("cloudwatch/metricAlarm", kept.name).inputs["alarmDescription"]
    )


def test_the_newest_change_overtakes_a_waiting_one(pipeline: Graph) -> None:
    """And an environment is one stage, so that nothing comes between its preview and its deployment."""
    assert pipeline.one("codepipeline/pipeline").inputs["executionMode"] == "SUPERSEDED"
    assert {stage for stage, _ in actions(pipeline)} == {"Source", "Build", "dev", "staging", "prod"}


def test_the_pipeline_waits_for_its_permissions(pipeline: Graph) -> None:
    """It starts as soon as it exists."""
    node = pipeline.one("codepipeline/pipeline")
    role = pipeline.one("iam/role", "pipeline").inputs["name"]
    policies = {node.urn for node in pipeline.of("iam/rolePolicy") if node.inputs["role"] == role}
    assert policies <= node.dependencies


def test_the_project_is_called_after_the_context() -> None:
    """Settings are read from the project's namespace."""
    assert f"name: {PROJECT}\n" in (FOLDER / "Pulumi.yaml").read_text()
