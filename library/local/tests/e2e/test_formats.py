"""A partner whose files are not plain: semicolons, Windows-1252, decimal commas, days as DD.MM.YYYY, gzip."""

from collections.abc import Callable

import pytest

from bounded_context.testing.functions import Samples
from bounded_context_local.actors.partner import SftpPartner
from bounded_context_local.running.context import RunningContext

from .facts import CONTEXT, EXCEL, EXCEL_LOGIN, HEADER, SAMPLES, with_sftp
from .lists import Sample, assert_refused, finish

pytestmark = [pytest.mark.e2e, with_sftp]

TEXTS = [
    column
    for column, (name, kind) in enumerate(SAMPLES.columns.items())
    if kind == "text" and name != SAMPLES.identity and name not in CONTEXT.references
]


@pytest.fixture
def partner(deployed: RunningContext, monkeypatch: pytest.MonkeyPatch) -> SftpPartner:
    """The partner with the format, who uploads and reads its reports in place of the run's partner."""
    excel = SftpPartner(deployed.aws, EXCEL_LOGIN)
    excel.outputs = deployed.outputs
    monkeypatch.setattr(deployed, "partner", excel)
    return excel


def _excel(good: Sample) -> bytes:
    for column in TEXTS[:1]:
        good = good.with_cell(0, column, "Jürgen Müller")
    rows = [dict(zip(HEADER, row, strict=True)) for row in good.rows]
    return Samples(CONTEXT).file(rows, format_=EXCEL)


def test_a_list_in_the_format_of_its_partner_is_imported(
    partner: SftpPartner, deployed: RunningContext, sample: Callable[[int], Sample]
):
    """Its umlauts arrive at the subscribers."""
    good = sample(20)
    result = finish(deployed, partner.upload("excel.csv.gz", _excel(good)), expected=21)
    assert (result.outcome, result.imported, result.record["partner"]) == ("IMPORTED", 20, partner.name)
    data = [event["data"] for events in result.events.values() for event in events]
    assert any("Jürgen Müller" in fields.values() for fields in data) is bool(TEXTS)


def test_a_list_in_another_format_is_rejected_with_its_remedies(
    deployed: RunningContext, sample: Callable[[int], Sample]
):
    """The run's own partner has none of them."""
    result = finish(deployed, deployed.partner.upload("excel.csv.gz", _excel(sample(20))))
    assert_refused(result, "compressed with gzip")
    remedies = " ".join(line["reason"] for line in result.rejections() if line["code"] == "list-format")
    assert "The file is compressed with gzip: send it not compressed" in remedies
    assert "The columns are separated by semicolons: save the file with commas" in remedies
    assert "partners." not in remedies + str(result.record["reason"])


def test_a_plain_list_of_the_partner_is_rejected(
    partner: SftpPartner, deployed: RunningContext, sample: Callable[[int], Sample]
):
    """With the plain members."""
    result = finish(deployed, partner.upload("plain.csv", sample(20).content))
    assert_refused(result, "not compressed with gzip")
    assert {line["code"] for line in result.rejections()} == {"list-compression", "list-format"}
