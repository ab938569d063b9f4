"""The settings of a stack: defaults, limits, and the refusal of bad values."""

import dataclasses
import json
import re
from dataclasses import fields, replace
from datetime import date
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context import Amount, Export, Renamed
from bounded_context_cli.programs.pulumi_files import as_text
from bounded_context_infra.configuration.alarms import Objectives, Thresholds
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.list_settings import OF_LISTS
from bounded_context_infra.configuration.settings import ApiSettings, Settings
from tests.things import context_of

from .graph import CONTEXT, NETWORK, STACKS, stack_config

LEAST = {"sftp": "none", "protect": "true", "rollout_strategy": "AllAtOnce"}
SOME = CONTEXT.events[0]
OURS = CONTEXT.name
COLUMNS = CONTEXT.rows.columns
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG0img3JTYtQDZmStAnqTrxPKWSyRoJO424l7vAyFZlQ"
VPC: dict[str, Any] = NETWORK["sftp_vpc"]
BAD_KEYS: list[Any] = [
    "ssh-dss AAAA",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFsCzMk0",
    {"key": "ssh-ed25519"},
    {"key": KEY, "expires": "31.01.2027"},
    {"key": KEY, "until": "2027-01-31"},
    7,
]

ONE = {"topic": "/one", "aggregate": "one", "created_by": ["A"]}


def _filter(types: Any, subscriber: str = "reader") -> dict[str, str]:
    return {"subscribers": '["reader"]', "filters": json.dumps({subscriber: types})}


def _consumes(context: str = "other", **members: Any) -> dict[str, str]:
    """A good setting, with a mistake."""
    return {"consumes": json.dumps({context: {"topic": f"/{context}/dev/topic-arn", "created_by": ["A"], **members}})}


def _partner(*keys: Any, **members: Any) -> str:
    return json.dumps({"acme": {"public_keys": keys, **members}})


def _network(addresses: Any = ("203.0.113.7",), **settings: Any) -> dict[str, str]:
    """A server in a VPC, with a mistake."""
    defaults = {"sftp": "dedicated", "sftp_vpc": VPC, "partners": json.loads(_partner(KEY, addresses=addresses))}
    return {name: as_text(value) for name, value in {**defaults, **settings}.items()}


BAD = [
    ({"sftp": "public"}, "sftp"),
    ({"sftp": ""}, "sftp"),
    ({"sftp": "shared"}, "sftp_server_id"),
    ({"sftp": "shared", "sftp_server_id": "s-1"}, "sftp_server_id"),
    ({"sftp_server_id": "s-0123456789abcdef0"}, "sftp_server_id"),
    ({"upload_event_source": "two words"}, "upload_event_source"),
    ({"partners": "[]"}, "partners"),
    ({"partners": "{"}, "partners"),
    ({"partners": '{"acme": {}}'}, "partners.acme.public_keys"),
    ({"partners": '{"acme": {"public_keys": [], "folder": "x"}}'}, "partners.acme"),
    ({"partners": '{"acme": {"public_keys": "k"}}'}, "partners.acme.public_keys"),
    *(({"partners": _partner(key)}, "partners.acme.public_keys") for key in BAD_KEYS),
    ({"partners": _partner(KEY, {"key": KEY, "expires": "2999-01-31"})}, "partners.acme.public_keys"),
    ({"partners": _partner(KEY, addresses=["203.0.113.7"])}, "partners.acme.addresses"),
    (_network(addresses=[]), "partners.acme.addresses"),
    (_network(addresses="203.0.113.7"), "partners.acme.addresses"),
    (_network(addresses=["203.0.113.7/24"]), "partners.acme.addresses"),
    (_network(addresses=["2001:db8::1"]), "partners.acme.addresses"),
    (_network(sftp_vpc="vpc-0123456789abcdef0"), "sftp_vpc"),
    (_network(sftp_vpc={"vpc_id": VPC["vpc_id"]}), "sftp_vpc"),
    (_network(sftp_vpc={**VPC, "subnet_ids": []}), "sftp_vpc.subnet_ids"),
    (_network(sftp_vpc={**VPC, "subnet_ids": [VPC["subnet_ids"][0]] * 2}), "sftp_vpc.subnet_ids"),
    (_network(sftp_vpc={**VPC, "vpc_id": "vpc-1"}), "sftp_vpc.vpc_id"),
    (_network(sftp="none"), "sftp_vpc"),
    ({"sftp": "dedicated", "sftp_security_policy": "TransferSecurityPolicy-2018-11"}, "sftp_security_policy"),
    ({"sftp": "none", "sftp_security_policy": "TransferSecurityPolicy-2025-03"}, "sftp_security_policy"),
    ({"sftp": "dedicated", "sftp_host_name": "sftp"}, "sftp_host_name"),
    ({"sftp": "dedicated", "sftp_host_name": "SFTP.example.org"}, "sftp_host_name"),
    ({"sftp": "dedicated", "sftp_host_zone": "Z0123456789ABC"}, "sftp_host_zone"),
    ({"sftp": "dedicated", "sftp_host_name": "a.example.org", "sftp_host_zone": "example.org"}, "sftp_host_zone"),
    ({"sftp": "dedicated", "sftp_host_key": KEY}, "sftp_host_key"),
    ({"sftp": "none", "sftp_host_key": '{"secure": "v1:a"}'}, "sftp_host_key"),
    ({"partners": '{"../acme": {"public_keys": []}}'}, "partners"),
    ({"partners": '{"acme": {"format": {"decimal": ","}}}'}, "partners.acme.public_keys"),
    ({"formats": "{}"}, "formats"),
    *(
        ({"partners": json.dumps({"acme": {"public_keys": [], "format": format_}})}, f"partners.acme.format{member}")
        for format_, member in (
            ("csv", ""),
            ({}, ""),
            ({"colour": "red"}, ""),
            ({"kind": "ods"}, ".kind"),
            ({"delimiter": ":"}, ".delimiter"),
            ({"delimiter": ["a"]}, ".delimiter"),
            ({"kind": "json-lines", "delimiter": ";"}, ".delimiter"),
            ({"encoding": "utf8"}, ".encoding"),
            ({"decimal": ";"}, ".decimal"),
            ({"compression": True}, ".compression"),
            ({"date": "DD.MM"}, ".date"),
            ({"date": "DD.MM.DD"}, ".date"),
            ({"date": "DD.MM/YYYY"}, ".date"),
            ({"date": 1}, ".date"),
            ({"header": ["a"]}, ".header"),
            ({"header": {"a": "colour"}}, ".header"),
            ({"header": {"a": ["b"]}}, ".header"),
            ({"header": {" a": COLUMNS[0]}}, ".header"),
            ({"header": {"a": COLUMNS[0], "b": COLUMNS[0]}}, ".header"),
            ({"header": {COLUMNS[0]: COLUMNS[1]}}, ".header"),
        )
    ),
    (
        {
            "partners": json.dumps(
                {f"partner-{n}": {"public_keys": [], "format": {"header": {"x" * 90: COLUMNS[0]}}} for n in range(20)}
            )
        },
        "partners",
    ),
    ({"partners": '{"ac": {"public_keys": []}}'}, "partners"),
    (
        {
            "sftp": "shared",
            "sftp_server_id": "s-0123456789abcdef0",
            "partners": json.dumps({f"partner-{number}": {"public_keys": []} for number in range(200)}),
        },
        "partners",
    ),
    ({"subscribers": '["audit", "audit"]'}, "subscribers"),
    ({"subscribers": '["a_b", "a-b"]'}, "subscribers"),
    ({"subscribers": '["uploads"]'}, "subscribers"),
    ({"subscribers": '["unseen"]'}, "subscribers"),
    ({"subscribers": '["measure-lists"]'}, "subscribers"),
    ({"subscribers": '["B I"]'}, "subscribers"),
    ({"subscribers": '"audit"'}, "subscribers"),
    ({"incoming_days": "13"}, "incoming_days"),
    ({"reports_days": "0"}, "reports_days"),
    ({"temporary_names": ".part"}, "temporary_names"),
    ({"temporary_names": '["part"]'}, "temporary_names"),
    ({"temporary_names": '[".a/b"]'}, "temporary_names"),
    ({"temporary_names": json.dumps([f".{n}" for n in range(21)])}, "temporary_names"),
    ({"tolerated_share": "5%"}, "tolerated_share"),
    ({"tolerated_share": "1.5"}, "tolerated_share"),
    ({"tolerated_share": "nan"}, "tolerated_share"),
    ({"max_list_mb": "0"}, "max_list_mb"),
    ({"max_list_mb": "2.0"}, "max_list_mb"),
    ({"part_rows": "2.5"}, "part_rows"),
    ({"import_concurrency": "many"}, "import_concurrency"),
    ({"log_retention_days": "31"}, "log_retention_days"),
    ({"debug_percent": "101"}, "debug_percent"),
    ({"debug_percent": "few"}, "debug_percent"),
    ({"log_key_arn": ""}, "log_key_arn"),
    ({"log_key_arn": "arn:aws:kms:eu-west-1:111122223333:alias/logs"}, "log_key_arn"),
    ({"code_signing": ""}, "code_signing"),
    ({"code_signing": "csc-0123456789abcdef0"}, "code_signing"),
    ({"code_signing": "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/one"}, "code_signing"),
    ({"owner": "dependabot[bot]"}, "owner"),
    ({"expires": "tomorrow"}, "expires"),
    ({"protect": "yes"}, "protect"),
    ({"rollout_strategy": "Canary10Percent"}, "rollout_strategy"),
    ({"rollout_strategy": "Canary100Percent5Minutes"}, "rollout_strategy"),
    ({"alarms": "few"}, "alarms"),
    ({"latency_alarms": "500"}, "latency_alarms"),
    ({"latency_alarms": '{"relay_events": 0}'}, "latency_alarms.relay_events"),
    ({"latency_alarms": '{"relay_events": true}'}, "latency_alarms.relay_events"),
    ({"release_alarms": '"alarm"'}, "release_alarms"),
    ({"release_alarms": "[1]"}, "release_alarms"),
    ({"release_alarms": '["a", "a"]'}, "release_alarms"),
    ({"release_alarms": json.dumps([f"alarm-{number}" for number in range(9)])}, "release_alarms"),
    ({"thresholds": "80"}, "thresholds"),
    ({"thresholds": '{"queue_age": 5}'}, "thresholds"),
    ({"thresholds": '{"duration_percent": 100}'}, "thresholds.duration_percent"),
    ({"thresholds": '{"rejected_lists": 1.5}'}, "thresholds.rejected_lists"),
    ({"thresholds": '{"unfinished_list_minutes": true}'}, "thresholds.unfinished_list_minutes"),
    ({"thresholds": '{"queue_age_minutes": 10080}'}, "thresholds.queue_age_minutes"),
    ({"thresholds": '{"stream_age_minutes": 1440}'}, "thresholds.stream_age_minutes"),
    ({"objectives": '{"latency": 5}'}, "objectives"),
    ({"objectives": '{"import_minutes": 0}'}, "objectives.import_minutes"),
    ({"objectives": '{"command_percent": 100}'}, "objectives.command_percent"),
    ({"objectives": '{"import_percent": "99"}'}, "objectives.import_percent"),
    ({"objectives": '{"import_percent": NaN}'}, "objectives.import_percent"),
    ({"expect_list_hours": "169"}, "expect_list_hours"),
    ({"expect_list_hours": "daily"}, "expect_list_hours"),
    ({"runbook_url": "http://example.org"}, "runbook_url"),
    ({"runbook_url": "docs/runbook.md#top"}, "runbook_url"),
    ({"trace_percent": "101"}, "trace_percent"),
    ({"trace_percent": "-1"}, "trace_percent"),
    ({"trace_percent": "half"}, "trace_percent"),
    ({"filters": '["one"]'}, "filters"),
    (_filter(["Misspelt"], "audit"), "filters"),
    (_filter([]), "filters.reader"),
    (_filter("Misspelt"), "filters.reader"),
    (_filter([5]), "filters.reader"),
    (_filter([SOME, "Misspelt"]), "filters.reader"),
    (_filter([SOME, SOME]), "filters.reader"),
    ({"subscriber_accounts": "123456789012"}, "subscriber_accounts"),
    ({"subscriber_accounts": "[123456789012]"}, "subscriber_accounts"),
    ({"subscriber_accounts": '["12345"]'}, "subscriber_accounts"),
    ({"subscriber_accounts": json.dumps(["1" * 12] * 2)}, "subscriber_accounts"),
    ({"subscribers": '["inbound"]'}, "subscribers"),
    ({"consumes": "[]"}, "consumes"),
    (_consumes("Other"), "consumes"),
    (_consumes("../other"), "consumes"),
    ({"consumes": '{"other": "topic"}'}, "consumes.other"),
    (_consumes(topics=1), "consumes.other"),
    ({"consumes": '{"other": {"created_by": ["A"]}}'}, "consumes.other"),
    (_consumes(topic="other"), "consumes.other.topic"),
    (_consumes(topic="arn:aws:sqs:eu-west-1:123456789012:q"), "consumes.other.topic"),
    (_consumes(topic="arn:aws:sns:eu-west-1:123456789012:t.fifo"), "consumes.other.topic"),
    (_consumes(topic=7), "consumes.other.topic"),
    (_consumes(aggregate="Line"), "consumes.other.aggregate"),
    (_consumes(aggregate=7), "consumes.other.aggregate"),
    (_consumes(aggregate="list"), "consumes.other.aggregate"),
    (_consumes(aggregate=OURS), "consumes.other.aggregate"),
    (_consumes(OURS), f"consumes.{OURS}.aggregate"),
    (
        {
            "consumes": json.dumps(
                {name: {"topic": f"/{name}", "aggregate": "xy", "created_by": ["A"]} for name in ("ab", "cd")}
            )
        },
        "consumes",
    ),
    (_consumes(thing="line"), "consumes.other.thing"),
    (_consumes(known=["A"]), "consumes.other.known"),
    ({"consumes": '{"other": {"topic": "/other", "known": ["A"]}}'}, "consumes.other.known"),
    (_consumes(gone=["B"]), "consumes.other.gone"),
    (_consumes(created_by="A"), "consumes.other.created_by"),
    (_consumes(created_by=[]), "consumes.other.created_by"),
    (_consumes(created_by=["A", 1]), "consumes.other.created_by"),
    (_consumes(created_by=["A", "A"]), "consumes.other.created_by"),
    (_consumes(deleted_by=["B", "B"]), "consumes.other.deleted_by"),
    (_consumes(deleted_by=["A"]), "consumes.other"),
    (_consumes(created_by=[f"T{number}" for number in range(51)]), "consumes"),
    ({"consumes": json.dumps({"a_b": ONE, "a-b": {**ONE, "topic": "/two", "aggregate": "two"}})}, "consumes"),
    ({"consumes": json.dumps({name: {"topic": "/one", "created_by": ["A"]} for name in ("one", "two")})}, "consumes"),
    ({"stream_parallelization_factor": "0"}, "stream_parallelization_factor"),
    ({"stream_parallelization_factor": "11"}, "stream_parallelization_factor"),
    ({"reserved_concurrency": "5"}, "reserved_concurrency"),
    ({"reserved_concurrency": '{"relay_events": 0}'}, "reserved_concurrency.relay_events"),
    ({"reserved_concurrency": '{"relay_events": true}'}, "reserved_concurrency.relay_events"),
    ({"artifacts": " "}, "artifacts"),
]


@pytest.mark.parametrize(("bad", "setting"), BAD)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(bad: dict[str, str], setting: str) -> None:
    """The message is one line that begins with the setting."""
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, LEAST | bad)
    assert refused.value.setting == setting
    assert re.fullmatch(rf"{re.escape(setting)} .+\.", str(refused.value))


def test_the_message_quotes_the_value_and_ends_with_the_remedy() -> None:
    """The sentence of a number; Pulumi prints it as it is."""
    with pytest.raises(SettingError, match=r"^max_list_mb is '0': write a whole number from 1 to 2048\.$"):
        Settings.from_config(CONTEXT, LEAST | {"max_list_mb": "0"})


LIMITS = [
    ("incoming_days", 14, 3650),
    ("reports_days", 1, 3650),
    ("tolerated_share", 0, 1),
    ("max_list_mb", 1, 2048),
    ("part_rows", 250, 50_000),
    ("import_concurrency", 1, 100),
    ("verification_concurrency", 1, 100),
    ("stream_parallelization_factor", 1, 10),
    ("debug_percent", 0, 100),
    ("expect_list_hours", 1, 168),
    ("trace_percent", 0, 100),
    ("latency_alarms.relay_events", 1, 900_000),
    ("reserved_concurrency.relay_events", 1, 10_000),
    ("thresholds.duration_percent", 1, 99),
    ("thresholds.queue_age_minutes", 1, 10_079),
    ("thresholds.stream_age_minutes", 1, 1439),
    ("thresholds.unfinished_list_minutes", 1, 1440),
    ("thresholds.rejected_lists", 0, 1000),
    ("thresholds.unapproved_list_hours", 0, 336),
    ("objectives.import_minutes", 1, 1440),
]


@pytest.mark.parametrize(("setting", "least", "most"), LIMITS)
def test_a_number_may_be_at_its_limits_and_not_beyond(setting: str, least: int, most: int) -> None:
    """Also a number in a map."""
    for value in (least, most):
        Settings.from_config(CONTEXT, LEAST | _number(setting, value))
    for value in (least - 1, most + 1):
        with pytest.raises(SettingError) as refused:
            Settings.from_config(CONTEXT, LEAST | _number(setting, value))
        assert refused.value.setting == setting


@pytest.mark.parametrize("share", ["import_percent", "command_percent"])
def test_an_objective_is_at_least_95_percent(share: str) -> None:
    Settings.from_config(CONTEXT, LEAST | _number(f"objectives.{share}", 95))
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, LEAST | _number(f"objectives.{share}", 94.9))
    assert refused.value.setting == f"objectives.{share}"


def _number(setting: str, value: float) -> dict[str, str]:
    name, _, member = setting.partition(".")
    return {name: json.dumps({member: value} if member else value)}


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_a_setting_without_a_safe_default_is_required(missing: str) -> None:
    """SFTP, the protection of data, and the shift of traffic are the user's choice."""
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, {key: value for key, value in LEAST.items() if key != missing})
    assert refused.value.setting == missing


def test_defaults() -> None:
    """What a stack's file may leave out."""
    settings = Settings.from_config(CONTEXT, LEAST)
    assert settings.subscribers == tuple(CONTEXT.subscribers)
    assert settings.upload_event_source == "aws.transfer"
    assert settings.partners == {}
    assert (settings.tolerated_share, settings.max_list_mb, settings.part_rows) == (0, 1024, 5000)
    assert (settings.import_concurrency, settings.log_retention_days) == (20, 30)
    assert (settings.stream_parallelization_factor, settings.reserved_concurrency) == (10, {})
    assert (settings.alarms, settings.latency_alarms, settings.release_alarms) == ("all", {}, ())
    assert (settings.debug_percent, settings.log_key_arn, settings.permissions_boundary) == (1, None, None)
    assert settings.code_signing is None
    assert (settings.thresholds, settings.objectives) == (Thresholds(), Objectives())
    assert (settings.expect_list_hours, settings.runbook_url) == (None, "")


def test_logs_may_be_kept_for_ten_years() -> None:
    """The longest that CloudWatch Logs takes (API reference, PutRetentionPolicy)."""
    assert Settings.from_config(CONTEXT, LEAST | {"log_retention_days": "3653"}).log_retention_days == 3653


def test_a_limit_that_a_map_does_not_name_keeps_its_default() -> None:
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


def test_consumed_events_name_a_parameter_or_an_arn() -> None:
    """By a parameter or by an ARN; by default nothing, and by nobody."""
    settings = Settings.from_config(CONTEXT, LEAST)
    assert (settings.consumes, settings.subscriber_accounts) == ({}, ())
    arn = "arn:aws:sns:eu-west-1:123456789012:order-prod-events"
    consumes = {"somewhere_else": {"topic": "/somewhere-else/dev/topic-arn", "created_by": ["A"], "deleted_by": ["B"]}}
    consumes["elsewhere"] = {"topic": arn, "created_by": ["C"]}
    line, shop = Settings.from_config(CONTEXT, LEAST | {"consumes": json.dumps(consumes)}).consumes.values()
    assert (line.types, line.account_id) == (("A", "B"), None)
    assert (shop.types, shop.account_id) == (("C",), "123456789012")


@pytest.mark.parametrize(("old", "new"), [("thing", "aggregate"), ("known", "created_by"), ("gone", "deleted_by")])
def test_a_renamed_member_is_refused_with_its_new_name(old: str, new: str) -> None:
    """With the file, and with the command that renames it."""
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, LEAST | _consumes("other", **{old: ["A"]}))
    assert refused.value.setting == f"consumes.other.{old}"
    assert all(part in str(refused.value) for part in (" infra/service/Pulumi.", f" {new}:", "`template update`"))


@pytest.mark.parametrize("end", ["2999-01-31", "2999-01-31 00:00:00 +0000 UTC"])
def test_partners_have_their_keys(end: str) -> None:
    """A partner may have several keys, so that one can be replaced without an interruption.

    Pulumi passes a date without quotes on as a time.
    """
    other = f"{OTHER} laptop"
    partners = {"acme": {"public_keys": [KEY, {"key": other, "expires": end}]}}
    [keys] = Settings.from_config(CONTEXT, LEAST | {"partners": json.dumps(partners)}).partners.values()
    assert [(key.text, key.expires) for key in keys] == [(KEY, None), (other, date(2999, 1, 31))]


def test_a_partner_may_have_a_format() -> None:
    """Only its differences from the plain format are written."""
    format_ = {"delimiter": ";", "decimal": ",", "header": {"Nummer": COLUMNS[0]}}
    partners = {"acme": {"public_keys": [KEY], "format": format_}, "plain": {"public_keys": []}}
    settings = Settings.from_config(CONTEXT, LEAST | {"partners": json.dumps(partners)})
    assert {name: [key.text for key in keys] for name, keys in settings.partners.items()} == {
        "acme": [KEY],
        "plain": [],
    }
    assert {name: file_format.settings for name, file_format in settings.formats.items()} == {"acme": format_}


def test_a_format_with_an_earlier_name_means_the_renamed_column() -> None:
    """Also in exports, whose files keep the partner's name of the column."""
    renamed = context_of({"claimed_amount": (Annotated[Amount, Renamed("amount")], ...)})
    form = {
        "header": {"Betrag": "amount", "Zustand": "status"},
        "control": {"last": "T", "sum": "last 2", "of": "amount"},
    }
    context = replace(renamed, exports=(Export("daily", ("status",), "rate(1 day)", ("acme",)),))
    partners = json.dumps({"acme": {"public_keys": [], "format": form}})
    settings = Settings.from_config(context, LEAST | {"partners": partners})
    for read in (settings.formats["acme"], settings.partners["acme"].format):
        assert read is not None
        assert (read.header["Betrag"], read.control["of"]) == ("claimed_amount", "claimed_amount")
        assert read.names(["claimed_amount", "status"]) == ["Betrag", "Zustand"]


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
def test_any_text_is_accepted_or_refused_as_a_setting(config: dict[str, Any]) -> None:
    """No value of any setting gives another error."""
    try:
        Settings.from_config(CONTEXT, LEAST | config)
    except SettingError as refused:
        assert str(refused).endswith(".")


WITHOUT = dataclasses.replace(CONTEXT, verification=None, queried_by=("status",), versions={})


def test_a_context_without_lists_needs_no_setting_of_lists() -> None:
    """And accepts `sftp: none`, which temporary stacks have."""
    config = {name: value for name, value in LEAST.items() if name != "sftp"}
    assert Settings.from_config(WITHOUT, config) == Settings.from_config(WITHOUT, LEAST)


def test_each_setting_of_the_server_and_of_the_scan_is_a_setting_of_lists() -> None:
    """By its name, so that a new setting is not forgotten."""
    names = {field.name for field in fields(Settings)}
    assert names >= OF_LISTS >= {name for name in names if name.startswith(("sftp", "malware"))}


@pytest.mark.parametrize("setting", sorted(OF_LISTS))
def test_a_setting_of_lists_is_refused_without_lists(setting: str) -> None:
    """By its name: a leftover would have no effect."""
    with pytest.raises(SettingError) as refused:
        Settings.from_config(WITHOUT, {**LEAST, setting: "shared"})
    assert refused.value.setting == setting
