"""Who may do what: named actions on named resources, one role for each project."""

import re
from collections import Counter

import pytest

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph
from bounded_context_infra.components.pipeline import LONGEST_NAME
from tests.infra.test_permissions import actions_on, granted

from .program import CONNECTION, ENVIRONMENTS, LEAST, STATE_KEY, TOKEN, roles, run

STATE = "arn:aws:s3:::state"
ROLE_OF = {"preview": "preview", "deploy": "deploy", "shift": "shift", "smoke": "shift"}
SOURCES = ("pipeline", "from_codecommit", "in_pulumi_cloud")


@pytest.fixture(params=SOURCES)
def any_pipeline(request: pytest.FixtureRequest) -> Graph:
    """Each kind of pipeline."""
    return request.getfixturevalue(request.param)


def test_no_role_has_a_wildcard_action_or_the_resource_of_all(any_pipeline: Graph) -> None:
    """A permission names what it permits, and what for."""
    for node, statement in any_pipeline.statements("iam/rolePolicy"):
        assert not any("*" in action for action in statement["Action"]), node.name
        for resource in statement["Resource"]:
            assert re.match(r"arn:aws:[a-z0-9-]+:[^*]{5,}", resource), (node.name, resource)


def test_no_two_projects_share_a_role(any_pipeline: Graph) -> None:
    """Each step of each environment has a role of its own."""
    roles = [node.inputs["serviceRole"] for node in any_pipeline.of("codebuild/project")]
    assert Counter(roles).most_common(1)[0][1] == 1


def test_every_role_trusts_one_service_acting_for_this_account(any_pipeline: Graph) -> None:
    """Another account cannot make a service use our roles (the confused deputy), where the service says for whom."""
    for node, statement in any_pipeline.statements("iam/role", "assumeRolePolicy"):
        service = statement["Principal"]["Service"].removesuffix(".amazonaws.com")
        assert service in ("codebuild", "codepipeline", "events"), node.name
        if service != "codepipeline":
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, node.name


def test_a_step_assumes_the_role_of_its_own_environment_only(pipeline: Graph) -> None:
    """What runs before the approval has not the role that changes things. The build takes on none."""
    for environment in ENVIRONMENTS:
        for step, kind in ROLE_OF.items():
            statements = granted(pipeline, f"{environment['name']}-{step}")
            assumed = [s["Resource"] for s in statements if "sts:AssumeRole" in s["Action"]]
            assert assumed == [[environment["roles"][kind]]]
    assert not any("sts:AssumeRole" in s["Action"] for s in granted(pipeline, "build"))


OWN = [
    f"{STATE}/.pulumi/{path}"
    for path in (
        *("stacks/payment/prod.json*", "stacks/payment/prod.pulumi-tags"),
        *("history/payment/prod/*", "backups/payment/prod/*", "locks/organization/payment/prod/*"),
    )
]


@pytest.mark.parametrize("key", OWN)
def test_only_a_deployment_writes_the_state(pipeline: Graph, key: str) -> None:
    """A preview reads it; no other step, and not the pipeline, sees it."""
    read, write = {"s3:GetObject"}, {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
    expected = {"prod-preview": read, "prod-deploy": write, "prod-shift": set(), "build": set(), "pipeline": set()}
    assert {role: actions_on(pipeline, role, key) for role in expected} == expected
    assert actions_on(pipeline, "prod-preview", STATE) == {"s3:ListBucket"}
    assert actions_on(pipeline, "prod-preview", STATE_KEY) == {"kms:Decrypt"}
    assert actions_on(pipeline, "prod-deploy", STATE_KEY) == {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.mark.parametrize("step", ["prod-preview", "prod-deploy"])
def test_a_step_reaches_the_state_of_its_own_stack_alone(pipeline: Graph, step: str) -> None:
    """The only other object is the version of the backend, which no step writes."""
    statements = [statement for statement in granted(pipeline, step) if statement["Resource"][0].startswith(STATE)]
    objects = {
        arn for statement in statements if "s3:ListBucket" not in statement["Action"] for arn in statement["Resource"]
    }
    assert objects == {*OWN, f"{STATE}/.pulumi/meta.yaml"}
    [listing] = [statement["Condition"] for statement in statements if "s3:ListBucket" in statement["Action"]]
    assert {f"{STATE}/{prefix}" for prefix in listing["StringLike"]["s3:prefix"]} == objects
    assert actions_on(pipeline, step, f"{STATE}/.pulumi/meta.yaml") == {"s3:GetObject"}


def test_an_environment_decrypts_its_own_secrets_alone() -> None:
    """Its provider has an encryption context; an environment without one uses the pipeline's provider as it is."""
    url = LEAST["secrets_provider"]
    first, *others = ENVIRONMENTS
    graph = run(LEAST | {"environments": [first | {"secrets_provider": f"{url}&context_stack=dev"}, *others]})
    conditions = {
        name: [
            statement.get("Condition")
            for statement in granted(graph, f"{name}-deploy")
            if statement["Resource"] == [STATE_KEY]
        ]
        for name in ("dev", "prod")
    }
    through_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
    assert conditions == {
        "dev": [through_s3, {"StringEquals": {"kms:EncryptionContext:stack": "dev"}}],
        "prod": [through_s3, None],
    }
    variables = graph.one("codebuild/project", "dev-preview").inputs["environment"]["environmentVariables"]
    values = {variable["name"]: variable["value"] for variable in variables}
    assert values["SECRETS_PROVIDER"] == f"{url}&context_stack=dev"


def test_in_pulumi_cloud_a_step_may_read_its_token_and_no_bucket_of_state(in_pulumi_cloud: Graph) -> None:
    """The token is handed over by CodeBuild, never as plain text."""
    assert actions_on(in_pulumi_cloud, "prod-deploy", TOKEN) == {"secretsmanager:GetSecretValue"}
    assert actions_on(in_pulumi_cloud, "prod-shift", TOKEN) == set()
    variables = in_pulumi_cloud.one("codebuild/project", "prod-deploy").inputs["environment"]["environmentVariables"]
    assert {"name": "PULUMI_ACCESS_TOKEN", "value": TOKEN, "type": "SECRETS_MANAGER"} in variables


def test_a_project_writes_its_own_log_and_report_only(pipeline: Graph) -> None:
    """By the ARN of each."""
    name = pipeline.one("codebuild/project", "prod-preview").inputs["name"]
    own = [s for s in granted(pipeline, "prod-preview") if s["Action"][0].startswith(("logs:", "codebuild:"))]
    place = f"{REGION}:{ACCOUNT}"
    assert [s["Resource"] for s in own] == [
        [f"arn:aws:logs:{place}:log-group:/aws/codebuild/{name}:*"],
        [f"arn:aws:codebuild:{place}:report-group/{name}-preview"],
    ]


def test_the_pipeline_runs_its_projects_only(pipeline: Graph) -> None:
    """It starts each of them by name, with the project's own buildspec."""
    runs = [s for s in granted(pipeline, "pipeline") if "codebuild:StartBuild" in s["Action"]]
    assert {arn for s in runs for arn in s["Resource"]} == {node.arn for node in pipeline.of("codebuild/project")}
    assert all(s["Condition"] == {"Null": {"codebuild:source.buildspec": "true"}} for s in runs)
    assert not any("sts:AssumeRole" in s["Action"] for s in granted(pipeline, "pipeline"))


def test_a_step_reads_the_executions_of_this_pipeline_only_if_it_needs_a_variable(pipeline: Graph) -> None:
    """The reasons that a person gives an execution."""
    reads = {
        name: [s["Resource"] for s in granted(pipeline, name) if "codepipeline:GetPipelineExecution" in s["Action"]]
        for name in ("build", "prod-preview", "prod-deploy", "prod-shift", "prod-smoke")
    }
    own = [[f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{pipeline.outputs['pipeline']}"]]
    assert reads == {"build": [], "prod-preview": [], "prod-deploy": own, "prod-shift": own, "prod-smoke": []}


def test_the_pipeline_uses_its_connection_only(pipeline: Graph) -> None:
    """Under both names of the service, as AWS asks for the one or the other."""
    (use,) = [s for s in granted(pipeline, "pipeline") if "codeconnections:UseConnection" in s["Action"]]
    assert set(use["Resource"]) == {CONNECTION, CONNECTION.replace("codeconnections", "codestar-connections")}
    assert set(use["Action"]) == {"codeconnections:UseConnection", "codestar-connections:UseConnection"}


ARTEFACTS = {
    "build": (["sources"], "built"),
    "staging-preview": (["built"], "plan_2"),
    "staging-deploy": (["built", "plan_2"], "outputs_2"),
    "staging-shift": (["built", "outputs_2"], None),
    "staging-smoke": (["built", "outputs_2"], None),
}
"""The artefacts that a step takes and produces."""


@pytest.mark.parametrize("step", ARTEFACTS)
def test_a_step_reads_and_writes_its_own_artefacts_alone(pipeline: Graph, step: str) -> None:
    """Other steps' artefacts are out of its reach, also those of its environment."""
    takes, produces = ARTEFACTS[step]
    bucket = pipeline.one("s3/bucket").arn
    statements = [
        statement for statement in granted(pipeline, step) if statement["Resource"][0].startswith(f"{bucket}/")
    ]
    artefacts = {
        action: {arn.split("/")[2] for arn in statement["Resource"]}
        for statement in statements
        for action in statement["Action"]
    }
    read = {"s3:GetObject": {*takes}, "s3:GetObjectVersion": {*takes}}
    assert artefacts == read | ({"s3:PutObject": {produces}} if produces else {})


def test_the_pipeline_may_store_sources_with_an_access_list(any_pipeline: Graph) -> None:
    """A code connection's action sends one along; no project does."""
    objects = f"{any_pipeline.one('s3/bucket').arn}/{any_pipeline.one('codepipeline/pipeline').inputs['name'][:10]}*"
    use = {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}
    assert actions_on(any_pipeline, "pipeline", objects) == use | {"s3:PutObjectAcl"}


def test_the_name_of_an_artefact_is_not_shortened_in_its_keys(any_pipeline: Graph) -> None:
    """The permissions contain the names."""
    stages = any_pipeline.one("codepipeline/pipeline").inputs["stages"]
    names = {name for stage in stages for action in stage["actions"] for name in action["outputArtifacts"]}
    assert {name[:LONGEST_NAME] for name in names} == names


def test_a_commits_event_may_start_this_pipeline_only(from_codecommit: Graph) -> None:
    """The rule's role has one action on one pipeline."""
    arn = from_codecommit.one("codepipeline/pipeline").arn
    (statement,) = granted(from_codecommit, "commits")
    assert (statement["Action"], statement["Resource"]) == (["codepipeline:StartPipelineExecution"], [arn])


def test_the_account_programs_outputs_name_the_roles_of_each_environment(pipeline: Graph) -> None:
    """Each role of the environment must trust exactly these."""
    for environment in ENVIRONMENTS:
        name = environment["name"]
        arns = {step: pipeline.one("iam/role", f"{name}-{step}").arn for step in ROLE_OF}
        role_arns = {kind: [arns[step] for step in ROLE_OF if ROLE_OF[step] == kind] for kind in ROLE_OF.values()}
        assert pipeline.outputs["trust"][name] == role_arns


def test_many_environments_fit_the_quota_of_the_pipelines_role() -> None:
    """IAM takes 10,240 characters of inline policy for a role, white space not counted."""
    names = [f"environment-{number}" for number in range(8)]
    many = [{"name": name, "roles": roles(name, "222233334444")} for name in names]
    graph = run(LEAST | {"environments": many})
    role = graph.one("iam/role", "pipeline").inputs["name"]
    policies = [node.inputs["policy"] for node in graph.of("iam/rolePolicy") if node.inputs["role"] == role]
    assert sum(len(re.sub(r"\s", "", policy)) for policy in policies) < 10_240
