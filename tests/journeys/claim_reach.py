"""The requests of others than callers: a partner's daily file, workbooks, analysts, and an end of a query."""

from __future__ import annotations

from datetime import date, timedelta

from .journey import Journey

_CONTEXT = "src/claim/context.py"
_GERMAN = '{delimiter: ";", encoding: windows-1252, decimal: ",", date: DD.MM.YYYY}'


def a_daily_file(journey: Journey) -> None:
    """The German partner fetches the changed claims each evening, in the format of its lists."""
    fields = ("claim_id", "claimed_amount", "approved_amount", "incident_date", "police_report", "status")
    journey.add(
        _CONTEXT,
        f'    exports=(Export("daily", fields={fields}, when="cron(0 18 * * ? *)", '
        'partners=("acme",), changed=True),),\n',
        after="deadlines=",
    )
    journey.replace(_CONTEXT, "Deadline, Reaction", "Deadline, Export, Reaction")
    for stack in ("staging", "prod"):
        own = f"claim:partners: {{acme: {{public_keys: [], format: {_GERMAN}}}}}"
        journey.replace(f"infra/service/Pulumi.{stack}.yaml", "claim:partners: {}", own)
    journey.context("contracts")
    journey.done(
        "a daily file",
        '''
def _of_acme(running: Running) -> list[dict[str, str]]:
    from csv import DictReader

    partner = running.deployed.partner.named("acme")
    name = [name for name in partner.outgoing() if name.endswith(".csv")][-1]
    return list(DictReader(partner.fetch(name).decode("windows-1252").splitlines(), delimiter=";"))


def test_the_partner_fetches_each_claim_once(running: Running) -> None:
    """Of commands and of lists, with the state of today; a deleted claim is missing."""
    rows = [row | {"police_report": "Köln"} for row in running.rows(4)]
    for row in rows:
        assert running.invoke("register_claim", row)["ok"]
    registered, approved, deleted, noted = ({"claim_id": row["claim_id"]} for row in rows)
    assert running.invoke("assess_claim", approved)["ok"]
    assert running.invoke("approve_claim", approved | {"approved_amount": "1.25"})["ok"]
    assert running.invoke("delete_claim", deleted)["ok"]
    assert running.invoke("add_note", noted | {"text": "in the file"})["ok"]
    event = {"export": "daily"}
    assert running.deployed.invoke("export_files", event)["prepared"] == 1
    lines = _of_acme(running)
    ids = [line["Schadennummer"] for line in lines]
    assert len(ids) == len({*ids})
    by_id = {line["Schadennummer"]: line for line in lines}
    assert deleted["claim_id"] not in by_id
    assert {by_id[one["claim_id"]]["status"] for one in (registered, noted)} == {"REGISTERED"}
    line = by_id[approved["claim_id"]]
    assert (line["approved_amount"], line["status"], line["Aktenzeichen"]) == ("1,25", "APPROVED", "Köln")
    assert line["claimed_amount"] == rows[1]["claimed_amount"].replace(".", ",")
    assert line["incident_date"] == ".".join(reversed(rows[1]["incident_date"].split("-")))
    assert running.deployed.invoke("export_files", {})["prepared"] == 0
''',
    )


def workbooks(journey: Journey) -> None:
    """A broker sends workbooks with German headings, a title, and a row that counts the others."""
    journey.add(
        "infra/service/Pulumi.local.yaml",
        """    broker:
      public_keys: []
      format:
        kind: xlsx
        sheet: Schäden
        header: {Schadennummer: claim_id, Betrag: claimed_amount}
        control: {first: Liste, last: Ende, count: last 2}
""",
        after="claim:partners:",
    )
    journey.context("contracts", "partner-kit local")
    journey.done(
        "workbooks",
        '''
def test_a_workbook_is_imported_and_its_report_names_the_cell(running: Running) -> None:
    """As a list of text."""
    rows = running.rows(3)
    running.deployed.table.know_references(row["policy_id"] for row in rows)
    assert running.upload(rows, partner="broker").outcome == "IMPORTED"
    stored = running.item(rows[0]["claim_id"]) or {}
    assert stored["amount"] == rows[0]["claimed_amount"]
    report = running.upload([running.rows(1)[0] | {"claimed_amount": "no number"}], partner="broker").rejections()
    assert ("3", "claimed_amount") in {(line["line"], line["field"]) for line in report}
''',
    )


def analysts(journey: Journey) -> None:
    """Analysts query the events, without personal data."""
    journey.replace(_CONTEXT, '"bi", "frontend"', '"frontend", Archive("bi", days=365)')
    journey.replace(_CONTEXT, "import By, Child", "import Archive, By, Child")
    journey.context("contracts")
    journey.done(
        "analysts",
        '''
def test_analysts_find_each_event_once_and_no_person(running: Running) -> None:
    """Also the event of a child; a renamed field has both names."""
    from bounded_context_local.emulator.clock import until

    [claim] = running.rows(1)
    identity = {"claim_id": claim["claim_id"]}
    assert running.invoke("register_claim", claim)["ok"]
    assert running.invoke("add_note", identity | {"text": "asked for photos"})["ok"]
    assert running.invoke("reject_claim", identity)["ok"]
    [analyst] = running.deployed.analysts

    def found(view: str) -> list[dict[str, str]]:
        where = f"WHERE event_subject = '{claim['claim_id']}'"
        return analyst.query(f"SELECT * FROM {view} {where}")  # noqa: S608  (own names)

    until(lambda: analyst.files() and found("claim_rejected"), 60, 1)
    views = ("claim_registered", "claim_note_added", "claim_rejected")
    [registered], [noted], [rejected] = (found(view) for view in views)
    assert int(registered["event_sequence"]) < int(noted["event_sequence"]) < int(rejected["event_sequence"])
    assert float(registered["claimed_amount"]) == float(registered["amount"]) == float(claim["claimed_amount"])
    assert not {"claimant", "phone"} & registered.keys()
''',
    )


def an_end_of_a_query(journey: Journey) -> None:
    """The list of claims is removed in half a year, and an event with it."""
    today = date.today()
    end = today + timedelta(days=182)
    journey.add(
        _CONTEXT,
        f'    deprecated={{"list_claims": "{today}/{end}", "ClaimRejected.1": "{end}"}},\n',
        after="subscribers=",
    )
    journey.context("contracts", "openapi")
    journey.done(
        "an end of a query",
        '''
def test_callers_of_the_query_see_its_end(running: Running) -> None:
    """Other routes have no such headers."""
    from bounded_context_local.running.context import api_owner

    caller = api_owner(running.deployed)
    answer = caller.send("GET", "/claims?status=REJECTED")
    assert (answer.status, answer.headers["deprecation"][:1], answer.headers["sunset"][-3:]) == (200, "@", "GMT")
    [claim] = running.rows(1)
    assert "sunset" not in caller.send("GET", f"/claims/{claim['claim_id']}").headers
''',
    )
