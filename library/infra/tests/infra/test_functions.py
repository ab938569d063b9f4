"""Functions: how they are published, called, logged, traced and configured."""

from typing import Any

import pulumi
import pytest

from bounded_context_infra.components.function import Function
from bounded_context_infra.configuration.defaults import PYTHON

from .graph import CONTEXT, Graph

HOOKS = {"pre-traffic", "post-traffic"}


def test_there_is_a_function_for_each_command_each_step_and_each_observer(prod: Graph) -> None:
    """The context runs nothing else but the hooks of their releases."""
    assert set(prod.outputs["functions"]) == set(CONTEXT.functions)
    names = {node.name for node in prod.of("lambda/function")}
    assert names == {name.replace("_", "-") for name in CONTEXT.functions} | HOOKS


def test_every_function_is_published_behind_the_alias_live(prod: Graph) -> None:
    """Callers get the version that the rollout chose."""
    aliases = {node.inputs["functionName"]: node for node in prod.of("lambda/alias")}
    for node in prod.of("lambda/function"):
        assert node.inputs["publish"] is True
        if node.name in HOOKS:  # CodeDeploy knows a hook by the function's name, and nothing else calls it
            assert node.inputs["name"] not in aliases
            continue
        assert aliases[node.inputs["name"]].inputs["name"] == "live"


def test_the_rollout_owns_the_alias_once_it_exists(prod: Graph) -> None:
    """Pulumi takes neither the version nor the transient weights of an alias for drift."""
    for node in prod.of("lambda/alias"):
        assert node.ignore_changes == {"functionVersion", "routingConfig"}
    assert prod.one("sfn/alias").ignore_changes == {"routingConfigurations", "description"}


def test_an_alias_has_no_other_input(prod: Graph) -> None:
    """Pulumi would send the version that it remembers along with any other change, and all traffic would follow."""
    for node in prod.of("lambda/alias"):
        assert set(node.inputs) == {"name", "functionName", "functionVersion"}
    assert set(prod.one("sfn/alias").inputs) == {"name", "routingConfigurations"}


def test_an_alias_has_no_input_for_pulumi_to_update(prod: Graph) -> None:
    """An update sends the ignored inputs too, as Pulumi last saw them: it would move the traffic back."""
    for node in prod.of("lambda/alias"):
        assert set(node.inputs) == {"name", "functionName", "functionVersion"}
    assert set(prod.one("sfn/alias").inputs) == {"name", "routingConfigurations"}


def test_no_resource_calls_an_unqualified_function_or_machine(prod: Graph) -> None:
    """Event sources, rules, exports and the state machine all name the alias."""
    calls = [node.inputs["functionName"] for node in prod.of("lambda/eventSourceMapping")]
    queues = {node.arn for node in prod.of("sqs/queue")}
    calls += [node.inputs["arn"] for node in prod.of("cloudwatch/eventTarget") if node.inputs["arn"] not in queues]
    calls += [node.inputs["target"]["arn"] for node in prod.of("scheduler/schedule")]
    calls += [*prod.outputs["functions"].values(), prod.outputs["state_machine_arn"]]
    assert all(call.endswith(":live") for call in calls)
    called = _called_functions(prod.one("sfn/stateMachine").document("definition"))
    assert len(called) == len(CONTEXT.steps)
    assert called <= set(prod.outputs["functions"].values())


def test_every_permission_to_invoke_is_for_an_alias(prod: Graph) -> None:
    """But for the hooks, which CodeDeploy calls by name, and the versions that they are to check."""
    hooks = {node.arn for node in prod.of("lambda/function") if node.name in HOOKS}
    for node, statement in prod.statements("iam/rolePolicy"):
        if "lambda:InvokeFunction" in statement["Action"]:
            named = set(statement["Resource"]) - hooks
            checks = node.name.startswith("release-to-") and node.name.removeprefix("release-to-") in HOOKS
            assert all(arn.endswith(":*" if checks else ":live") for arn in named), node.name
    assert {permission.inputs["qualifier"] for permission in prod.of("lambda/permission")} == {"live"}


def _called_functions(node: Any) -> set[str]:
    if isinstance(node, dict):
        here = {node["FunctionName"]} if "FunctionName" in node else set()
        return here.union(*map(_called_functions, node.values()))
    return set().union(*map(_called_functions, node)) if isinstance(node, list) else set()


def test_every_function_runs_alike(prod: Graph) -> None:
    """One runtime, one architecture, JSON logs, traces."""
    for node in prod.of("lambda/function"):
        assert node.inputs["runtime"] == f"python{PYTHON}"
        assert node.inputs["architectures"] == ["arm64"]
        assert node.inputs["tracingConfig"] == {"mode": "Active"}
        assert node.inputs["loggingConfig"]["logFormat"] == "JSON"
        assert len(node.inputs["layers"]) == 1


def test_a_sampled_debug_line_gets_through(prod: Graph) -> None:
    """Powertools decides which are written; Lambda drops what is below its own level, whoever wrote it."""
    for node in prod.of("lambda/function"):
        assert node.inputs["loggingConfig"]["applicationLogLevel"] == "DEBUG"
        variables = node.inputs["environment"]["variables"]
        assert (variables["POWERTOOLS_LOG_LEVEL"], variables["POWERTOOLS_LOGGER_SAMPLE_RATE"]) == ("INFO", "0.01")


@pytest.mark.parametrize(("stack", "rate"), [("without_partners", "0"), ("full", "0.005"), ("varied", "1")])
def test_the_settings_have_the_share_of_calls_logged_in_detail(
    stack: str, rate: str, request: pytest.FixtureRequest
) -> None:
    """As a share, which is what Powertools reads."""
    graph: Graph = request.getfixturevalue(stack)
    for node in graph.of("lambda/function"):
        assert node.inputs["environment"]["variables"]["POWERTOOLS_LOGGER_SAMPLE_RATE"] == rate


def test_the_metrics_of_two_stacks_in_one_account_stay_apart(prod: Graph) -> None:
    """Their namespace is what every name of the stack starts with."""
    for node in prod.of("lambda/function"):
        prefix = node.inputs["name"].removesuffix(f"-{node.name}")
        assert node.inputs["environment"]["variables"]["POWERTOOLS_METRICS_NAMESPACE"] == prefix


def test_a_function_may_write_its_logs_before_it_exists(prod: Graph) -> None:
    """The first call of a function is logged too."""
    policies = {node.inputs["role"]: node.urn for node in prod.of("iam/rolePolicy") if "logs:" in node.inputs["policy"]}
    for node in prod.of("lambda/function"):
        assert policies[node.inputs["name"]] in node.dependencies


def test_an_import_step_ends_before_its_express_execution(prod: Graph) -> None:
    """A child execution of the map has five minutes."""
    assert prod.one("lambda/function", "import-list").inputs["timeout"] < 300


@pytest.mark.parametrize("variable", ["AWS_REGION", "POWERTOOLS_LOG_LEVEL", "LAMBDA_TASK_ROOT", "TZ"])
def test_a_function_cannot_set_a_reserved_variable(variable: str) -> None:
    """The error names the function and the variable."""
    with pytest.raises(ValueError, match=f"^some-step sets {variable}:"):
        _function({variable: "x"})


@pytest.mark.parametrize("variable", ["table_name", "TABLE-NAME", "1ST", ""])
def test_a_variable_is_written_in_capitals(variable: str) -> None:
    """A shell accepts no other name."""
    with pytest.raises(ValueError, match=f"^some-step sets '{variable}':"):
        _function({variable: "x"})


def _function(environment: dict[str, str]) -> None:
    nowhere: Any = None
    Function(
        "some_step",
        nowhere,
        handler="module.function",
        code=pulumi.FileArchive("code.zip"),
        layer_arn="layer",
        timeout=10,
        memory=512,
        environment=environment,
    )
