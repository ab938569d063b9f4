"""Saved queries of Logs Insights."""

from collections.abc import Mapping

from pulumi_aws import cloudwatch

from bounded_context_infra.parts import Component, Query, Stack, saved_queries


class Queries(Component):
    """A query definition for each of the context's queries, in a folder named after the stack."""

    urn_type = "bounded-context:infra:Queries"

    def __init__(self, name: str, stack: Stack, log_groups: Mapping[str, cloudwatch.LogGroup]) -> None:
        """Make the definitions; `log_groups` are the functions' log groups, by function name."""
        super().__init__(name, stack.labels)
        self._log_groups = log_groups
        for query in saved_queries(stack.context):
            self._definition(query)
        self.register_outputs({})

    def _definition(self, query: Query) -> None:
        cloudwatch.QueryDefinition(
            query.name.replace(" ", "-"),
            name=f"{self.labels.prefix}/{query.name}",
            log_group_names=[group.name for name, group in self._log_groups.items() if name in query.functions],
            query_string=query.text,
            opts=self.child(),
        )
