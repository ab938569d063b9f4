"""The commands that edit the partners of a copied repository, and the sheet that a partner gets."""

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bounded_context_cli import partners
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.configuration.list_settings import Partner
from bounded_context_infra.configuration.project import Project, ProjectError, current
from tests.console import context
from tests.infra.graph import NETWORK
from tests.infra.test_settings import KEY, OTHER

STACK = "prod"
THIRD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
OUTPUTS = {
    "sftp": {"endpoint": "s-1.server.transfer", "host_key_fingerprint": "SHA256:host", "addresses": ["203.0.113.10"]}
}


class Repository:
    """A copied repository, with files of keys and of the stack's outputs."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.name = folder, project.context.name
        self.file = folder / "infra" / "service" / f"Pulumi.{STACK}.yaml"
        self.key, self.other = folder / "id.pub", folder / "other.pub"
        self.key.write_text(f"{KEY}\n")
        self.other.write_text(f"{OTHER}\n")
        self.project = project
        self.outputs = folder / "outputs.json"
        self.outputs.write_text(json.dumps(OUTPUTS))

    def write(self, partners: str) -> None:
        """Replace the stack's line of partners."""
        line = re.compile(rf"^  {self.name}:partners:.*$", re.MULTILINE)
        self.file.write_text(line.sub(lambda _: f"  {self.name}:{partners}", self.file.read_text()))

    @property
    def partners(self) -> dict[str, Any]:
        return yaml.safe_load(self.file.read_text())["config"].get(f"{self.name}:partners")

    def run(self, *words: object) -> int:
        outputs = () if words[0] == "remove" else ("--outputs", str(self.outputs))
        return context("partner", *map(str, words), *outputs)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    project = current()
    project.context  # noqa: B018 (imported, whose cache the copy has)
    shutil.copytree(project.root / "infra", tmp_path / "infra")
    copied = replace(project, root=tmp_path)
    copied.__dict__["context"] = project.context
    monkeypatch.setattr(partners, "repository", lambda: copied)
    return Repository(tmp_path, project)


FORMS = {
    "a date": 'partners:\n    globex:\n      public_keys:\n        - {key: "KEY", expires: 2999-01-31}',
    "no partner": "partners: {} # <name>: {public_keys: [...]}",
    "blocks": """partners: # ours
    # the bank
    globex:
      public_keys:
        - KEY # the old laptop
        # - a key of long ago
    # the last
  # more""",
    "flow": 'partners: {globex: {public_keys: ["KEY"]}} # ours',
    "mixed": 'partners:\n    globex: {public_keys: ["KEY"]} # the bank',
    "half": "partners:\n    globex:\n      public_keys: [KEY] # one\n    # next",
    "a map": 'partners:\n    globex:\n      public_keys:\n      - key: KEY\n        expires: "2999-01-31" # soon\n',
}
EVERY = pytest.mark.parametrize("form", FORMS)
WITH_PARTNER = pytest.mark.parametrize("form", [form for form, text in FORMS.items() if "globex" in text])


def _comments(text: str) -> set[str]:
    return set(re.findall(r"(?<=\s)# .*", text))


@EVERY
def test_a_partner_is_added_and_removed_and_the_rest_of_the_file_stays(form: str, repository: Repository) -> None:
    """Whatever form the partners have: no comment is lost, and no other line changes."""
    repository.write(FORMS[form].replace("KEY", KEY))
    before = repository.file.read_text()
    assert repository.run("add", STACK, "acme", repository.other, "--expires", "2999-01-31") == 0
    added = repository.file.read_text()
    assert repository.partners["acme"] == {"public_keys": [{"key": OTHER, "expires": "2999-01-31"}]}
    assert _comments(added) == _comments(before)
    assert repository.run("remove", STACK, "acme") == 0
    assert _comments(repository.file.read_text()) == _comments(before)
    assert repository.partners == (yaml.safe_load(before)["config"][f"{repository.name}:partners"] or {})


@WITH_PARTNER
def test_a_rotated_key_is_added_and_the_old_key_ends(form: str, repository: Repository) -> None:
    repository.write(FORMS[form].replace("KEY", KEY))
    before = repository.file.read_text()
    assert repository.run("rotate", STACK, "globex", repository.other, "--days", "7") == 0
    today = datetime.now(UTC).date()
    [old, new] = repository.partners["globex"]["public_keys"]
    assert (old["key"], new) == (KEY, {"key": OTHER})
    assert today < datetime.fromisoformat(old["expires"]).date() <= today + timedelta(days=8)
    assert _comments(repository.file.read_text()) >= _comments(before) - {"# soon"}


def test_an_expired_key_is_removed_by_the_next_rotation(repository: Repository) -> None:
    keys = f'\n        - {{key: "{KEY}", expires: "2020-01-31"}}'
    repository.write(f"partners:\n    acme:\n      public_keys:{keys}")
    assert repository.run("rotate", STACK, "acme", repository.other) == 0
    assert repository.partners["acme"]["public_keys"] == [{"key": OTHER}]


def test_an_expired_key_stays_as_long_as_positions_name_the_keys_behind_it(repository: Repository) -> None:
    """Else Pulumi would import a key that the user still has."""
    expired = {"key": OTHER, "expires": "2020-01-31"}
    _set(repository, {"sftp": "dedicated", "partners": {"acme": {"public_keys": [expired, KEY]}}})
    repository.other.write_text(THIRD)
    assert repository.run("rotate", STACK, "acme", repository.other) == 0
    [first, second, third] = repository.partners["acme"]["public_keys"]
    assert (first, second["key"], third) == (expired, KEY, {"key": THIRD})


def test_a_stack_without_the_setting_gets_it(repository: Repository) -> None:
    text = repository.file.read_text()
    repository.file.write_text(re.sub(rf"  {repository.name}:partners:.*\n", "", text))
    assert repository.run("add", STACK, "acme", repository.key) == 0
    assert list(repository.partners) == ["acme"]


_SAME = "the partner's own"
"""Partners may share a key."""
SSH2 = "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n"
BAD_FILES = {
    "cut off": (KEY[:60], "damaged"),
    "of another kind": ("ssh-dss AAAA x", "ed25519"),
    "of PuTTY": (SSH2, "ssh-keygen -i"),
    "private": ("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n", "private key"),
    "empty": ("", "ed25519"),
    _SAME: (KEY, "twice"),
}


@pytest.mark.parametrize(
    ("command", "kind"),
    [*(("add", kind) for kind in BAD_FILES if kind != _SAME), *(("rotate", kind) for kind in BAD_FILES)],
)
def test_an_invalid_key_is_refused_and_the_file_stays(
    command: str, kind: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file and the remedy, and without the text of a private key."""
    text, words = BAD_FILES[kind]
    repository.write(FORMS["blocks"].replace("KEY", KEY))
    before = repository.file.read_bytes()
    repository.other.write_text(text)
    name = "acme" if command == "add" else "globex"
    assert repository.run(command, STACK, name, repository.other) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "c2VjcmV0" not in error
    assert repository.file.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("rotate", STACK, "unknown", "KEY"), 2),
        (("remove", STACK, "unknown"), 2),
        (("list", STACK, "unknown"), 2),
        (("add", "moon", "acme", "KEY"), 2),
        (("add", STACK, "globex", "KEY"), 2),
        (("add", STACK, "Acme", "KEY"), 2),
        (("add", "dev", "acme", "KEY"), 2),
        (("add", STACK, "acme", "KEY", "--address", "203.0.113.7"), 2),
        (("add", STACK, "acme", "KEY", "--expires", "31.01.2027"), 2),
        (("add", STACK, "acme", "missing.pub"), 2),
        (("rotate", STACK, "globex", "KEY", "--days", "0"), 2),
    ],
)
def test_a_mistake_is_refused_in_a_sentence(
    words: tuple[str, ...], status: int, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown partner or stack, a partner that exists, a stack without SFTP, an address without a VPC."""
    repository.write(FORMS["blocks"].replace("KEY", KEY))
    before = repository.file.read_bytes()
    assert repository.run(*(str(repository.other) if word == "KEY" else word for word in words)) == status
    assert capsys.readouterr().err.strip()
    assert repository.file.read_bytes() == before


def test_an_interrupted_write_leaves_the_old_file(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    before = repository.file.read_bytes()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    assert repository.run("add", STACK, "acme", repository.key) != 0
    assert repository.file.read_bytes() == before
    assert [path.name for path in repository.file.parent.glob(".*")] == []


def test_a_text_that_only_looks_like_partners_is_not_edited(repository: Repository) -> None:
    """An anchor: its edit would change another partner."""
    text = f'partners:\n    globex: &same {{public_keys: ["{KEY}"]}}\n    initech: *same'
    repository.write(text)
    before = repository.file.read_bytes()
    assert repository.run("remove", STACK, "globex") == 2
    assert repository.file.read_bytes() == before


def _set(repository: Repository, settings: dict[str, Any]) -> None:
    lines = [f"  {repository.name}:{name}: {json.dumps(value)}\n" for name, value in settings.items()]
    text = re.sub(rf"  {repository.name}:(sftp|partners):.*\n", "", repository.file.read_text())
    repository.file.write_text(text + "".join(lines))


def test_the_sheet_has_all_that_a_partner_needs(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """The own name, the addresses for the firewall, the host's key, the login, and the columns of a list."""
    _set(repository, {**NETWORK, "partners": {}})
    assert repository.run("add", STACK, "acme", repository.key, "--address", "198.51.100.0/24") == 0
    facts = dict(re.split(r"  +", line, maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert facts["Host"] == "sftp.example.org"
    assert (facts["Port"], facts["User"]) == ("22", "acme")
    assert (facts["Host key"], facts["Addresses"], facts["From"]) == ("SHA256:host", "203.0.113.10", "198.51.100.0/24")
    assert "SHA256:" in facts["Login key"]
    assert set(facts["First line"].split(",")) <= set(current().context.details.model_fields)


def test_before_a_deployment_the_sheet_names_the_command_that_completes_it(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.outputs.write_text('{"sftp": null}')
    assert repository.run("add", STACK, "acme", repository.key) == 0
    assert f"context partner list {STACK} acme" in capsys.readouterr().out


def test_the_list_ends_with_the_keys_that_need_attention(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check prints this line."""
    soon = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
    keys = [{"key": KEY, "expires": "2020-01-31"}, {"key": OTHER, "expires": soon}]
    _set(repository, {"sftp": "dedicated", "partners": {"acme": {"public_keys": keys}}})
    assert context("partner", "list") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert all(text in last for text in (f"{STACK}: acme", "2020-01-31", soon))


def test_the_list_fails_for_an_invalid_key(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a deployment: it is a step of the check."""
    _set(repository, {"sftp": "dedicated", "partners": {"acme": {"public_keys": [KEY[:60]]}}})
    assert context("partner", "list") == 1
    error = capsys.readouterr().err
    assert all(text in error for text in (f"Pulumi.{STACK}.yaml", "partners.acme.public_keys", "write"))


@pytest.mark.parametrize("name", ["No", "on", "1.50", "~", "2026-01-31", "amount"])
def test_a_header_that_no_file_has_is_refused_with_its_line(
    name: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pulumi and YAML 1.1 read such names as different texts, and the column `amount` would have no name."""
    partner = f'{{public_keys: ["{KEY}"], format: {{\n      header: {{{name}: payer}}}}}}'
    _set(repository, {"sftp": "dedicated"})
    text = f"{repository.file.read_text()}  {repository.name}:partners:\n    acme: {partner}\n"
    repository.file.write_text(text)
    place = f"Pulumi.{STACK}.yaml:{text.count(chr(10))}: partners.acme.format.header "
    assert context("partner", "list") == 1
    assert place in capsys.readouterr().err
    assert repository.run("list", STACK, "acme") == 2
    assert place in capsys.readouterr().err
    with pytest.raises(ProjectError, match=re.escape(place)):
        settings_of(replace(repository.project, root=repository.folder), STACK)


def test_names_in_quotes_and_swapped_names_are_accepted(repository: Repository) -> None:
    header = {"No": "payment_id", "amount": "payer", "payer": "amount"}
    partner = {"public_keys": [KEY], "format": {"header": header}}
    _set(repository, {"sftp": "dedicated", "partners": {"acme": partner}})
    assert repository.run("list", STACK, "acme") == 0


class _OwnServer:
    """A stack's file with a partner who has an own server alone."""

    path = "infra/service/Pulumi.prod.yaml"

    def partner(self, name: str) -> Partner:
        assert name == "acme"
        return Partner(deliver="sftp://sftp.acme.example/inbox")


def test_a_partner_without_a_user_has_no_keys_to_rotate_and_no_sheet() -> None:
    file: Any = _OwnServer()
    with pytest.raises(Refusal, match="acme has an own server, and no user on the stack's: write public_keys"):
        partners._with_home(file, "acme")
    assert partners._receives(file.partner("acme")) == ", receives files at sftp://sftp.acme.example/inbox"
