"""What is found between contexts: of each kind one that is there, and nothing where all is well."""

from __future__ import annotations

from html import escape

import pytest

from template.fleet.consumption import remaining
from template.fleet.findings import Finding, findings
from template.fleet.impact import Impact
from template.fleet.impact_command import _lines as impact_lines
from template.fleet.members import Member
from template.fleet.output import fleet_json, fleet_lines
from template.fleet.page import page
from template.fleet.quotas import QUOTAS, Quota, uses

from .contexts import member, stack


def kinds(*fleet: Member) -> list[str]:
    """The kinds of what is found."""
    return [finding.kind for finding in findings(fleet)]


def only(*fleet: Member) -> Finding:
    """The one finding."""
    [finding] = findings(fleet)
    return finding


ORDER = member("order", "OrderPlaced", stacks={"prod": stack(), "dev": stack()})


def billing() -> Member:
    """A context that consumes `OrderPlaced`, and publishes nothing."""
    return member("billing", stacks={"prod": stack({"order": ["OrderPlaced"]})})


def test_a_published_and_consumed_event_is_no_finding() -> None:
    """The publisher's name may be written with underscores or hyphens."""
    assert kinds(ORDER, billing()) == []
    line = member("order_line", "LineAdded", stacks={"prod": stack()})
    assert kinds(line, member("billing", stacks={"prod": stack({"order-line": ["LineAdded"]})})) == []


def test_a_consumed_event_is_not_published() -> None:
    """The fleet has the publisher's repository. The sentence names the event."""
    consumer = member("billing", stacks={"prod": stack({"order": ["OrderPlaced", "OrderPaid"]})})
    finding = only(ORDER, consumer)
    assert (finding.kind, finding.contexts) == ("unpublished", ("billing", "order"))
    assert " OrderPaid " in finding.sentence


def test_a_consumed_context_has_no_repository() -> None:
    """It may belong to another platform. The sentence names the event."""
    finding = only(billing())
    assert (finding.kind, finding.contexts) == ("no-publisher", ("billing", "order"))
    assert " OrderPlaced " in finding.sentence


def test_a_published_event_is_not_consumed() -> None:
    """Neither a subscriber's queue nor another context consumes it. This is the sentence that people read."""
    finding = only(ORDER)
    assert (finding.kind, finding.contexts) == ("unconsumed", ("order",))
    assert finding.sentence == "order publishes OrderPlaced, and no subscriber or context of this fleet consumes it."
    publisher = member("order", "OrderPlaced", stacks={"prod": stack(subscribers={"bi": ["OrderPlaced"]})})
    assert kinds(publisher) == []


def test_consumers_in_other_accounts_are_unknown() -> None:
    """Their subscriptions are theirs."""
    assert kinds(member("order", "OrderPlaced", stacks={"prod": stack(subscriber_accounts=["111122223333"])})) == []


def test_two_contexts_disagree_on_a_major_version() -> None:
    """The publisher has another version than the consumer. The sentence names both."""
    second = member("order", stacks={"prod": stack()}, publishes={"OrderPlaced": ["OrderPlaced.2"]})
    [finding] = [finding for finding in findings([second, billing()]) if finding.kind == "version"]
    assert finding.contexts == ("billing", "order")
    assert (" OrderPlaced " in finding.sentence, " OrderPlaced.2: " in finding.sentence) == (True, True)
    both = member("order", stacks={"prod": stack()}, publishes={"OrderPlaced": ["OrderPlaced", "OrderPlaced.2"]})
    assert kinds(both, member("billing", stacks={"prod": stack({"order": ["OrderPlaced", "OrderPlaced.2"]})})) == []
    assert kinds(both, billing()) == ["unconsumed"]


def test_two_repositories_differ_in_one_version_of_a_schema() -> None:
    """Such as a clone that was changed on its way to another context."""
    schema = "urn:event-schema:order:OrderPlaced:1.0"
    first = member("order", folder="order", schemas={schema: "a"})
    assert kinds(first, member("other", schemas={schema: "a"})) == []
    schema_findings = findings([first, member("other", folder="elsewhere", schemas={schema: "b"})])
    assert [(finding.kind, finding.contexts) for finding in schema_findings] == [("schema", ("order", "other"))]
    assert "order and elsewhere" in schema_findings[0].sentence


def test_two_repositories_declare_one_context() -> None:
    """They would deploy the same resources. The sentence names both folders."""
    finding = only(member("order", folder="a"), member("order", folder="b"))
    assert (finding.kind, finding.contexts) == ("twice", ("order",))
    assert " a and b: " in finding.sentence


def test_production_consumes_another_stack_than_production() -> None:
    """A stack without a counterpart at its publisher may consume any stack. The sentence names both stacks."""
    consumes = {"order": {"topic": "/order/dev/topic-arn", "labels": ["OrderPlaced"]}}
    wrong = member("billing", stacks={"prod": {**stack(), "consumes": consumes}})
    finding = only(ORDER, wrong)
    assert (finding.kind, finding.contexts) == ("topic", ("billing", "order"))
    assert (finding.sentence.startswith("prod of billing "), " dev of order" in finding.sentence) == (True, True)
    assert kinds(ORDER, member("billing", stacks={"preview": {**stack(), "consumes": consumes}})) == []


def test_the_topic_is_another_contexts() -> None:
    """The setting names a wrong sender. The sentence has the topic."""
    consumes = {"order": {"topic": "/payment/prod/topic-arn", "labels": ["OrderPlaced"]}}
    wrong = member("billing", stacks={"prod": {**stack(), "consumes": consumes}})
    finding = only(ORDER, wrong)
    assert (finding.kind, finding.contexts) == ("topic", ("billing", "order"))
    assert " /payment/prod/topic-arn" in finding.sentence


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.kind)
def test_an_account_has_room_for_its_quota_and_no_more(quota: Quota) -> None:
    """Together, whatever each context takes; in two accounts there is twice the room."""
    first = member("one", stacks={"prod": stack(account="111122223333")}, resources={quota.kind: quota.most})
    other = member("other", stacks={"prod": stack(account="111122223333")}, resources={quota.kind: 1})
    apart = member("other", stacks={"prod": stack(account="444455556666")}, resources={quota.kind: 1})
    assert kinds(first) == kinds(first, apart) == []
    finding = only(first, other)
    assert (finding.kind, finding.contexts) == ("quota", ("one", "other"))
    for named in ("account 111122223333", f" {quota.most + 1} {quota.words}", f" {quota.most}"):
        assert named in finding.sentence


def test_roles_are_an_accounts_and_rules_a_regions() -> None:
    """Stacks of two regions share the roles."""
    resources = {"iam/role": 19, "cloudwatch/eventRule": 6}
    places = {"prod": stack(account="1"), "west": stack(account="1", region="us-west-2")}
    counts = {
        (use.quota.kind, use.region): use.taken for use in uses([member("one", stacks=places, resources=resources)])
    }
    assert counts == {
        ("iam/role", ""): 38,
        ("cloudwatch/eventRule", "eu-west-1"): 6,
        ("cloudwatch/eventRule", "us-west-2"): 6,
    }


def test_stacks_of_one_name_without_an_account_share_an_account() -> None:
    """Most platforms have an account for each stage."""
    places = {"prod": stack(), "dev": stack()}
    all_uses = uses([member(name, stacks=places, resources={"dynamodb/table": 1}) for name in ("one", "other")])
    assert [(use.account.split()[-1], use.taken) for use in all_uses] == [("prod", 2), ("dev", 2)]


def test_a_region_with_a_smaller_quota_has_less_room() -> None:
    """Cape Town and Milan have a third of the rules (Amazon EventBridge quotas)."""
    place = {"prod": stack(region="eu-south-1")}
    assert kinds(member("one", stacks=place, resources={"cloudwatch/eventRule": 101})) == ["quota"]


def reacting(name: str, source: str, event: str, *effects: str) -> Member:
    """A context that reacts to an event of another context, which leads to events of its own."""
    reaction = {"source": source, "event": event, "rule": "react", "leads_to": list(effects)}
    consumed = stack({source: [event]})
    return member(name, *effects, reactions=[reaction], stacks={"prod": consumed})


def test_a_cycle_of_reactions_is_reported_once() -> None:
    """Over two or more contexts, by their events: two contexts that react to each other need not be a cycle."""
    fleet = (
        reacting("claim", "policy", "PolicyCancelled", "ClaimRejected"),
        reacting("account", "claim", "ClaimRejected", "AccountClosed"),
        reacting("policy", "account", "AccountClosed", "PolicyCancelled", "PolicyLapsed"),
    )
    [finding] = [finding for finding in findings(fleet) if finding.kind == "cycle"]
    assert finding.contexts == ("account", "claim", "policy")
    path = "AccountClosed of account to PolicyCancelled of policy to ClaimRejected of claim to AccountClosed of account"
    assert f"Reactions lead from {path}, until 8 hops end the cycle" in finding.sentence
    assert "let a rule return None" in finding.sentence
    straight = reacting("policy", "account", "AccountClosed", "PolicyLapsed")
    assert "cycle" not in kinds(*fleet[:2], straight)
    assert "cycle" not in kinds(*fleet[:2])


def _deprecated(*consumers: Member, day: str = "2999-03-31") -> list[Member]:
    """A context with two versions of an event, the first deprecated, and its consumers."""
    labels = {"bi": ["OrderPlaced"], "frontend": ["OrderPlaced", "OrderPlaced.2"]}
    publishes = {"OrderPlaced": ["OrderPlaced", "OrderPlaced.2"], "OrderPaid": ["OrderPaid"]}
    stacks = {"prod": stack(subscribers={**labels, "audit": ["OrderPlaced.2", "OrderPaid"]})}
    deprecated = {"OrderPlaced": day, "POST /orders": day}
    return [member("order", stacks=stacks, publishes=publishes, deprecated=deprecated), *consumers]


def test_the_remaining_consumers_of_a_deprecated_event_are_listed() -> None:
    """A consumer of another event, or of the later version alone, is none."""
    stacks = {name: stack({"order": ["OrderPlaced"]}) for name in ("dev", "prod")}
    later = member("later", stacks={"prod": stack({"order": ["OrderPlaced.2", "OrderPaid"]})})
    both = member("both", stacks={"prod": stack({"order": ["OrderPlaced", "OrderPlaced.2"]})})
    fleet = _deprecated(member("billing", stacks=stacks), later, both)
    [event] = remaining(fleet)
    assert event.as_json() == {
        "context": "order",
        "event": "OrderPlaced",
        "until": "2999-03-31",
        "consumers": {"billing": ["dev", "prod"], "both": ["prod"]},
        "subscribers": ["bi", "frontend"],
        "later": ["both", "frontend"],
    }
    assert event.sentence == (
        "order: OrderPlaced is deprecated until 2999-03-31, remaining consumers: billing (dev, prod); both (prod), "
        "which gets a later version, too; bi; frontend, which gets a later version, too."
    )
    assert event.sentence in [*fleet_lines(fleet, [])]
    assert fleet_json(fleet, [])["deprecated"] == [event.as_json()]
    assert escape(event.sentence) in page(fleet, [])
    assert kinds(*fleet) == []


def test_an_event_without_consumers_has_none() -> None:
    """Neither the publisher itself, nor the consumers of another context's event of the same name."""
    publisher = member("order", "OrderPlaced", stacks={"prod": stack()}, deprecated={"OrderPlaced": "2999-03-31"})
    other = member("shop", "OrderPlaced", stacks={"prod": stack()})
    consumer = member("billing", stacks={"prod": stack({"shop": ["OrderPlaced"]})})
    [event] = remaining([publisher, other, consumer])
    assert event.sentence == "order: OrderPlaced is deprecated until 2999-03-31, no remaining consumer."


def test_a_consumer_after_the_day_is_a_finding() -> None:
    """Those that get a later version as well have changed over."""
    fleet = _deprecated(member("billing", stacks={"prod": stack({"order": ["OrderPlaced"]})}), day="2026-01-31")
    [finding] = findings(fleet)
    assert (finding.kind, finding.contexts) == ("sunset", ("order", "billing"))
    assert finding.sentence == (
        "OrderPlaced of order was deprecated until 2026-01-31, and is consumed by billing and bi: "
        "consume a later version."
    )


def test_an_impact_has_the_remaining_consumers_of_the_changed_context() -> None:
    """As text and as JSON; other contexts' deprecations are left out of the text."""
    other = member("shop", "ShopOpened", stacks={"prod": stack()}, deprecated={"ShopOpened": "2999-03-31"})
    events = tuple(remaining([*_deprecated(), other]))
    effects = Impact("order", True, ("OrderPlaced",), (), events)
    sentences = [event.sentence for event in events if event.publisher.name == "order"]
    assert [line for line in impact_lines(effects) if "deprecated" in line] == sentences
    assert effects.as_json()["deprecated"][0]["subscribers"] == ["bi", "frontend"]
