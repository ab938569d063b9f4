"""Saved queries, which Logs Insights offers to whoever looks for something."""

from collections.abc import Mapping

from pulumi_aws import cloudwatch

from bounded_context.infra import Component, Query, Stack, saved_queries


class Queries(Component):
    """A query definition for each of the context's queries, in a folder of the stack's name."""

    urn_type = "bounded-context:infra:Queries"

    def __init__(self, name: str, stack: Stack, log_groups: Mapping[str, cloudwatch.LogGroup]) -> None:
        """Make them; `log_groups` are those of the functions, by the functions' names."""
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
