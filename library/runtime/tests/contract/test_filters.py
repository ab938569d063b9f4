"""Which events each subscriber gets: the policies of every stack, by SNS's rules, on sample events of every type."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bounded_context.adapters.services import Topic
from tests.infra.filters import inbound_policies, passes, policies
from tests.infra.graph import CONTEXT, STACKS, Graph, run, stack_config

SOME = CONTEXT.events[0]


class _Sns:
    """Keeps the messages that it is given."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def publish_batch(self, PublishBatchRequestEntries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.entries += PublishBatchRequestEntries
        return {}


def _attributes(event_type: str) -> dict[str, str]:
    """The attributes with which an event is published; the state machine's are the same by another test."""
    client: Any = _Sns()
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    Topic(client, "").publish([CONTEXT.source.cloud_event("1", event_type, "s", datetime.now(UTC), {}, traceparent)])
    return {name: attribute["StringValue"] for name, attribute in client.entries[0]["MessageAttributes"].items()}


def _received(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(event_type for event_type in CONTEXT.events if passes(policy, _attributes(event_type)))
        for name, policy in policies(graph).items()
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_subscriber_gets_the_types_of_the_settings(stack: str) -> None:
    """All events, unless its filters name some."""
    filters: dict[str, list[str]] = json.loads(_setting(stack, "filters", "{}"))
    names: list[str] = json.loads(_setting(stack, "subscribers", json.dumps(CONTEXT.subscribers)))
    expected = {name: set(filters.get(name, CONTEXT.events)) for name in names}
    assert {name: set(types) for name, types in _received(run(stack)).items()} == expected


def _setting(stack: str, name: str, default: str) -> str:
    return stack_config(stack).get(f"{CONTEXT.name}:{name}", default)


@pytest.fixture(scope="module")
def filtered() -> Graph:
    """A stack with subscribers that get one type, the lists' types, and all."""
    filters = {"one": [SOME], "of_lists": list(CONTEXT.list_events)}
    return run("dev", subscribers=["one", "of_lists", "every"], filters=filters)


def test_a_filtered_subscriber_gets_its_types_and_no_others(filtered: Graph) -> None:
    """And the others get what they got before."""
    assert _received(filtered) == {"one": (SOME,), "of_lists": CONTEXT.list_events, "every": CONTEXT.events}


def test_a_message_without_a_type_or_of_another_type_reaches_no_filtered_subscriber(filtered: Graph) -> None:
    """Of those with a filter; a type that is new reaches everybody else."""
    reached = {name for name, policy in policies(filtered).items() if passes(policy, {"type": "SomethingElse"})}
    assert reached == {"every"}
    assert not passes(policies(filtered)["one"], {"traceparent": "00-1-1-00"})


def test_the_local_stack_has_no_filters() -> None:
    """A run counts on every subscriber getting every event."""
    assert f"{CONTEXT.name}:filters" not in stack_config("local")


def test_the_queue_for_other_contexts_gets_the_types_that_count_and_no_others() -> None:
    """Each of what its own context says: known and gone."""
    order = {
        "topic": "/order/dev/topic-arn",
        "created_by": ["OrderPlaced", "OrderChanged"],
        "deleted_by": ["OrderCancelled"],
    }
    shop = {"topic": "/shop/dev/topic-arn", "created_by": ["ShopOpened"]}
    types = ("OrderPlaced", "OrderChanged", "OrderCancelled", "ShopOpened", "OrderPainted", SOME)
    received = {
        tuple(event_type for event_type in types if passes(policy, {"type": event_type}))
        for policy in inbound_policies(run("dev", consumes={"somewhere_else": order, "elsewhere": shop}))
    }
    assert received == {types[:3], types[3:4]}
