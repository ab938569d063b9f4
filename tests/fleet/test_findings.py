"""What is found between contexts: of each kind one that is there, and nothing where all is well."""

from __future__ import annotations

import pytest

from template.fleet.findings import findings
from template.fleet.members import Member
from template.fleet.quotas import QUOTAS, Quota, uses

from .contexts import member, stack


def kinds(*fleet: Member) -> list[str]:
    """The kinds of what is found."""
    return [one.kind for one in findings(fleet)]


def sentence(*fleet: Member) -> str:
    """What is said of the one thing that is found."""
    [found] = findings(fleet)
    return found.sentence


ORDER = member("order", "OrderPlaced", stacks={"prod": stack(), "dev": stack()})


def billing() -> Member:
    """A context that hears `OrderPlaced`, and publishes nothing."""
    return member("billing", stacks={"prod": stack({"order": ["OrderPlaced"]})})


def test_an_event_that_is_published_and_heard_is_nothing_to_look_at() -> None:
    """The publisher's name may be written with underscores or hyphens."""
    assert kinds(ORDER, billing()) == []
    line = member("order_line", "LineAdded", stacks={"prod": stack()})
    assert kinds(line, member("billing", stacks={"prod": stack({"order-line": ["LineAdded"]})})) == []


def test_an_event_is_heard_that_nobody_publishes() -> None:
    """The context is there, and says no such thing."""
    hearer = member("billing", stacks={"prod": stack({"order": ["OrderPlaced", "OrderPaid"]})})
    assert sentence(ORDER, hearer) == "billing hears OrderPaid of order, which publishes no such event."


def test_a_context_is_heard_that_no_repository_declares() -> None:
    """It may be another platform's: a person knows."""
    said = "billing hears order, which is not in this fleet: OrderPlaced may never come."
    assert sentence(billing()) == said


def test_an_event_is_published_that_nobody_hears() -> None:
    """Neither a subscriber's queue nor another context."""
    assert sentence(ORDER) == "order publishes OrderPlaced, and no subscriber and no context of this fleet hears it."
    told = member("order", "OrderPlaced", stacks={"prod": stack(tells={"bi": ["OrderPlaced"]})})
    assert kinds(told) == []


def test_nobody_knows_what_other_accounts_hear() -> None:
    """Their subscriptions are theirs."""
    assert kinds(member("order", "OrderPlaced", stacks={"prod": stack(told_accounts=["111122223333"])})) == []


def test_two_contexts_disagree_on_a_major_version() -> None:
    """The publisher has gone on, or has not yet."""
    second = member("order", stacks={"prod": stack()}, publishes={"OrderPlaced": ["OrderPlaced.2"]})
    said = [one.sentence for one in findings([second, billing()]) if one.kind == "version"]
    assert said == ["billing hears OrderPlaced of order, which publishes OrderPlaced.2: agree on a major version."]
    both = member("order", stacks={"prod": stack()}, publishes={"OrderPlaced": ["OrderPlaced", "OrderPlaced.2"]})
    assert kinds(both, member("billing", stacks={"prod": stack({"order": ["OrderPlaced", "OrderPlaced.2"]})})) == []
    assert kinds(both, billing()) == ["unheard"]


def test_two_repositories_say_different_things_in_one_version_of_a_schema() -> None:
    """Such as a clone that was changed on its way to another context."""
    schema = "urn:event-schema:order:OrderPlaced:1.0"
    first = member("order", folder="order", schemas={schema: "a"})
    assert kinds(first, member("other", schemas={schema: "a"})) == []
    found = findings([first, member("other", folder="elsewhere", schemas={schema: "b"})])
    assert [(one.kind, one.contexts) for one in found] == [("schema", ("order", "other"))]
    assert "order and elsewhere" in found[0].sentence


def test_two_repositories_declare_one_context() -> None:
    """They would deploy the same resources."""
    said = "order is declared by a and b: remove one of them."
    assert sentence(member("order", folder="a"), member("order", folder="b")) == said


def test_production_hears_another_stack_than_production() -> None:
    """And a stack for which its publisher has none may hear whichever there is."""
    hears = {"order": {"topic": "/order/dev/topic-arn", "labels": ["OrderPlaced"]}}
    wrong = member("billing", stacks={"prod": {**stack(), "hears": hears}})
    assert sentence(ORDER, wrong) == "prod of billing hears dev of order, which has a prod, too."
    assert kinds(ORDER, member("billing", stacks={"preview": {**stack(), "hears": hears}})) == []


def test_the_topic_is_another_contexts() -> None:
    """What the setting says of the sender is not true."""
    hears = {"order": {"topic": "/payment/prod/topic-arn", "labels": ["OrderPlaced"]}}
    wrong = member("billing", stacks={"prod": {**stack(), "hears": hears}})
    assert sentence(ORDER, wrong) == "prod of billing hears order at the topic of payment, /payment/prod/topic-arn."


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.kind)
def test_an_account_has_room_for_its_quota_and_no_more(quota: Quota) -> None:
    """Together, whatever each context takes; in two accounts there is twice the room."""
    one = member("one", stacks={"prod": stack(account="111122223333")}, resources={quota.kind: quota.most})
    other = member("other", stacks={"prod": stack(account="111122223333")}, resources={quota.kind: 1})
    apart = member("other", stacks={"prod": stack(account="444455556666")}, resources={quota.kind: 1})
    assert kinds(one) == kinds(one, apart) == []
    assert sentence(one, other).startswith("2 contexts in account 111122223333")
    assert f"{quota.most + 1} {quota.words}, and AWS allows {quota.most}" in sentence(one, other)


def test_roles_are_an_accounts_and_rules_a_regions() -> None:
    """Stacks of two regions share the roles."""
    resources = {"iam/role": 19, "cloudwatch/eventRule": 6}
    places = {"prod": stack(account="1"), "west": stack(account="1", region="us-west-2")}
    found = {
        (use.quota.kind, use.region): use.taken for use in uses([member("one", stacks=places, resources=resources)])
    }
    assert found == {
        ("iam/role", ""): 38,
        ("cloudwatch/eventRule", "eu-west-1"): 6,
        ("cloudwatch/eventRule", "us-west-2"): 6,
    }


def test_an_account_that_no_file_names_is_one_for_all_stacks_of_a_name() -> None:
    """As most platforms have it."""
    places = {"prod": stack(), "dev": stack()}
    found = uses([member(name, stacks=places, resources={"dynamodb/table": 1}) for name in ("one", "other")])
    assert [(use.account, use.taken) for use in found] == [("the account of prod", 2), ("the account of dev", 2)]


def test_where_a_region_gives_fewer_there_is_less_room() -> None:
    """Cape Town and Milan have a third of the rules (Amazon EventBridge quotas)."""
    place = {"prod": stack(region="eu-south-1")}
    assert kinds(member("one", stacks=place, resources={"cloudwatch/eventRule": 101})) == ["quota"]
