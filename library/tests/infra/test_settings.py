"""Stack settings: what they are by default, and the sentence that a bad one gives."""

import dataclasses
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.infra.api_settings import ApiSettings
from bounded_context.infra.config import SettingError
from bounded_context.infra.objectives import Objectives
from bounded_context.infra.settings import Settings
from bounded_context.infra.thresholds import Thresholds

from .graph import CONTEXT, STACKS, stack_config

LEAST = {"sftp": "none", "protect": "true", "rollout_strategy": "AllAtOnce"}
SOME = CONTEXT.events[0]
OURS = CONTEXT.name
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFsCzMk0"


def _filter(types: Any, subscriber: str = "reader") -> dict[str, str]:
    return {"subscribers": '["reader"]', "filters": json.dumps({subscriber: types})}


def _consumes(context: str = "other", **members: Any) -> dict[str, str]:
    """A good setting, with a mistake."""
    return {"consumes": json.dumps({context: {"topic": f"/{context}/dev/topic-arn", "known": ["A"], **members}})}


BAD = [
    ({"sftp": "public"}, "sftp is 'public': write one of dedicated, shared, none."),
    ({"sftp": ""}, "sftp is '': write one of dedicated, shared, none."),
    ({"sftp": "shared"}, "sftp_server_id is None: sftp: shared needs the server's id, s- and 17 hex digits."),
    ({"sftp": "shared", "sftp_server_id": "s-1"}, "sftp_server_id is 's-1': sftp: shared needs the server's id"),
    ({"sftp_server_id": "s-0123456789abcdef0"}, "sftp_server_id is set, yet sftp is none: remove it"),
    ({"upload_event_source": "two words"}, "upload_event_source is 'two words': write a source such as aws.transfer."),
    ({"partners": "[]"}, "partners is '[]': write a map of names to {public_keys: [...]}."),
    ({"partners": "{"}, "partners is '{': write a map of names to {public_keys: [...]}."),
    ({"partners": '{"acme": {}}'}, "partners.acme is {}: write {public_keys: [...]} and nothing else."),
    ({"partners": '{"acme": {"public_keys": "k"}}'}, "write {public_keys: [...]} and nothing else."),
    ({"partners": '{"acme": {"public_keys": ["ssh-dss AAAA"]}}'}, "partners.acme has the key 'ssh-dss AAAA': write"),
    (
        {"partners": '{"../acme": {"public_keys": []}}'},
        "partners has the name '../acme': write up to 32 lower-case letters",
    ),
    ({"partners": '{"ac": {"public_keys": []}}'}, "partners has the name 'ac': write"),
    (
        {
            "sftp": "shared",
            "sftp_server_id": "s-0123456789abcdef0",
            "partners": json.dumps({f"partner-{number}": {"public_keys": []} for number in range(200)}),
        },
        "partners are too many for one rule on a shared server: write sftp: dedicated.",
    ),
    ({"subscribers": '["audit", "audit"]'}, "subscribers is ['audit', 'audit']: name each once."),
    ({"subscribers": '["a_b", "a-b"]'}, "subscribers is ['a_b', 'a-b']: name each once."),
    ({"subscribers": '["uploads"]'}, "subscribers has the name 'uploads', which a dead-letter queue of ours has"),
    ({"subscribers": '["unseen"]'}, "subscribers has the name 'unseen', which a dead-letter queue of ours has"),
    ({"subscribers": '["measure-lists"]'}, "has the name 'measure-lists', which a dead-letter queue of ours has"),
    ({"subscribers": '["B I"]'}, "subscribers has the name 'B I': write up to 32 lower-case letters"),
    ({"subscribers": '"audit"'}, "subscribers is '\"audit\"': write a list of names."),
    ({"incoming_days": "13"}, "incoming_days is '13': write a whole number from 14 to 3650."),
    ({"reports_days": "0"}, "reports_days is '0': write a whole number from 1 to 3650."),
    ({"temporary_names": ".part"}, "temporary_names is '.part': write a list of endings of names."),
    ({"temporary_names": '["part"]'}, "temporary_names has 'part': write an ending such as .part"),
    ({"temporary_names": '[".a/b"]'}, "temporary_names has '.a/b': write an ending such as .part"),
    ({"temporary_names": json.dumps([f".{n}" for n in range(21)])}, "has 21 endings: write at most 20."),
    ({"tolerated_share": "5%"}, "tolerated_share is '5%': write a number from 0 to 1."),
    ({"tolerated_share": "1.5"}, "tolerated_share is '1.5': write a number from 0 to 1."),
    ({"tolerated_share": "nan"}, "tolerated_share is 'nan': write a number from 0 to 1."),
    ({"max_list_mb": "0"}, "max_list_mb is '0': write a whole number from 1 to 200."),
    ({"part_rows": "2.5"}, "part_rows is '2.5': write a whole number from 250 to 50000."),
    ({"import_concurrency": "many"}, "import_concurrency is 'many': write a whole number from 1 to 100."),
    ({"log_retention_days": "31"}, "log_retention_days is 31: CloudWatch knows 1, 3, 5, 7, 14, 30,"),
    ({"debug_percent": "101"}, "debug_percent is '101': write a number from 0 to 100."),
    ({"debug_percent": "few"}, "debug_percent is 'few': write a number from 0 to 100."),
    ({"log_key_arn": ""}, "log_key_arn is '': write the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>."),
    ({"log_key_arn": "arn:aws:kms:eu-west-1:111122223333:alias/logs"}, "write the ARN of a KMS key, arn:aws:kms:"),
    ({"owner": "dependabot[bot]"}, "owner is 'dependabot[bot]': write a name as a tag of AWS takes it"),
    ({"expires": "tomorrow"}, "expires is 'tomorrow': write a time in UTC such as 2026-01-31T18:00:00Z."),
    ({"protect": "yes"}, "protect is 'yes': write true or false."),
    (
        {"rollout_strategy": "Canary10Percent"},
        "rollout_strategy is 'Canary10Percent': write one of Canary10Percent5Min",
    ),
    ({"rollout_strategy": "Canary100Percent5Minutes"}, "begins with 100 percent: write 1 to 99."),
    ({"alarms": "few"}, "alarms is 'few': write one of all, critical, none."),
    ({"latency_alarms": "500"}, "latency_alarms is '500': write a map of functions to milliseconds."),
    (
        {"latency_alarms": '{"relay_events": 0}'},
        "latency_alarms.relay_events is 0: write milliseconds from 1 to 900000.",
    ),
    ({"latency_alarms": '{"relay_events": true}'}, "latency_alarms.relay_events is True: write milliseconds"),
    ({"release_alarms": '"alarm"'}, "release_alarms is '\"alarm\"': write a list of alarms' names."),
    ({"release_alarms": "[1]"}, "release_alarms has 1: write the name of an alarm, up to 255 characters."),
    ({"release_alarms": '["a", "a"]'}, "release_alarms has 2 names: write at most 8, each once;"),
    ({"release_alarms": json.dumps([f"alarm-{number}" for number in range(9)])}, "release_alarms has 9 names: write"),
    ({"thresholds": "80"}, "thresholds is '80': write a map with any of duration_percent, queue_age_minutes,"),
    (
        {"thresholds": '{"queue_age": 5}'},
        "thresholds has 'queue_age': write any of duration_percent, queue_age_minutes,",
    ),
    (
        {"thresholds": '{"duration_percent": 100}'},
        "thresholds.duration_percent is 100: write a whole number from 1 to 99.",
    ),
    (
        {"thresholds": '{"rejected_lists": 1.5}'},
        "thresholds.rejected_lists is 1.5: write a whole number from 0 to 1000.",
    ),
    (
        {"thresholds": '{"unfinished_list_minutes": true}'},
        "thresholds.unfinished_list_minutes is True: write a whole number from 1 to 1440.",
    ),
    (
        {"thresholds": '{"queue_age_minutes": 10080}'},
        "thresholds.queue_age_minutes is 10080: write a whole number from 1 to 10079.",
    ),
    (
        {"thresholds": '{"stream_age_minutes": 1440}'},
        "thresholds.stream_age_minutes is 1440: write a whole number from 1",
    ),
    ({"objectives": '{"latency": 5}'}, "objectives has 'latency': write any of import_minutes, import_percent,"),
    ({"objectives": '{"import_minutes": 0}'}, "objectives.import_minutes is 0: write a whole number from 1 to 1440."),
    (
        {"objectives": '{"command_percent": 100}'},
        "objectives.command_percent is 100: write a number from 95.0 to 99.999.",
    ),
    (
        {"objectives": '{"import_percent": "99"}'},
        "objectives.import_percent is '99': write a number from 95.0 to 99.99.",
    ),
    ({"objectives": '{"import_percent": NaN}'}, "objectives.import_percent is nan: write a number from 95.0 to 99.99."),
    ({"expect_list_hours": "169"}, "expect_list_hours is '169': write a whole number from 1 to 168."),
    ({"expect_list_hours": "daily"}, "expect_list_hours is 'daily': write a whole number from 1 to 168."),
    (
        {"runbook_url": "http://example.org"},
        "runbook_url is 'http://example.org': write an https address, or a path in",
    ),
    ({"runbook_url": "docs/runbook.md#top"}, "runbook_url is 'docs/runbook.md#top': write an https address, or a path"),
    ({"trace_percent": "101"}, "trace_percent is '101': write a whole number from 0 to 100."),
    ({"trace_percent": "-1"}, "trace_percent is '-1': write a whole number from 0 to 100."),
    ({"trace_percent": "half"}, "trace_percent is 'half': write a whole number from 0 to 100."),
    ({"filters": '["one"]'}, "filters is '[\"one\"]': write a map of subscribers to lists of events."),
    (_filter(["Misspelt"], "audit"), "filters has 'audit': write one of reader."),
    (_filter([]), "filters.reader is []: write a list of events, or leave it out for all."),
    (_filter("Misspelt"), "filters.reader is 'Misspelt': write a list of events"),
    (_filter([5]), "filters.reader has 5: write any of "),
    (_filter([SOME, "Misspelt"]), f"filters.reader has 'Misspelt': write any of {SOME}, "),
    (
        _filter([SOME, SOME]),
        f"filters.reader has '{SOME}': write any of {SOME}, ",
    ),
    (
        {"subscriber_accounts": "123456789012"},
        "subscriber_accounts is '123456789012': write a list of AWS accounts",
    ),
    ({"subscriber_accounts": "[123456789012]"}, "subscriber_accounts has 123456789012: write the 12 digits of an acc"),
    ({"subscriber_accounts": '["12345"]'}, "subscriber_accounts has '12345': write the 12 digits of an account in quo"),
    ({"subscriber_accounts": json.dumps(["1" * 12] * 2)}, "name each once."),
    ({"subscribers": '["inbound"]'}, "subscribers has the name 'inbound', which a dead-letter queue of ours has"),
    ({"consumes": "[]"}, "consumes is '[]': write a map of contexts to {topic: ..., known: [...], gone: [...]}."),
    (
        _consumes("Other"),
        "consumes has the context 'Other': write its name in lower-case letters, such as order-line.",
    ),
    (_consumes("../other"), "consumes has the context '../other': write its name in lower-case letters"),
    (
        {"consumes": '{"other": "topic"}'},
        "consumes.other is 'topic': write {topic: ..., known: [...], gone: [...]}.",
    ),
    (
        _consumes(topics=1),
        "consumes.other is {'topic': '/other/dev/topic-arn', 'known': ['A'], 'topics': 1}: write {",
    ),
    (
        {"consumes": '{"other": {"known": ["A"]}}'},
        "consumes.other is {'known': ['A']}: write {topic: ..., known:",
    ),
    (
        _consumes(topic="other"),
        "consumes.other.topic is 'other': write a parameter's name such as /other/dev/topic-arn",
    ),
    (_consumes(topic="arn:aws:sqs:eu-west-1:123456789012:q"), "topic-arn, or the ARN of an SNS topic."),
    (_consumes(topic="arn:aws:sns:eu-west-1:123456789012:t.fifo"), "topic-arn, or the ARN of an SNS topic."),
    (_consumes(topic=7), "consumes.other.topic is 7: write a parameter's name such as"),
    (_consumes(thing="Line"), "consumes.other.thing is 'Line': write a name in lower-case letters, such as customer."),
    (_consumes(thing=7), "consumes.other.thing is 7: write a name in lower-case letters"),
    (_consumes(thing="list"), "consumes.other.thing is 'list', and items of this name are this context's own."),
    (
        _consumes(thing=OURS),
        f"consumes.other.thing is '{OURS}', and items of this name are this context's own.",
    ),
    (
        _consumes(OURS),
        f"consumes.{OURS}.thing is '{OURS}', and items of this name are this context's own.",
    ),
    (
        {"consumes": json.dumps({name: {"topic": f"/{name}", "thing": "xy", "known": ["A"]} for name in ("ab", "cd")})},
        "consumes has one thing twice: events of two contexts about one thing have no order.",
    ),
    (_consumes(known="A"), "consumes.other.known is 'A': write a list of events' types."),
    (_consumes(known=[]), "consumes.other.known is empty: write the events after which a thing exists."),
    (_consumes(known=["A", 1]), "consumes.other.known has 1: write an event's type such as OrderPlaced."),
    (_consumes(known=["A", "A"]), "consumes.other.known has 'A' twice: write it once."),
    (_consumes(gone=["B", "B"]), "consumes.other.gone has 'B' twice: write it once."),
    (_consumes(gone=["A"]), "consumes.other has 'A' in known and in gone: write it into one of them."),
    (_consumes(known=[f"T{number}" for number in range(51)]), "consumes names over 50 types of events: leave out"),
    (
        {"consumes": json.dumps({name: {"topic": f"/{name}", "known": ["A"]} for name in ("a_b", "a-b")})},
        "consumes names a_b, a-b: name each once.",
    ),
    (
        {"consumes": json.dumps({name: {"topic": "/one", "known": ["A"]} for name in ("one", "two")})},
        "consumes has one topic twice: each context has its own.",
    ),
    (
        {"stream_parallelization_factor": "0"},
        "stream_parallelization_factor is '0': write a whole number from 1 to 10.",
    ),
    (
        {"stream_parallelization_factor": "11"},
        "stream_parallelization_factor is '11': write a whole number from 1 to 10.",
    ),
    ({"reserved_concurrency": "5"}, "reserved_concurrency is '5': write a map of functions to executions."),
    (
        {"reserved_concurrency": '{"relay_events": 0}'},
        "reserved_concurrency.relay_events is 0: write executions from 1 to 10000.",
    ),
    (
        {"reserved_concurrency": '{"relay_events": true}'},
        "reserved_concurrency.relay_events is True: write executions from 1 to 10000.",
    ),
    ({"artifacts": " "}, "artifacts is ' ': write the folder that holds code.zip and layer.zip."),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD, ids=[sentence.split(":")[0] for _, sentence in BAD])
def test_a_bad_value_gives_one_sentence_that_says_what_to_write(bad: dict[str, str], sentence: str) -> None:
    """The message names the setting, quotes its value and tells the remedy, on one line."""
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, LEAST | bad)
    message = str(refused.value)
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_what_has_no_safe_default_must_be_said(missing: str) -> None:
    """Whether there is SFTP, whether data is protected, and how traffic shifts, is the user's choice."""
    with pytest.raises(SettingError, match=rf"^{missing} is (None|'')"):
        Settings.from_config(CONTEXT, {key: value for key, value in LEAST.items() if key != missing})


def test_defaults() -> None:
    """What a stack's file may leave out."""
    settings = Settings.from_config(CONTEXT, LEAST)
    assert settings.subscribers == tuple(CONTEXT.subscribers)
    assert settings.upload_event_source == "aws.transfer"
    assert settings.partners == {}
    assert (settings.tolerated_share, settings.max_list_mb, settings.part_rows) == (0.05, 100, 5000)
    assert (settings.import_concurrency, settings.log_retention_days) == (2, 30)
    assert (settings.stream_parallelization_factor, settings.reserved_concurrency) == (10, {})
    assert (settings.alarms, settings.latency_alarms, settings.release_alarms) == ("all", {}, ())
    assert (settings.debug_percent, settings.log_key_arn) == (1, None)
    assert (settings.thresholds, settings.objectives) == (Thresholds(), Objectives())
    assert (settings.expect_list_hours, settings.runbook_url) == (None, "")


def test_logs_may_be_kept_for_ten_years() -> None:
    """The longest that CloudWatch Logs takes (API reference, PutRetentionPolicy)."""
    assert Settings.from_config(CONTEXT, LEAST | {"log_retention_days": "3653"}).log_retention_days == 3653


def test_what_a_map_of_limits_does_not_name_keeps_its_default() -> None:
    """A whole number is a good percentage too."""
    settings = Settings.from_config(
        CONTEXT, LEAST | {"objectives": '{"import_percent": 98}', "thresholds": '{"rejected_lists": 0}'}
    )
    assert settings.objectives == dataclasses.replace(Objectives(), import_percent=98)
    assert settings.thresholds == dataclasses.replace(Thresholds(), rejected_lists=0)
    assert settings.trace_percent == 5


def test_a_subscriber_may_get_some_types_of_events() -> None:
    """Who is not named gets all."""
    settings = Settings.from_config(CONTEXT, LEAST | _filter(list(CONTEXT.events[:2])))
    assert settings.filters == {"reader": CONTEXT.events[:2]}
    assert Settings.from_config(CONTEXT, LEAST).filters == {}


def test_what_is_heard_of_other_contexts() -> None:
    """By a parameter or by an ARN; by default nothing, and by nobody."""
    settings = Settings.from_config(CONTEXT, LEAST)
    assert (settings.consumes, settings.subscriber_accounts) == ({}, ())
    arn = "arn:aws:sns:eu-west-1:123456789012:order-prod-events"
    given = {"somewhere_else": {"topic": "/somewhere-else/dev/topic-arn", "known": ["A"], "gone": ["B"]}}
    given["elsewhere"] = {"topic": arn, "known": ["C"]}
    line, shop = Settings.from_config(CONTEXT, LEAST | {"consumes": json.dumps(given)}).consumes.values()
    assert (line.types, line.account_id) == (("A", "B"), None)
    assert (shop.types, shop.account_id) == (("C",), "123456789012")


def test_partners_come_with_their_keys() -> None:
    """A partner may have several keys, so that one can be replaced without an interruption."""
    partners = {"acme": {"public_keys": [KEY, f"{KEY} new laptop"]}}
    settings = Settings.from_config(CONTEXT, LEAST | {"partners": json.dumps(partners)})
    assert settings.partners == {"acme": (KEY, f"{KEY} new laptop")}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stacks_file_holds_known_settings_only(stack: str) -> None:
    """A misspelt setting would be ignored without a word."""
    known = {field.name for kind in (Settings, ApiSettings) for field in fields(kind)}
    ours = {key.split(":", 1)[1] for key in stack_config(stack) if key.startswith(f"{CONTEXT.name}:")}
    assert ours <= known


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_good_settings(stack: str) -> None:
    """Each file is complete."""
    config = {key.removeprefix(f"{CONTEXT.name}:"): value for key, value in stack_config(stack).items()}
    assert Settings.from_config(CONTEXT, config).protect is (stack in ("staging", "prod"))


@given(st.dictionaries(st.sampled_from([f.name for f in fields(Settings)]), st.text()))
def test_any_text_is_taken_or_refused_in_words(config: dict[str, Any]) -> None:
    """No value of any setting gives another error."""
    try:
        Settings.from_config(CONTEXT, LEAST | config)
    except SettingError as refused:
        assert str(refused).endswith(".")
