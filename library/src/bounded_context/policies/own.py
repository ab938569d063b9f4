"""The platform team's own policies, for every context: add one here, and nowhere else.

A policy is a function of what a program registers, whose docstring says what holds, and below that why. Its name is the
function's, with dashes::

    def queues_keep_messages_long_enough(graph: Graph) -> Iterator[Violation]:
        \"\"\"Nobody loses a message over a long weekend: every queue keeps messages for a week.

        SQS keeps them for four days by default.
        \"\"\"
        for node in graph.of("sqs/queue"):
            if node.inputs.get("messageRetentionSeconds", 345_600) < 604_800:
                yield Violation(node, f"The queue {node.name} forgets too soon: set message_retention_seconds.")


    POLICIES = policies(queues_keep_messages_long_enough)

Each repository is held to it from the version of the library on that has it: by its promises, by `python -m
bounded_context.policies`, and by the pack that `pulumi preview` is given.
"""

from ._policy import Policy

POLICIES: tuple[Policy, ...] = ()
