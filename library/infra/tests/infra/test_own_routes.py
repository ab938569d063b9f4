"""Own routes of a repository: a decorator alone deploys the function, its permissions, its route and its alarms."""

import json
from dataclasses import replace

import pytest

from bounded_context.domain.spelling import kebab
from bounded_context_infra import SettingError
from bounded_context_infra.queries import saved_queries
from tests.own_routes import GOOD, Write, deprecated, write

from .alarms import notifiers
from .graph import CONTEXT, Graph, run, run_context
from .test_http_api import JWT
from .test_permissions import actions_on

__all__ = ["write"]

ROUTES = {
    "policy_summary": "GET /policies/{policy_id}/summary",
    "add_note": "POST /policies/{policy_id}/notes",
    "policy_count": "GET /policies",
}


@pytest.fixture
def graph(write: Write) -> Graph:
    """A stack whose callers have tokens, with a snapshot of each function that callers wait for."""
    write(GOOD)
    return run_context(CONTEXT, "staging", sftp="none", api_jwt=JWT, snap_start=True, api_route_metrics=True)


def test_each_has_a_function_with_the_handler_of_the_library(graph: Graph) -> None:
    """The program is unchanged; the alias is released as all are."""
    for name in ROUTES:
        function = graph.one("lambda/function", kebab(name)).inputs
        assert function["handler"] == f"bounded_context.handlers.entry_points.{name}"
        assert {"CONTEXT", "TABLE_NAME"} <= set(function["environment"]["variables"])
        assert function["snapStart"] == {"applyOn": "PublishedVersions"}
        assert graph.outputs["functions"][name].endswith(":live")


def test_each_has_its_route_and_the_scopes_that_it_names(graph: Graph) -> None:
    """Those of the context stay."""
    routes = {node.inputs["routeKey"]: node.inputs for node in graph.of("apigatewayv2/route")}
    assert set(routes) == {*CONTEXT.routes.values(), *ROUTES.values()}
    assert {inputs["authorizationType"] for inputs in routes.values()} == {"JWT"}
    assert routes[ROUTES["policy_summary"]]["authorizationScopes"] == ["policies.read"]
    assert "authorizationScopes" not in routes[ROUTES["add_note"]]


def test_each_reads_aggregates_and_queries_indexes_and_does_nothing_else(graph: Graph) -> None:
    """A preset in FUNCTIONS gives it more."""
    table = graph.one("dynamodb/table").arn
    assert actions_on(graph, "policy-summary", table) == {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
    assert actions_on(graph, "policy-summary", f"{table}/index/by_list") == {"dynamodb:Query"}


def test_callers_wait_for_it(graph: Graph) -> None:
    """Its alarms are those of callers, and the dashboards show it."""
    alarms = {name: json.dumps(node.inputs) for name, node in notifiers(graph).items()}
    assert any("policy-summary" in text for name, text in alarms.items() if name.startswith("callers-errors"))
    assert not any("policy-summary" in text for name, text in alarms.items() if name.startswith("background-"))
    board = graph.one("cloudwatch/dashboard", "technical").inputs["dashboardBody"]
    assert "policy-summary" in board
    assert ROUTES["policy_summary"] in board


def test_scopes_are_refused_where_callers_sign(write: Write) -> None:
    """A signature has no scope."""
    write(GOOD)
    with pytest.raises(SettingError) as refused:
        run_context(CONTEXT, "staging", sftp="none")
    assert refused.value.setting == "api_jwt"


def test_a_deprecated_route_has_its_headers_its_metric_and_its_query(write: Write) -> None:
    """Beside those of the declaration. Web pages of allowed origins can read the headers."""
    write(deprecated())
    context = replace(CONTEXT, deprecated={f"{event}.1": "2027-03-31" for event in CONTEXT.list_events})
    origins = ("https://example.org",)
    graph = run_context(context, "staging", sftp="none", api_jwt=JWT, api_cors_origins=origins)
    exposed = graph.one("apigatewayv2/api").inputs["corsConfiguration"]["exposeHeaders"]
    assert {"deprecation", "sunset"} <= {*exposed}
    names = {"policy_summary", "policy_count"}
    [query] = [query for query in saved_queries(context) if query.name == "callers of deprecated functions"]
    assert {*query.functions} == names
    definition = graph.one("cloudwatch/queryDefinition", "callers-of-deprecated-functions").inputs
    assert len(definition["logGroupNames"]) == len(names)
    board = json.loads(graph.one("cloudwatch/dashboard", "technical").inputs["dashboardBody"])
    lines = [line for widget in board["widgets"] for line in widget["properties"].get("metrics", ())]
    contracts = [line[line.index("contract") + 1] for line in lines if "DeprecatedUses" in line]
    assert sorted(contracts) == sorted((*names, *context.deprecated))


def test_a_context_without_own_routes_has_the_same_graph() -> None:
    """Nothing is added."""
    names = {node.name for node in run("staging").of("lambda/function")}
    assert names.isdisjoint(map(kebab, ROUTES))
