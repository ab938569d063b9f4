"""The check of the places to which failed work must go, before anything runs.

Rules and their sources:

- A queue moves a message that fails repeatedly to its dead-letter queue (SQS developer guide, "Using dead-letter queues
  in Amazon SQS").
- A subscription stores an undelivered message in a dead-letter queue. SNS does not retry a client-side error (SNS
  developer guide, "Amazon SNS dead-letter queues", "Why do message deliveries fail?").
- A rule stores an undelivered event in a dead-letter queue (EventBridge user guide, "Using dead-letter queues to
  process undelivered events in EventBridge").
- A reader returns the failed items of a batch, and a stream's reader stores abandoned batches (Lambda developer guide,
  "Configuring partial batch response with DynamoDB and Lambda" and "Retain discarded records for a DynamoDB event
  source in Lambda").
- A task that calls a function retries Lambda's own errors and throttling (Step Functions developer guide, "Best
  practices for Step Functions", "Handle transient Lambda service exceptions").
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context_cli.programs.graph import Graph, Node

from .resources import UPLOADS, Resources, queue_of

LETTERS: Final = "-dead-letters"

TRANSIENT: Final = ("Lambda.TooManyRequestsException", "Lambda.ServiceException")
"""Errors of Lambda that a task retries. `States.ALL` matches them too."""


def findings(resources: Resources) -> list[str]:
    """Return a sentence for each place where failed work would be lost, sorted."""
    graph = resources.graph
    checks = (_queues(resources), _subscriptions(graph), _targets(resources), _mappings(resources), _tasks(graph))
    return sorted({sentence for check in checks for sentence in check})


def _queues(resources: Resources) -> Iterator[str]:
    for queue in resources.graph.of("sqs/queue"):
        if resources.part(queue) != "dead letters" and not _leads(queue.inputs.get("redrivePolicy"), queue.called):
            yield f"The queue {queue.name} has no dead-letter queue {queue.called}{LETTERS}."


def _subscriptions(graph: Graph) -> Iterator[str]:
    for one in graph.of("sns/topicSubscription"):
        queue = queue_of(graph, one)
        if queue and not _leads(one.inputs.get("redrivePolicy"), queue.called):
            yield f"The subscription {one.name} has no dead-letter queue {queue.called}{LETTERS}."


def _targets(resources: Resources) -> Iterator[str]:
    wanted = f"{resources.prefix}{UPLOADS}{LETTERS}"
    for target in resources.graph.of("cloudwatch/eventTarget"):
        letters = target.inputs.get("deadLetterConfig") or {}
        if resources.part(target) != "abandoned batch" and _name(letters.get("arn")) != wanted:
            yield f"The rule's target {target.name} has no dead-letter queue {wanted}."


def _mappings(resources: Resources) -> Iterator[str]:
    reported = {_name(target.inputs["arn"]) for target in resources.graph.of("cloudwatch/eventTarget")}
    for mapping in resources.graph.of("lambda/eventSourceMapping"):
        if "ReportBatchItemFailures" not in (mapping.inputs.get("functionResponseTypes") or ()):
            yield f"The mapping {mapping.name} ignores the failed items that its function returns."
        if resources.part(mapping) == "stream":
            yield from _abandoned(mapping, f"{resources.reader(mapping).called}{LETTERS}", reported)


def _abandoned(mapping: Node, letters: str, reported: set[str]) -> Iterator[str]:
    destination = (mapping.inputs.get("destinationConfig") or {}).get("onFailure") or {}
    if not destination.get("destinationArn"):
        yield f"The mapping {mapping.name} stores no abandoned batch."
    if letters not in reported:
        yield f"No rule reports an abandoned batch of the mapping {mapping.name} to {letters}."


def _tasks(graph: Graph) -> Iterator[str]:
    for machine in graph.of("sfn/stateMachine"):
        for name, state in _states(json.loads(machine.inputs["definition"])):
            errors = {error for retrier in state.get("Retry", ()) for error in retrier["ErrorEquals"]}
            for error in TRANSIENT if ":lambda:invoke" in str(state.get("Resource")) else ():
                if not errors & {error, "States.ALL"}:
                    yield f"The state {name} of the workflow {machine.name} does not retry {error}."


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all states by name, with the states of maps and parallel branches."""
    for name, state in (definition.get("States") or {}).items():
        yield name, state
        for inner in (state.get("ItemProcessor") or {}, state.get("Iterator") or {}, *state.get("Branches", ())):
            yield from _states(inner)


def _leads(policy: str | None, called: str) -> bool:
    """Return whether a redrive policy names the dead-letter queue of a queue."""
    return _name(json.loads(policy or "{}").get("deadLetterTargetArn")) == f"{called}{LETTERS}"


def _name(arn: str | None) -> str:
    return (arn or "").rpartition(":")[2]
