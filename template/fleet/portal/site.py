"""The static site of a portal: an overview, and a page for each context, without scripts and external resources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, Final

from ...alone import alone
from ..consumption import remaining
from ..members import Member
from ..picture import picture
from ..releases import table as releases_table
from .catalog import described
from .service import Event, Service

INDEX: Final = "index.html"
_RUNBOOK: Final = " Runbook: "
_COSTS: Final = {
    "idle_month": "A month without traffic",
    "per_million": "A million rows",
    "storage_month": "Their storage, a month",
}


def site(fleet: Sequence[Member], contexts: Sequence[Service]) -> dict[str, str]:
    """Return the pages of a fleet, by their paths."""
    pages = {INDEX: _page("Contexts of the platform", _overview(fleet, contexts))}
    pages |= {_path(service, ".api"): page for service in contexts if (page := _api(service))}
    known = {service.member.name: f"{service.name}.html" for service in contexts}
    pages |= {_path(each): _page(each.title, _service(each, known, _path(each, ".api") in pages)) for each in contexts}
    return pages


def _page(title: str, body: Iterable[str]) -> str:
    return alone("cli", "views.pages").page(title, [part for part in body if part])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return alone("cli", "views.pages").table(head, rows)


def _section(name: str, title: str, *parts: str) -> Iterator[str]:
    """Yield a section, or nothing if all of its parts are empty."""
    if any(parts):
        yield from (f'<h2 id="{name}">{title}</h2>', *parts)


def _path(service: Service, end: str = "") -> str:
    return f"services/{service.name}{end}.html"


def _api(service: Service) -> str:
    """Return the page of the HTTP API; an empty text without an API, or if its document has another form."""
    try:
        return alone("cli", "views.pages.api").api_page(service.api, document=f"../{described(service)}")
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return ""


def _overview(fleet: Sequence[Member], contexts: Sequence[Service]) -> Iterator[str]:
    yield f"<p>{len(contexts)} contexts. {date.today().isoformat()}.</p>"
    label = 'aria-label="Publishers and consumers"'
    yield from _section(
        "picture",
        "Publishers and consumers",
        f'<div class="wide" tabindex="0" role="region" {label}>{picture(fleet)}</div>',
    )
    for domain in sorted({service.domain for service in contexts}):
        rows = (_row(service) for service in contexts if service.domain == domain)
        yield from _section(
            f"domain-{escape(domain)}",
            f"Domain {escape(domain)}",
            _table(("context", "purpose", "owner", "aggregate"), rows),
        )
    yield from _section(
        "events", "Published events", _table(("event", "context", "version", "consumers"), _all(contexts))
    )
    sentences = "".join(f"<li>{escape(event.sentence)}</li>" for event in remaining(fleet))
    yield from _section("deprecated", "Deprecated events", f"<ul>{sentences}</ul>" if sentences else "")


def _row(service: Service) -> Sequence[str]:
    link = f'<a href="{_path(service)}">{escape(service.title)}</a>'
    return link, escape(service.summary), _owner(service), escape(str(service.aggregate.get("name", "?")))


def _owner(service: Service) -> str:
    return escape(service.member.owner) or "unknown"


def _all(contexts: Sequence[Service]) -> Iterator[Sequence[str]]:
    for service in contexts:
        for event in service.events:
            if event.is_published:
                link = f'<a href="{_path(service)}#{_anchor(event)}">{escape(event.type)}</a>'
                consumers = ", ".join(map(escape, _consumers(service, event))) or "none"
                yield link, escape(service.title), f"{escape(event.version)}{_mark(event)}", consumers


def _consumers(service: Service, event: Event) -> list[str]:
    """Return the consumers of an event's major version: contexts and subscribers."""
    return [*service.consumers.get(event.label, {}), *service.subscribers.get(event.label, ())]


def _anchor(event: Event) -> str:
    return f"{event.type}-{event.version}"


def _mark(event: Event) -> str:
    return f", deprecated until {escape(event.until)}" if event.until else ""


Known = Mapping[str, str]
"""The pages of the contexts of the fleet, by the contexts' names."""


def _service(service: Service, known: Known, has_api: bool) -> Iterator[str]:
    yield f'<nav aria-label="Portal"><a href="../{INDEX}">All contexts</a></nav>'
    yield f"<p>{escape(service.summary)}</p>"
    api = f'<a href="{service.name}.api.html">Operations and requests</a>' if has_api else "none"
    about = {"owner": _owner(service), "domain": escape(service.domain), "version": escape(service.version)}
    yield alone("cli", "views.pages").facts({**about, "HTTP API": api})
    for sentence in service.member.errors:
        yield f"<p>Unknown: {escape(sentence)}</p>"
    aggregate, statuses = service.aggregate, service.aggregate.get("statuses", ())
    yield from _section(
        "aggregate",
        f"Aggregate {escape(str(aggregate.get('name', '')))}",
        f"<p>{escape(str(aggregate.get('summary', '')))}</p>" if aggregate else "",
        _table(
            ("status", "set by", "event", "commands that start from it"), (_status(service, each) for each in statuses)
        ),
    )
    yield from _section(
        "commands",
        "Commands and queries",
        _table(("command", "purpose", "route", "event"), map(_command, service.facts("commands"))),
        _table(("query", "route"), ((_code(each["name"]), _route(each)) for each in service.facts("queries"))),
    )
    yield from _section(
        "events", "Events", *(part for event in service.events for part in _event(service, event, known))
    )
    yield from _section("consumes", "Events that it consumes", _consumes(service, known), _reactions(service))
    yield from _section("deployments", "Deployments", _stacks(service.member))
    yield from _section("releases", "Releases", releases_table([service.member], 1))
    yield from _section("cost", "Cost of production", _cost(service.facts("cost")))
    alarms = service.facts("alarms")
    rows = (_alarm(name, text) for name, text in sorted(alarms.items())) if alarms else ()
    yield from _section("runbook", "Runbook", _table(("alarm", "meaning", "section"), rows))


def _status(service: Service, status: str) -> Sequence[str]:
    commands = service.facts("commands")
    setting = [command for command in commands if command["status"] == status]
    starting = (_code(command["name"]) for command in commands if status in command["after"])
    named = (", ".join(_code(command[name]) for command in setting) for name in ("name", "event"))
    return (_code(status), *named, ", ".join(starting))


def _code(text: Any) -> str:  # noqa: ANN401 (JSON)
    return f"<code>{escape(str(text))}</code>"


def _route(described: Mapping[str, Any]) -> str:
    return _code(described["route"]) if described["route"] else ""


def _command(command: Mapping[str, Any]) -> Sequence[str]:
    return _code(command["name"]), escape(command["summary"]), _route(command), _code(command["event"])


def _event(service: Service, event: Event, known: Known) -> Iterator[str]:
    state = "" if event.is_published else ", no longer published"
    yield f'<h3 id="{_anchor(event)}">{escape(event.type)} {escape(event.version)}{_mark(event)}{state}</h3>'
    yield f"<p>{escape(str(event.schema.get('description', '')))}</p>"
    if event.is_published:
        contexts = (
            f"{_link(name, known)} ({escape(', '.join(stacks))})"
            for name, stacks in service.consumers.get(event.label, {}).items()
        )
        consumers = ", ".join((*contexts, *map(escape, service.subscribers.get(event.label, ()))))
        yield f"<p>Consumers: {consumers or 'none'}.</p>"
    required = event.schema.get("required", ())
    fields = (event.schema.get("properties") or {}).items()
    rows = ((_code(name), _described(schema), "yes" if name in required else "no") for name, schema in fields)
    yield _table(("field", "meaning", "required"), rows)
    if event.sample is not None:
        yield alone("cli", "views.pages").preformatted(json.dumps(event.sample, indent=2, ensure_ascii=False), "sample")


def _described(schema: Any) -> str:  # noqa: ANN401 (JSON)
    return escape(str(schema.get("description", ""))) if isinstance(schema, dict) else ""


def _link(name: str, known: Known) -> str:
    return f'<a href="{known[name]}">{escape(name)}</a>' if name in known else escape(name)


def _consumes(service: Service, known: Known) -> str:
    rows = (
        (_code(label), _link(publisher, known), escape(", ".join(stacks)))
        for (publisher, label), stacks in service.consumes.items()
    )
    return _table(("event", "published by", "stacks"), rows)


def _reactions(service: Service) -> str:
    rows = (
        (_code(each["event"]), escape(each["source"]), _code(each["rule"]), ", ".join(map(_code, each["leads_to"])))
        for each in service.member.reactions
    )
    return _table(("reaction to", "of", "rule", "may lead to"), rows)


def _stacks(member: Member) -> str:
    rows = ((escape(stack.name), escape(stack.region), escape(stack.account or "unknown")) for stack in member.stacks)
    return _table(("stack", "region", "account"), rows)


def _cost(costs: Mapping[str, float]) -> str:
    rows = ((title, f"{costs[part]:,.2f} USD") for part, title in _COSTS.items() if part in costs)
    return _table(("part", "by list prices"), rows)


def _alarm(name: str, text: str) -> Sequence[str]:
    meaning, _, section = text.partition(_RUNBOOK)
    return escape(name), escape(meaning), _code(section) if section else ""
