"""Reports of web sites: JSON body → row for the ingest, and what a web event is answered with.

Source: docs/api/journey-api.md §11.1, §11.3 and §11.5; what goes beyond it: docs/decisions/0017.
"""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from journeyadmin.contract.criteria import ATTRIBUTE_KEY
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.lifecycle import (
    ACTION_MEDIA_TYPES,
    BLOCKING_REASONS,
    FREQUENCY_CAP_REASONS,
    STATES,
)
from journeyadmin.contract.names import column_name
from journeyserver.errors import InvalidFields
from journeyserver.fields import Fields
from journeyserver.ingest import agents, campaigns, pages, referrers
from journeyserver.ingest.taken import VisitThen
from journeyserver.serializers import timestamp

Row = dict[str, Any]

OLDEST = timedelta(hours=1)
AHEAD = timedelta(minutes=5)
_MOST_ATTRIBUTES = 50
_TEXT = 2048
_ADDRESS = 8192
_EVENT_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_DATA_TYPES = ("string", "number", "integer", "boolean")
_CATEGORIES = ("desktop", "mobile", "tablet", "other")


def web_event(body: object, user_agent: str, now: datetime) -> tuple[Row, Row]:
    """The row of a web event, and the parts of its answer that do not depend on its visit. Raises InvalidFields."""
    fields = Fields(body)
    customer = _uuid(fields, "customerCookieId", required=True)
    name = fields.text("eventName", least=1, most=255, required=True)
    if name is not None and not _EVENT_NAME.fullmatch(name):
        fields.note("eventName", "invalid.format", "must be of letters, digits and underscores.")
    page = _page(fields)
    ts = _moment(fields, now, required=True)
    agent_text = fields.text("userAgentString", most=_TEXT) or user_agent[:_TEXT]
    found = agents.agent(agent_text)
    browser = _browser(fields) or {"family": found.browser_family, "version": found.browser_version}
    device = _device(fields) or {
        "category": found.device_category,
        "type": found.device_type,
        "osFamily": found.os_family,
        "osVersion": found.os_version,
        "isMobile": found.is_mobile,
    }
    attributes, traits = _attributes(fields, "attributes"), _attributes(fields, "traits")
    query = fields.text("searchQuery", most=_TEXT)
    referrer = fields.text("referrerUrl", most=_ADDRESS)
    external = fields.text("externalId", most=_TEXT)
    # Looked at and forgotten: no raw address is kept.
    fields.text("ipAddress", most=64)
    if fields.problems:
        raise InvalidFields(fields.problems)
    campaign = dict(zip(campaigns.COLUMNS, campaigns.parts(page["url"]), strict=True))
    row: Row = {
        "ts": ts,
        "stream": "Web",
        "customer_id": customer,
        "customer_id_type": "cookie",
        "event_name": name,
        "page_url": page["url"],
        "page_title": page["title"],
        "page_keywords": page.get("keywords"),
        "search_query": query,
        "device_category": device["category"],
        "device_type": device["type"],
        "device_os_family": device["osFamily"],
        "browser_family": browser["family"],
        "browser_version": browser["version"],
        "browser_lang": browser.get("lang"),
        "referrer_url": referrer,
        "external_id": external,
        "attributes": {key: value["value"] for key, value in attributes.items()},
        "attribute_types": {key: value["dataType"] for key, value in attributes.items()},
        "traits": {key: value["value"] for key, value in traits.items()},
        "trait_types": {key: value["dataType"] for key, value in traits.items()},
    }
    shown: Row = {
        "customerId": customer,
        "customerIdType": "cookie",
        "eventName": name,
        "page": _shown_page(page),
        "userAgentString": agent_text,
        "browser": browser,
        "device": device,
        "attributes": attributes,
        "traits": traits,
        "authenticated": False,
        "createdDate": timestamp(ts.replace(tzinfo=UTC)) if ts else None,
        "searchQuery": query,
        "externalId": external,
        "mktCampaign": _shown_campaign(campaign),
        "referrer": _shown_referrer(referrer, page["url"], campaign),
    }
    return row, {key: value for key, value in shown.items() if value is not None}


def answer(shown: Row, visit: VisitThen) -> Row:
    """The WebEventResponse: the event with its visit as the event left it."""
    referrer = None
    if visit.referrer_url and visit.referrer_medium:
        referrer = _referrer(visit.referrer_url, visit.referrer_medium, visit.referrer_keywords)
    session = {
        "id": str(visit.session_id),
        "selfUri": f"/api/v2/journey/sessions/{visit.session_id}",
        "durationInSeconds": int((visit.latest - visit.started).total_seconds()),
        "eventCount": visit.event_count,
        "pageviewCount": visit.pageview_count,
        "createdDate": timestamp(visit.started.replace(tzinfo=UTC)),
        **({"referrer": referrer} if referrer else {}),
    }
    return {**shown, "session": session}


# The rest of an action report's fields: dimensions without their common beginning, `journeyActionMapId` → `actionMapId`.
_ABOUT_ACTION = ("ActionMapId", "ActionMapVersion", "ActionMediaType", "ActionTargetId", "ActionTemplateId")
_ABOUT_BLOCK = ("BlockingActionMapId", "BlockingScheduleGroupId", "BlockingEmergencyScheduleGroupId")
_CONDITIONS = tuple(name for name in DIMENSIONS if name.endswith("Condition"))
_TOUCHPOINT = tuple(name for name in DIMENSIONS if name.startswith("touchpoint"))


def action_event(body: object, now: datetime) -> Row:
    """The row of an action report: the contract's five fields, and what says which action it is. Raises InvalidFields."""
    fields = Fields(body)
    row = {
        "journey_session_id": _uuid(fields, "sessionId", required=True),
        "journey_action_id": _uuid(fields, "actionId", required=True),
        "action_state": fields.choice("actionState", tuple(STATES), required=True),
        "error_code": fields.text("errorCode", most=_TEXT),
        "error_message": fields.text("errorMessage", most=_TEXT),
        "ts": _moment(fields, now),
        "journey_frequency_cap_reason": fields.choice("frequencyCapReason", FREQUENCY_CAP_REASONS),
        **_about_action(fields),
    }
    return _row(fields, row)


def blocked_event(body: object, now: datetime) -> Row:
    """The row of an offer that was held back. Raises InvalidFields."""
    fields = Fields(body)
    row = {
        **_whose(fields),
        "journey_action_id": _uuid(fields, "actionId", required=True),
        "journey_blocking_reason": fields.choice("blockingReason", BLOCKING_REASONS, required=True),
        "ts": _moment(fields, now),
        "journey_frequency_cap_reason": fields.choice("frequencyCapReason", FREQUENCY_CAP_REASONS),
        **_about_action(fields),
        **{_column(name): _uuid(fields, _field(name)) for name in _ABOUT_BLOCK},
        **{column_name(name): _texts(fields, name) for name in _CONDITIONS},
    }
    return _row(fields, row)


def outcome_event(body: object, now: datetime) -> Row:
    """The row of an outcome achieved, or attributed to a touchpoint. Raises InvalidFields."""
    fields = Fields(body)
    row = {
        **_whose(fields),
        "journey_outcome_id": _uuid(fields, "outcomeId", required=True),
        "outcome": fields.choice("outcome", ("achieved", "attributed")),
        "value": fields.number("value", -1e15, 1e15),
        "ts": _moment(fields, now),
        **{
            column_name(name): (
                _uuid(fields, name) if DIMENSIONS[name].kind == "uuid" else fields.text(name, most=256)
            )
            for name in _TOUCHPOINT
        },
    }
    return _row(fields, row)


def _row(fields: Fields, row: Row) -> Row:
    if fields.problems:
        raise InvalidFields(fields.problems)
    return row


def _whose(fields: Fields) -> Row:
    session, customer = _uuid(fields, "sessionId"), _uuid(fields, "customerCookieId")
    if fields.values.get("sessionId") is None and fields.values.get("customerCookieId") is None:
        fields.note("sessionId", "missing.required", "is required, or customerCookieId.")
    return {"journey_session_id": session, "customer_id": customer}


def _about_action(fields: Fields) -> Row:
    found: Row = {}
    for name in _ABOUT_ACTION:
        field = _field(name)
        if name == "ActionMediaType":
            found[_column(name)] = fields.choice(field, ACTION_MEDIA_TYPES)
        elif name == "ActionMapVersion":
            found[_column(name)] = fields.integer(field, 0, 2**53)
        else:
            found[_column(name)] = _uuid(fields, field)
    return found


def _field(name: str) -> str:
    return name[0].lower() + name[1:]


def _column(name: str) -> str:
    return column_name(f"journey{name}")


def _texts(fields: Fields, name: str) -> list[str] | None:
    value = fields.values.get(name)
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) > 100
        or not all(isinstance(text, str) and len(text) <= _TEXT and "\0" not in text for text in value)
    ):
        fields.note(
            name, "invalid.type", f"must be a list of at most 100 texts of at most {_TEXT} characters."
        )
        return None
    return value


def _uuid(fields: Fields, name: str, *, required: bool = False) -> str | None:
    text = fields.text(name, most=64, required=required)
    if text is None:
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError:
        fields.note(name, "invalid.format", "must be a UUID.")
        return None


def _moment(fields: Fields, now: datetime, *, required: bool = False) -> datetime | None:
    """`createdDate` as UTC without zone; `now` (UTC without zone) where it is absent and may be."""
    text = fields.text("createdDate", most=64, required=required)
    if text is None:
        return now if fields.values.get("createdDate") is None and not required else None
    if not _DATE_TIME.fullmatch(text):
        fields.note(
            "createdDate",
            "invalid.format",
            "must be a date and time with an offset, such as 2024-05-02T09:29:58.000Z.",
        )
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(",", ".")).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        fields.note("createdDate", "invalid.format", "is no date that there is.")
        return None
    if moment < now - OLDEST:
        fields.note("createdDate", "out.of.range", "is more than one hour ago.")
    elif moment > now + AHEAD:
        fields.note("createdDate", "out.of.range", "is more than five minutes ahead.")
    return moment


def _page(fields: Fields) -> Row:
    if fields.values.get("page") is None:
        fields.note("page", "missing.required", "is required.")
        return {"url": "", "title": ""}
    page = fields.child("page") or Fields({})
    shown = {
        "url": page.text("url", least=1, most=_ADDRESS, required=True) or "",
        "title": page.text("title", most=_TEXT, required=True) or "",
        "keywords": page.text("keywords", most=_TEXT),
        "lang": page.text("lang", most=64),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _shown_page(page: Row) -> Row:
    hostname, domain, pathname, query, fragment = pages.parts(page["url"])
    parts = {"domain": domain or "", "hostname": hostname or "", "pathname": pathname or ""}
    more = {"fragment": fragment, "queryString": query}
    return {**page, **parts, **{key: value for key, value in more.items() if value}}


def _browser(fields: Fields) -> Row | None:
    browser = fields.child("browser")
    if browser is None:
        return None
    shown = {
        "family": browser.text("family", most=256, required=True),
        "version": browser.text("version", most=256, required=True),
        "lang": browser.text("lang", most=64),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _device(fields: Fields) -> Row | None:
    device = fields.child("device")
    if device is None:
        return None
    shown = {
        "category": device.choice("category", _CATEGORIES, required=True),
        "type": device.text("type", most=256, required=True),
        "osFamily": device.text("osFamily", most=256, required=True),
        "osVersion": device.text("osVersion", most=256, required=True),
        "isMobile": device.flag("isMobile"),
        **{
            name: device.integer(name, 0, 1_000_000)
            for name in ("screenHeight", "screenWidth", "screenDensity")
        },
        "manufacturer": device.text("manufacturer", most=256),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _attributes(fields: Fields, name: str) -> dict[str, dict[str, str]]:
    found = fields.child(name)
    if found is None:
        return {}
    if len(found.values) > _MOST_ATTRIBUTES:
        fields.note(
            name, "invalid.length", f"must have at most {_MOST_ATTRIBUTES} entries, not {len(found.values)}."
        )
        return {}
    shown = {}
    for key in found.values:
        if not ATTRIBUTE_KEY.fullmatch(f"attributes.{key}.value"):
            found.note(
                key, "invalid.format", "is no name: letters, digits, _, - and . are, up to 256 of them."
            )
            continue
        attribute = found.child(key)
        if attribute is None:
            found.note(key, "invalid.type", "must be an object.")
            continue
        kind = attribute.choice("dataType", _DATA_TYPES, required=True)
        value = attribute.text("value", most=_TEXT, required=True)
        if kind is not None and value is not None:
            shown[key] = {"dataType": kind, "value": value}
    return shown


def _shown_campaign(campaign: Row) -> Row | None:
    names = ("source", "medium", "name", "term", "content", "clickId", "network")
    shown = {name: campaign[f"mkt_campaign_{column_name(name)}"] for name in names}
    return {name: value for name, value in shown.items() if value} or None


def _shown_referrer(url: str | None, page_url: str, campaign: Row) -> Row | None:
    if not url:
        return None
    host = pages.split(page_url).hostname
    found = referrers.referrer(
        url, host, campaign["mkt_campaign_medium"] or "", campaign["mkt_campaign_network"] or ""
    )
    if not found.hostname or not found.medium:
        return None
    shown = _referrer(url, found.medium, found.keywords)
    return {**shown, "name": found.name} if found.name else shown


def _referrer(url: str, medium: str, keywords: str | None) -> Row:
    address = pages.split(url)
    more = {"keywords": keywords, "queryString": address.query, "fragment": address.fragment}
    return {
        "url": url,
        "domain": address.domain,
        "hostname": address.hostname,
        "pathname": address.path,
        "medium": medium,
        **{name: value for name, value in more.items() if value},
    }
