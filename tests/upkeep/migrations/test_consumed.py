"""The renamed members of the setting `consumes` in the files of stacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from bounded_context.configuration.config import SettingError
from bounded_context.configuration.event_settings import consumed

from template.library import VERSION
from template.upkeep.errors import CannotTell
from template.upkeep.migrations import migrate, steps
from template.upkeep.releases import release

from ..team import BakedBy
from .repository import applied, read
from .test_bakes import EARLIER, copied

PAYMENT: Any = SimpleNamespace(name="payment")
DEV = "infra/service/Pulumi.dev.yaml"
BEFORE = """\
# known: [A]
config:
  # loan:consumes: {order: {gone: [A]}}
  loan:thing: known # gone: 1
  loan:consumes: # known and gone
    known: # the context of all known customers
      gone: [CustomerDeleted] # thing: no
      topic: /known/dev/topic-arn

      known:   # these events
        - CustomerRegistered
      thing: gone
    "order": {"topic": /order/dev/topic-arn, 'known': [OrderPlaced, known], "gone": [gone]}
  loan:owner: "known: \\"gone\\""
  other: {known: [A]}
backup: {loan:consumes: {order: {known: [A]}}}
"""
AFTER = (
    BEFORE.replace("      gone: [Cust", "      deleted_by: [Cust")
    .replace("      known:   #", "      created_by:   #")
    .replace("      thing: gone", "      aggregate: gone")
    .replace("'known': [O", "'created_by': [O")
    .replace('"gone": [g', '"deleted_by": [g')
)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_members_have_their_new_names_and_all_else_stays(tmp_path: Path, end: str) -> None:
    """Comments, order, quotes, empty lines and line ends, in the files of all stacks."""
    before, after = BEFORE.replace("\n", end), AFTER.replace("\n", end)
    paths = (DEV, "infra/service/Pulumi.local.yaml", "infra/service/Pulumi.eu-prod.yaml")
    files, notes = applied("consumed", tmp_path, dict.fromkeys(paths, before))
    assert (files, notes) == (dict.fromkeys(paths, after), [])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "config:\n",
        "config: []\n",
        "config:\n  loan:consumes:\n",
        "config:\n  loan:consumes: [known]\n",
        "config:\n  loan:consumes: {known: [thing]}\n",
        AFTER,
    ],
)
def test_other_contents_stay(tmp_path: Path, content: str) -> None:
    """A stack without the setting, with a value of another form, or with the new names."""
    assert applied("consumed", tmp_path, {DEV: content}) == ({DEV: content}, [])


def test_files_of_other_programs_stay(tmp_path: Path) -> None:
    """The pipeline has no such setting."""
    files = {"infra/pipeline/Pulumi.main.yaml": BEFORE, "infra/service/Pulumi.dev.yml": BEFORE, "docs/a.yaml": BEFORE}
    assert applied("consumed", tmp_path, files) == (files, [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """'{"known": {"topic": "/a", "known": ["known"], "thing": "gone"}}'""",
            """'{"known": {"topic": "/a", "created_by": ["known"], "aggregate": "gone"}}'""",
        ),
        (
            r'''"{\"gone\": {\"known\" : [\"A\"], \"gone\": [\"B\"]}}"''',
            r'''"{\"gone\": {\"created_by\" : [\"A\"], \"deleted_by\": [\"B\"]}}"''',
        ),
        ('|\n    {"order": {"known": ["A"]}}', '|\n    {"order": {"created_by": ["A"]}}'),
    ],
)
def test_json_text_has_the_new_names(tmp_path: Path, before: str, after: str) -> None:
    """`pulumi config set` without `--path` writes the setting as text."""
    files, _ = applied("consumed", tmp_path, {DEV: f"config:\n  loan:consumes: {before}\n  loan:sftp: none\n"})
    assert files == {DEV: f"config:\n  loan:consumes: {after}\n  loan:sftp: none\n"}


def test_a_member_with_both_names_stays(tmp_path: Path) -> None:
    """The team decides, and the library refuses the old name until then."""
    text = "config:\n  loan:consumes: {order: {known: [A], created_by: [B], gone: [C]}}\n"
    files, _ = applied("consumed", tmp_path, {DEV: text})
    assert files == {DEV: text.replace("gone", "deleted_by")}


def test_a_shared_value_is_renamed_once(tmp_path: Path) -> None:
    """An alias has no keys of its own."""
    text = "config:\n  loan:consumes:\n    order: &one {topic: /a, known: [A]}\n  old:consumes: {order: *one}\n"
    files, _ = applied("consumed", tmp_path, {DEV: text})
    assert files == {DEV: text.replace("known", "created_by")}


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    """With the remedy."""
    with pytest.raises(CannotTell, match=rf"^{DEV}: it cannot be parsed .*: correct and commit it, then update again"):
        applied("consumed", tmp_path, {DEV: "config: {loan:consumes: [\n"})


@pytest.mark.parametrize("version", EARLIER)
def test_the_setting_of_a_team_is_refused_before_the_steps_and_read_after_them(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path, version: str
) -> None:
    """The team has removed the comment signs, as the files of these versions describe it."""
    team = baked_by(version)
    path = team.folder / DEV
    path.write_text(re.sub(r"^  # (payment:consumes:|  .*)$", r"  \1", path.read_text(), flags=re.MULTILINE))
    with pytest.raises(SettingError) as error:
        consumed(PAYMENT, _config(path))
    assert error.value.setting == "consumes.subscription.known"
    folder = copied(team.folder, tmp_path / "copy")
    migrate(steps(release(version), release(VERSION)), copied(bakes(version), tmp_path / "bake"), folder)
    found = consumed(PAYMENT, _config(folder / DEV))["subscription"]
    assert (found.created_by, found.deleted_by) == (("SubscriptionRegistered",), ("SubscriptionDeleted",))
    lines = [line for line in read(folder)[DEV].splitlines() if "tolerated_share" not in line]
    assert len(lines) == len(path.read_text().splitlines())


def _config(path: Path) -> dict[str, str]:
    return {"consumes": json.dumps(yaml.safe_load(path.read_text())["config"]["payment:consumes"])}
