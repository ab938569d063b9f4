"""The HTTP API: who may call it, what it may call, what it writes down, and how it is watched."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bounded_context.domain.spelling import kebab
from bounded_context_infra._parts import access_log
from bounded_context_infra.configuration.config import SettingError

from .alarms import Samples, expressions, notifiers, times_told, watched
from .dashboards import VALIDATOR, bodies, metrics, widgets
from .graph import ACCOUNT, API, CONTEXT, REGION, Graph, run, run_context
from .test_permissions import granted

JWT = {"issuer": "https://login.example.org/tenant", "audience": ["callers", "back-office"]}
ORIGINS = ["https://app.example.org", "http://localhost:3000"]
NIGHT = 8 * 60
"""Minutes."""


@pytest.fixture(scope="session")
def with_tokens() -> Graph:
    """A stack whose callers have tokens, from pages of two origins, and may send little."""
    return run(
        "staging",
        sftp="none",
        api_jwt=JWT,
        api_cors_origins=ORIGINS,
        api_throttle={"rate": 5, "burst": 9},
        api_objectives={"answered_percent": 98, "latency_ms": 700},
    )


def test_there_is_one_route_for_each_command_and_query_and_no_other(prod: Graph) -> None:
    """What has no route is not found; a default route would take whatever comes."""
    assert sorted(node.inputs["routeKey"] for node in prod.of("apigatewayv2/route")) == sorted(CONTEXT.routes.values())
    assert set(CONTEXT.command_functions) <= set(CONTEXT.routes)
    assert "routeKey" not in prod.one("apigatewayv2/api").inputs


def test_a_route_calls_the_alias_of_its_function_with_payload_2_and_waits_longer_than_it(prod: Graph) -> None:
    """The function gives up first, and says why; API Gateway waits for half a minute at most."""
    integrations = {node.outputs["name"]: node for node in prod.of("apigatewayv2/integration")}
    routes = {node.inputs["routeKey"]: node for node in prod.of("apigatewayv2/route")}
    for function, key in CONTEXT.routes.items():
        integration = integrations[routes[key].inputs["target"].removeprefix("integrations/")].inputs
        arn = prod.outputs["functions"][function]
        assert integration["integrationType"] == "AWS_PROXY"
        assert integration["payloadFormatVersion"] == "2.0"
        assert f"/functions/{arn}/invocations" in integration["integrationUri"]
        timeout = prod.one("lambda/function", kebab(function)).inputs["timeout"] * 1000
        assert timeout < integration["timeoutMilliseconds"] <= 30_000


def test_every_route_requires_iam_unless_the_settings_differ(any_stack: Graph) -> None:
    """Nothing is reachable without an authorization."""
    assert {node.inputs["authorizationType"] for node in any_stack.of("apigatewayv2/route")} == {"AWS_IAM"}
    assert any_stack.of("apigatewayv2/authorizer") == []


def test_with_an_issuer_every_route_requires_its_tokens(with_tokens: Graph) -> None:
    """Of the audiences that the stack names, in the header."""
    authorizer = with_tokens.one("apigatewayv2/authorizer")
    assert authorizer.inputs["authorizerType"] == "JWT"
    assert authorizer.inputs["identitySources"] == ["$request.header.Authorization"]
    assert authorizer.inputs["jwtConfiguration"] == {"issuer": JWT["issuer"], "audiences": JWT["audience"]}
    for node in with_tokens.of("apigatewayv2/route"):
        assert (node.inputs["authorizationType"], node.inputs["authorizerId"]) == ("JWT", authorizer.outputs["name"])


SCOPES = {CONTEXT.get_function: ("things.read", "things.write")}


def test_a_route_requires_one_of_its_scopes_and_the_others_no_scope() -> None:
    """Whatever the context names."""
    graph = run_context(replace(CONTEXT, scopes=SCOPES), "staging", sftp="none", api_jwt=JWT)
    required = {
        node.inputs["routeKey"]: node.inputs.get("authorizationScopes") for node in graph.of("apigatewayv2/route")
    }
    of_query = {CONTEXT.routes[CONTEXT.get_function]: [*SCOPES[CONTEXT.get_function]]}
    assert required == dict.fromkeys(CONTEXT.routes.values()) | of_query


def test_scopes_are_refused_where_callers_sign() -> None:
    """A signature has no scope, so the route would be open to each permitted role."""
    with pytest.raises(SettingError) as refused:
        run_context(replace(CONTEXT, scopes=SCOPES), "staging", sftp="none")
    assert refused.value.setting == "api_jwt"


def test_the_api_may_call_each_alias_for_its_own_route_alone(prod: Graph) -> None:
    """The permission names API, stage, method and path; in place of a path's parameter stands any value."""
    permissions = {node.inputs["function"]: node for node in prod.of("lambda/permission") if _of_api(node)}
    assert len(permissions) == len(CONTEXT.routes)
    for function, key in CONTEXT.routes.items():
        permission = permissions[prod.one("lambda/function", kebab(function)).inputs["name"]].inputs
        method, path = key.split(" ")
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/$default/{method}{re.sub('{.+?}', '*', path)}"
        assert permission["sourceArn"] == source
        assert (permission["action"], permission["qualifier"]) == ("lambda:InvokeFunction", "live")


def _of_api(node: Any) -> bool:
    return node.inputs["principal"] == "apigateway.amazonaws.com"


def test_a_route_is_there_only_when_the_api_may_call_its_function(prod: Graph) -> None:
    """A request that comes in between would be answered with an error."""
    permissions = {node.name.removeprefix("api-"): node.urn for node in prod.of("lambda/permission")}
    for node in prod.of("apigatewayv2/route"):
        assert permissions[node.name] in node.dependencies


def test_no_function_has_a_permission_more_for_the_api(prod: Graph) -> None:
    """The API calls it; nothing in it calls the API."""
    for function in CONTEXT.routes:
        assert not [s for s in granted(prod, kebab(function)) if any("execute-api" in action for action in s["Action"])]


def test_requests_are_throttled_and_measured_by_route(prod: Graph, with_tokens: Graph) -> None:
    """A stack without a word about it has limits too."""
    for graph, rate, burst in ((prod, 100, 200), (with_tokens, 5, 9)):
        stage = graph.one("apigatewayv2/stage").inputs
        settings = {"throttlingRateLimit": rate, "throttlingBurstLimit": burst, "detailedMetricsEnabled": True}
        assert (stage["name"], stage["autoDeploy"], stage["defaultRouteSettings"]) == ("$default", True, settings)


def test_development_counts_the_api_as_a_whole(prod: Graph) -> None:
    """A metric of a route costs as much as one of our own; the dashboards draw what there is."""
    dev = run("dev")
    assert dev.one("apigatewayv2/stage").inputs["defaultRouteSettings"]["detailedMetricsEnabled"] is False
    for graph, by_route in ((prod, True), (dev, False)):
        drawn = [dashboard.inputs["dashboardBody"] for dashboard in graph.of("cloudwatch/dashboard")]
        assert ["by route" in body for body in drawn] == [by_route, by_route]


def test_every_request_leaves_a_line_in_a_log_that_is_encrypted_and_expires(prod: Graph) -> None:
    """In a log group of the stack."""
    settings = prod.one("apigatewayv2/stage").inputs["accessLogSettings"]
    group = prod.one("cloudwatch/logGroup", "api-logs")
    assert settings["destinationArn"] == group.arn
    assert group.inputs["kmsKeyId"] == prod.one("kms/key").arn
    assert group.inputs["retentionInDays"] == 365


def test_an_access_log_line_has_the_outcome_and_no_personal_data(prod: Graph) -> None:
    """Neither the path, in which identities stand, nor an address, nor a session's name."""
    line = json.loads(prod.one("apigatewayv2/stage").inputs["accessLogSettings"]["format"])
    assert {"request_id", "route", "status", "latency_ms", "integration_error", "caller_client"} <= set(line)
    text = " ".join(line.values())
    for personal in ("sourceIp", "userAgent", "userArn", "identity.caller", "identity.user", "$context.path", "sub"):
        assert personal not in text


def test_the_saved_query_uses_fields_of_the_access_log(prod: Graph) -> None:
    """Logs Insights finds nothing under another name, and says nothing of it."""
    query = prod.one("cloudwatch/queryDefinition", access_log.REFUSED.replace(" ", "-"))
    assert query.inputs["logGroupNames"] == [prod.one("cloudwatch/logGroup", "api-logs").inputs["name"]]
    text = query.inputs["queryString"]
    aliases = set(re.findall(r" as (\w+)", text))
    words = {"filter", "stats", "count", "max", "as", "by", "sort", "desc", "limit", "timestamp"}
    assert set(re.findall(r"[a-z]\w+", text)) - aliases - words <= access_log.FIELDS


def test_no_page_may_call_it_unless_its_origin_is_named(any_stack: Graph, with_tokens: Graph) -> None:
    """Without CORS a browser hands no answer to a page."""
    assert "corsConfiguration" not in any_stack.one("apigatewayv2/api").inputs
    cors = with_tokens.one("apigatewayv2/api").inputs["corsConfiguration"]
    assert cors["allowOrigins"] == ORIGINS
    assert set(cors["allowMethods"]) == {key.split(" ")[0] for key in CONTEXT.routes.values()}
    assert cors["allowCredentials"] is False
    assert {"authorization", "idempotency-key", "if-match"} <= set(cors["allowHeaders"])
    assert "*" not in json.dumps(cors)


def test_the_outputs_name_the_api(prod: Graph) -> None:
    """The address has no slash at its end: a path follows."""
    assert prod.outputs["api"] == {"id": API, "url": f"https://{API}.execute-api.{REGION}.amazonaws.com"}


def test_limits_of_a_stack_arrive_in_its_alarms(with_tokens: Graph) -> None:
    """Milliseconds as they are; 98 % leave room for two of a hundred."""
    assert notifiers(with_tokens)["api-latency"].inputs["threshold"] == 700
    (burn, _) = expressions(notifiers(with_tokens)["api-burn-fast"]).values()
    assert burn.endswith("/ 0.020000, 0), 0)")


def test_alarms_are_on_the_stage_of_this_api(prod: Graph) -> None:
    """The metrics of one API and one stage."""
    for name in ("api-errors", "api-latency", "api-refusals", "api-burn-fast", "api-burn-slow"):
        metrics = watched(notifiers(prod)[name])
        assert {metric.namespace for metric in metrics} == {"AWS/ApiGateway"}
        assert all(metric.dimensions == {"ApiId": API, "Stage": "$default"} for metric in metrics)


def every(minutes: int, value: float, start: int = 60, end: int = NIGHT) -> Samples:
    return {minute: [value] for minute in range(start, end, minutes)}


def told_times(graph: Graph, name: str, **metrics: Samples) -> int:
    return times_told(notifiers(graph)[name], {_METRICS[key]: samples for key, samples in metrics.items()}, NIGHT)


_METRICS = {"requests": "Count", "refused": "4xx", "failed": "5xx", "latency": "Latency"}


def test_one_failed_request_at_night_raises_no_alarm(prod: Graph) -> None:
    """Two bad minutes of three do."""
    samples = {"requests": every(10, 1, start=0), "failed": {120: [1.0]}}
    for name in ("api-errors", "api-burn-fast", "api-burn-slow"):
        assert told_times(prod, name, **samples) == 0
    assert told_times(prod, "api-errors", failed={120: [1.0], 121: [2.0]}) == 1


def test_requests_that_fail_for_two_hours_raise_one_alarm(prod: Graph) -> None:
    """However few there are."""
    failing = {"requests": every(5, 1, start=0), "failed": every(5, 1, start=120, end=240)}
    assert told_times(prod, "api-burn-fast", **failing) == 1


def test_only_lasting_latency_raises_an_alarm(prod: Graph) -> None:
    """A quarter of an hour of them is a warning."""
    assert told_times(prod, "api-latency", latency=every(30, 9000)) == 0
    assert told_times(prod, "api-latency", latency=every(2, 9000, start=120, end=180)) == 1


def test_only_a_majority_of_refusals_raises_an_alarm(prod: Graph) -> None:
    """A person who tries something out is no warning, and neither is a fifth of all requests."""
    assert told_times(prod, "api-refusals", requests=every(1, 2), refused=every(1, 2)) == 0
    assert told_times(prod, "api-refusals", requests=every(1, 100), refused=every(1, 20)) == 0
    flood = {**every(1, 1), **every(1, 90, start=120, end=180)}
    assert told_times(prod, "api-refusals", requests=every(1, 100), refused=flood) == 1


def test_both_dashboards_show_it(prod: Graph) -> None:
    """Requests, refusals, failures and latency, of the stage and of each route."""
    for body in bodies(prod).values():
        assert [error.message for error in VALIDATOR.iter_errors(body)] == []
        api_metrics = [metric for metric in metrics(body) if metric.namespace == "AWS/ApiGateway"]
        assert {metric.name for metric in api_metrics} >= {"Count", "4xx", "5xx"}
        routes = {
            f"{metric.dimensions['Method']} {metric.dimensions['Resource']}"
            for metric in api_metrics
            if "Method" in metric.dimensions
        }
        assert routes == set(CONTEXT.routes.values())
    technical = bodies(prod)["technical"]
    timed = {(metric.name, metric.stat) for metric in metrics(technical) if metric.name.endswith("Latency")}
    assert {(name, stat) for name in ("Latency", "IntegrationLatency") for stat in ("p50", "p99")} <= timed
    assert len(widgets(technical, "metric")) > 3
