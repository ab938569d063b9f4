"""`context partner-kit`, without the build of the archive."""

from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from payment.context import PAYMENT

from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.lists import ListStatus
from bounded_context_cli.partner_kit import cli
from bounded_context_cli.partner_kit import contents as contents_module
from bounded_context_cli.partner_kit.cli import unsupported
from bounded_context_cli.partner_kit.modules import Modules
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.configuration.list_settings import Partner
from bounded_context_infra.configuration.project import current
from tests.console import context

from .test_agreement import imported


def test_the_command_writes_the_page_and_the_archive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the limits of the stack."""
    written: list[Any] = []
    monkeypatch.setattr(cli, "write", lambda path, _, kit: written.append((path, kit)))
    assert context("partner-kit", "dev", "--output", str(tmp_path)) == 0
    [(path, kit)] = written
    assert (path.name, kit["most_bytes"]) == ("payment-lists.pyz", 1024 * 1024 * 1024)
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "payment-lists.html"), str(path)]
    assert "checkList" in (tmp_path / "payment-lists.html").read_text(encoding="utf-8")


def test_the_command_shows_its_progress(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each system of partners: each takes some seconds."""
    monkeypatch.setattr(cli, "_pydantic", lambda *_: {})
    monkeypatch.setattr(cli, "_native", lambda *_: b"")
    assert context("partner-kit", "--output", str(tmp_path)) == 0
    _, *lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"{number} of 5" for number in range(1, 6)]


def test_modules_are_packed_once_for_their_pins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packing takes most of the time. The archives of other pins are removed."""
    packed: list[str] = []
    monkeypatch.setattr(cli, "_packed", lambda platform, _: packed.append(platform) or b"modules")
    monkeypatch.setattr(cli, "_pydantic", lambda *_: {})
    project = replace(current(), root=tmp_path)
    project.__dict__["context"] = current().context
    monkeypatch.setattr(cli, "modules_of", lambda _: Modules({}, ()))
    monkeypatch.setattr(cli, "require_start", lambda *_: None)

    def written() -> bytes:
        cli.write(tmp_path / "kit.pyz", project, {})
        return (tmp_path / "kit.pyz").read_bytes()

    assert written() == written()
    assert packed == list(cli.PLATFORMS.values())
    monkeypatch.setattr(cli, "_pins", lambda _: "pydantic-core==9")
    written()
    assert packed == [*cli.PLATFORMS.values()] * 2
    assert len(list((project.build / cli.CACHE).iterdir())) == len(cli.PLATFORMS)


EXCEL: Final = FileFormat(delimiter=";", encoding="utf-16", decimal=",", date="DD.MM.YYYY", header={"Betrag": "amount"})


@pytest.mark.parametrize("format_", [PLAIN, EXCEL, replace(EXCEL, compression="gzip"), FileFormat(kind="json-lines")])
def test_the_kit_of_a_partner_has_its_format(
    format_: FileFormat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its samples are in it, its description names it, and a page is written unless no page can read it."""
    written: list[Any] = []
    monkeypatch.setattr(cli, "write", lambda _, __, kit: written.append(kit))
    own = replace(settings_of(current(), "prod"), partners={"acme": Partner(public_keys=())}, formats={"acme": format_})
    monkeypatch.setattr(contents_module, "settings_of", lambda *_: own)
    assert context("partner-kit", "--partner", "acme", "--output", str(tmp_path)) == 0
    [kit] = written
    assert (FileFormat(**kit["file"]), kit["program"]) == (format_, "payment-acme-lists.pyz")
    sample, broken = b64decode(kit["sample"]), b64decode(kit["broken"])
    assert (imported(PAYMENT, sample, format_=format_)[0], imported(PAYMENT, broken, format_=format_)[0]) == (
        ListStatus.IMPORTED,
        ListStatus.REJECTED,
    )
    text = b64decode(kit["format"]).decode()
    assert [name for name in format_.header if name not in text] == []
    assert (tmp_path / "payment-acme-lists.html").exists() == (not unsupported(format_))


@pytest.mark.parametrize("arguments", [["nowhere"], ["prod", "--partner", "nobody"]])
def test_an_unknown_stack_or_partner_has_no_kit(arguments: list[str], tmp_path: Path) -> None:
    assert context("partner-kit", *arguments, "--output", str(tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []
