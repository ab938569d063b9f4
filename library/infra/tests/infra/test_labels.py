"""Names and tags."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context_cli.programs.recording import run
from bounded_context_infra.configuration.labels import BUCKET_LIMIT, NAME_LIMIT, LabelError, Labels

_WORD = st.text("abz09", min_size=1, max_size=20)
WORDS = st.lists(_WORD, min_size=1, max_size=4).map(lambda words: "a" + "_".join(words))
LABELS = Labels("direct_debit", "dev", "team")


def test_a_name_consists_of_context_stack_and_part() -> None:
    """Underscores become hyphens: bucket names take no others."""
    assert LABELS.name("register_list") == "direct-debit-dev-register-list"
    assert LABELS.bucket("inbox") == "direct-debit-dev-inbox"
    assert LABELS.log_group("lambda", "relay") == "/aws/lambda/direct-debit-dev-relay"
    assert LABELS.tags == {"context": "direct_debit", "stack": "dev", "owner": "team"}


def test_a_temporary_resource_has_its_expiry_as_a_tag() -> None:
    """As a tag of everything that takes tags, with whose it is."""
    graph = run("dev", owner="anna@example.org", expires="2026-11-27T18:00:00Z")
    tagged = [node.inputs["tags"] for node in graph.nodes if "tags" in node.inputs]
    labels = {(tags["owner"], tags["expires"]) for tags in tagged}
    assert labels == {("anna@example.org", "2026-11-27T18:00:00Z")}
    assert len(tagged) == len([node for node in run("dev").nodes if "tags" in node.inputs]) > 50


@given(context=WORDS, stack=WORDS, part=WORDS)
def test_a_name_is_legal_everywhere_or_refused(context: str, stack: str, part: str) -> None:
    """Whatever the words, AWS takes the name or the program stops with the reason."""
    try:
        labels = Labels(context, stack.replace("_", "-"), "team")
        name, bucket = labels.name(part), labels.bucket(part)
    except LabelError as refused:
        assert "characters, AWS takes" in str(refused)
    else:
        assert re.fullmatch(rf"[a-z][a-z0-9-]{{0,{NAME_LIMIT - 1}}}", name)
        assert len(bucket) + len("-0123456") <= 63
        assert bucket == name


def test_a_bucket_leaves_room_for_auto_naming() -> None:
    """A name at the limit is accepted, one character more is not."""
    part = "x" * (BUCKET_LIMIT - len("direct-debit-dev-"))
    assert LABELS.bucket(part)
    with pytest.raises(LabelError, match=f"'direct-debit-dev-{part}x'.* {BUCKET_LIMIT}:"):
        LABELS.bucket(part + "x")


@pytest.mark.parametrize("stack", ["Dev", "dev_1", "-dev", "dev-", "dev--1", "1dev", "", "dév"])
def test_a_stack_that_cannot_be_part_of_a_name_is_refused(stack: str) -> None:
    """The error quotes the stack's name."""
    with pytest.raises(LabelError, match=f"^stack '{stack}':"):
        Labels("context", stack, "team")
