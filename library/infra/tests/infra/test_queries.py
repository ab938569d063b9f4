"""The saved queries: which logs they read, and that they ask for what is in them."""

import pytest

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.queries import MOST_GROUPS, Query, placeholder, saved_queries

from .graph import CONTEXT, Graph
from .queries import fields, stages

KEYS = {
    *("level", "message", "function_name", "xray_trace_id"),
    *("list_id", f"{CONTEXT.name}_id", "version", "code", "command", "exception_name", "function_request_id"),
    *("partner", "outcome", "seconds", "rows", "valid", "rejected"),
}
"""Those keys of our log lines that queries may ask for."""

METRICS = {"RowsRejected.0", "reason"}
"""What the metrics' own lines have besides."""

LAMBDAS = {"record.status", "record.requestId", "@timestamp", "@message", "@logStream", "@log"}
"""What Lambda's report of a call says, and what Logs Insights knows of every line."""

QUERIES = saved_queries(CONTEXT)

STAGES = {"fields", "filter", "stats", "sort", "limit", "parse"}


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_a_query_uses_logged_fields(query: Query) -> None:
    """Logs Insights finds nothing under a name that no line has, and says nothing of it."""
    assert {stage[0] for stage in stages(query)} <= STAGES
    assert fields(query) <= KEYS | METRICS | LAMBDAS
    assert len(query.text) <= 10_000


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_a_query_reads_the_logs_of_its_functions(query: Query, prod: Graph) -> None:
    """Each by its log group, which is there before the query."""
    labels = Labels(CONTEXT.name, "prod", "team")
    definition = prod.one("cloudwatch/queryDefinition", query.name.replace(" ", "-"))
    assert definition.inputs["name"] == f"{labels.prefix}/{query.name}"
    assert definition.inputs["queryString"] == query.text
    assert set(definition.inputs["logGroupNames"]) == {labels.log_group("lambda", name) for name in query.functions}
    assert len(definition.dependencies) == len(query.functions)


def test_no_query_reads_more_logs_than_it_may() -> None:
    """Not in a context with 20 commands either."""
    assert 20 + len(set(CONTEXT.functions) - set(CONTEXT.command_functions)) <= MOST_GROUPS


def test_the_query_of_the_history_names_its_variable() -> None:
    """And is found by the aggregate's name."""
    (history,) = [query for query in QUERIES if CONTEXT.name in query.name]
    assert f'/"{placeholder(CONTEXT)}"/' in history.text
    assert CONTEXT.name.upper() in placeholder(CONTEXT)
