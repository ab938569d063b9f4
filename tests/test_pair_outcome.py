"""What two contexts came to, and what does not add up of it."""

from dataclasses import replace

import pytest

from template.pair.scenario.outcome import UNKNOWN, Outcome, Rejected, Sent, read_report

SENT = Sent(created=20, deleted=1, rows=97, unknown={97: "id-1", 98: "id-21"}, field="subscription_id")
REJECTED = [
    Rejected(97, "subscription_id", f"'id-1' {UNKNOWN}"),
    Rejected(98, "subscription_id", f"'id-21' {UNKNOWN}"),
]
GOOD = Outcome(
    "Subscription",
    "Payment",
    SENT,
    emitted={"SubscriptionStarted": 20, "SubscriptionEnded": 1},
    projected={"gone": 1, "known": 19},
    outcome="IMPORTED",
    imported=95,
    rejected=REJECTED,
)


def test_a_right_outcome_has_no_problems() -> None:
    """Each number follows from the sent events and rows."""
    assert GOOD.problems() == []
    report = GOOD.as_json()
    assert report["rows"] == {"uploaded": 97, "imported": 95, "rejected": 2}
    assert report["rejected"][0] == {"line": 97, "field": "subscription_id", "reason": f"'id-1' {UNKNOWN}"}


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (replace(GOOD, emitted={"SubscriptionStarted": 20}), "Subscription published [20] events of a type"),
        (replace(GOOD, emitted={}), "Subscription published [] events of a type"),
        (
            replace(GOOD, projected={"known": 20}),
            "Payment knows of {'known': 20}, and should know of 19 known and 1 gone.",
        ),
        (replace(GOOD, outcome="REJECTED"), "The list ended as REJECTED."),
        (replace(GOOD, imported=97), "97 rows are in the table, and 95 should be."),
        (replace(GOOD, rejected=REJECTED[:1]), "The report has"),
        (replace(GOOD, rejected=[REJECTED[0], replace(REJECTED[1], line=1)]), "The report has"),
        (replace(GOOD, rejected=[REJECTED[0], replace(REJECTED[1], reason="'id-21' is no id")]), "The report has"),
        (replace(GOOD, rejected=[REJECTED[0], replace(REJECTED[1], field="amount")]), "The report has"),
    ],
)
def test_each_inconsistency_is_one_sentence(outcome: Outcome, sentence: str) -> None:
    """It says what was found and what should have been."""
    [problem] = outcome.problems()
    assert problem.startswith(sentence)


def test_a_report_is_read_as_the_partner_has_it() -> None:
    """A line about the list as a whole has no number."""
    text = f"line,field,reason\n97,subscription_id,'id-1' {UNKNOWN}\n,,and 3 more\n"
    assert read_report(text) == [REJECTED[0], Rejected(0, "", "and 3 more")]
