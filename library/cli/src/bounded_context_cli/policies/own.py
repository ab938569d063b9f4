"""The platform team's own policies for every context: add a policy here, and nowhere else.

A policy is a decorated function of the graph that a program registers. Its docstring has the rule in the first line,
and the reason below. The policy's name is the function's name, with dashes::

    @policy
    def queues_keep_messages_long_enough(graph: Graph) -> Iterator[Violation]:
        \"\"\"Every queue keeps messages for a week.

        SQS keeps messages for four days by default.
        \"\"\"
        for node in graph.of("sqs/queue"):
            if node.inputs.get("messageRetentionSeconds", 345_600) < 604_800:
                yield Violation(node, "keeps messages too briefly: set message_retention_seconds.")

Each repository with this version of the library checks the policy: in its promises, in `context policies`, and in the
pack of `pulumi preview`. Imports: `Iterator` of `collections.abc`, `Graph` of `..programs.graph`, and `Violation` and
`policy` of `.policy`.
"""
