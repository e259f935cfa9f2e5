"""*Try it*: does this visit meet the definition, and if not, where does it stop?

What is pasted (addresses in order, a user agent, events as JSON) becomes a visit; the service explains it where it offers
to, else the matcher here does. Both ways answer in the shape of `explain` (journeyadmin/service/local.py).
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ua_parser
from django.utils.translation import gettext as _

from journeyadmin.contract.criteria import CONTEXT_KEYS
from journeyadmin.contract.matching import ContextMatch, CriterionMatch, JourneyMatch, match_segment

Json = dict[str, Any]
MOST_EVENTS = 200

_UTM = {"source": "source", "medium": "medium", "campaign": "name", "term": "term", "content": "content"}
_CLICKS = (("gclid", "google"), ("msclkid", "microsoft"), ("fbclid", "facebook"))
_PHONES = ("iPhone", "Windows Phone", "BlackBerry")


class NotRead(ValueError):
    """Why what was pasted is no visit."""


def web_events(addresses: str, agent: str, events: str) -> list[Json]:
    """The pasted visit as web events of the API (`WebEventRequest`), in order: addresses first. Raises NotRead."""
    found: list[Json] = []
    for line in addresses.splitlines():
        address = line.strip()
        if not address:
            continue
        try:
            parts = urlsplit(address)
        except ValueError:
            raise NotRead(
                _("“%s” is no address; it begins with https:// or with /.") % address[:200]
            ) from None
        if not parts.netloc and not parts.path.startswith("/"):
            raise NotRead(_("“%s” is no address; it begins with https:// or with /.") % address[:200])
        url = address if parts.netloc else f"https://site.example{address}"
        found.append({"eventName": "page_viewed", "page": {"url": url, "title": ""}})
    found += _pasted(events)
    if not found and agent.strip():
        found.append({"eventName": "visit_started"})
    if not found:
        raise NotRead(_("Paste an address, a user agent or an event first."))
    if len(found) > MOST_EVENTS:
        raise NotRead(_("At most %d events at once.") % MOST_EVENTS)
    if agent.strip():
        found = [{**event, "userAgentString": agent.strip()} for event in found]
    return found


def _pasted(text: str) -> list[Json]:
    """One event, a list of them, or one a line."""
    text = text.strip()
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise NotRead(_("The event is no JSON: %s.") % reason) from None
    except RecursionError:
        raise NotRead(_("This is nested too deeply.")) from None
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise NotRead(_("An event is an object: it begins with “{”."))
    return rows


def explain(definition: Mapping[str, Any], events: list[Json]) -> Json:
    """As the service's `explain`, worked out here: values are derived by the rules of docs/api/journey-api.md §11.1."""
    session = _session(events[0])
    visited = [_event(event) for event in events]
    session["authenticated"] = any(event.get("authenticated") is True for event in events)
    found = match_segment(definition, session, visited)
    context = [_context(number, row, definition) for number, row in enumerate(found.context)]
    journey = [_journey(number, row, definition) for number, row in enumerate(found.journey)]
    failed = next((row["path"] for row in [*context, *journey] if not row["matched"]), None)
    return {
        "matched": found.matched,
        "failed": failed,
        "session": None,
        "context": context,
        "journey": journey,
        "events": visited,
        "values": {key: value for key, value in session.items() if value not in (None, "")},
    }


def _context(number: int, match: ContextMatch, definition: Mapping[str, Any]) -> Json:
    path = f"context.patterns[{number}]"
    rows = definition["context"]["patterns"][number]["criteria"]
    return {"path": path, "matched": match.matched, "criteria": _criteria(path, match.criteria, rows)}


def _journey(number: int, match: JourneyMatch, definition: Mapping[str, Any]) -> Json:
    path = f"journey.patterns[{number}]"
    rows = definition["journey"]["patterns"][number]["criteria"]
    return {
        "path": path,
        "needed": match.needed,
        "reached": len(match.events),
        "matched": match.completed_by is not None,
        "events": list(match.events),
        "completedBy": match.completed_by,
        "criteria": _criteria(path, match.criteria, rows),
    }


def _criteria(path: str, matches: tuple[CriterionMatch, ...], rows: list[Json]) -> list[Json]:
    return [
        {
            "path": f"{path}.criteria[{index}]",
            "key": match.key,
            "operator": rows[index].get("operator"),
            "values": rows[index].get("values"),
            "outcome": match.outcome,
            "seen": match.seen,
            "holds": match.holds,
        }
        for index, match in enumerate(matches)
    ]


def _session(event: Json) -> Json:
    """The context keys as the first event tells them."""
    values: Json = {key: event.get(key) for key in CONTEXT_KEYS if key in event}
    agent = event.get("userAgentString")
    if agent:
        values |= _agent(str(agent))
    for part, names in (
        ("device", ("category", "type", "osFamily")),
        ("browser", ("family", "version", "lang")),
    ):
        given = event.get(part)
        if isinstance(given, dict):
            values |= {f"{part}.{name}": given[name] for name in names if given.get(name)}
    query = parse_qs(urlsplit(_url(event)).query)
    for parameter, name in _UTM.items():
        if query.get(f"utm_{parameter}"):
            values[f"mktCampaign.{name}"] = query[f"utm_{parameter}"][0]
    for parameter, network in _CLICKS:
        if query.get(parameter):
            values |= {"mktCampaign.clickId": query[parameter][0], "mktCampaign.network": network}
            break
    referrer = event.get("referrerUrl")
    if referrer:
        values |= {"referrer.url": referrer, "referrer.hostname": urlsplit(str(referrer)).hostname or ""}
    return values


def _agent(text: str) -> Json:
    found = ua_parser.parse(text)
    browser, system, device = found.user_agent, found.os, found.device
    family = browser.family if browser else ""
    os_family = system.family if system else ""
    tablet = "iPad" in text or "Tablet" in text or ("Android" in text and "Mobile" not in text)
    mobile = "Mobile" in text or os_family in ("iOS", "Android") or any(name in text for name in _PHONES)
    numbers = (browser.major, browser.minor, browser.patch) if browser else ()
    return {
        "browser.family": family,
        "browser.version": ".".join(number for number in numbers if number),
        "device.osFamily": {"Mac OS X": "Mac OS", "Windows": "Windows NT"}.get(os_family, os_family),
        "device.type": device.brand if device else "",
        "device.category": "tablet"
        if tablet
        else "mobile"
        if mobile
        else "desktop"
        if os_family
        else "other",
    }


def _event(event: Json) -> Json:
    """One event with its journey keys."""
    values: Json = {
        "eventName": event.get("eventName") or "page_viewed",
        "streamType": event.get("streamType") or "Web",
    }
    values |= {
        key: value for key, value in event.items() if "." in key or key in ("searchQuery", "screenName")
    }
    url = _url(event)
    if url:
        parts = urlsplit(url)
        host = parts.hostname or ""
        values |= {
            "page.url": url,
            "page.hostname": host,
            "page.domain": ".".join(host.split(".")[-2:]),
            "page.pathname": parts.path or "/",
            "page.queryString": parts.query or None,
            "page.fragment": parts.fragment or None,
        }
    page = event.get("page")
    if isinstance(page, dict):
        values |= {f"page.{name}": page[name] for name in ("title", "keywords") if page.get(name)}
    attributes = event.get("attributes")
    if isinstance(attributes, dict):
        values["attributes"] = {
            name: value.get("value") if isinstance(value, dict) else value
            for name, value in attributes.items()
        }
    return values


def _url(event: Json) -> str:
    page = event.get("page")
    return str(page.get("url") or "") if isinstance(page, dict) else str(event.get("page.url") or "")
