"""Events that someone pasted, put through the same derivation as events that arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from journeyserver.api import reports
from journeyserver.engine.columns import CONTEXT_COLUMNS, JOURNEY_COLUMNS
from journeyserver.errors import InvalidFields, Problem
from journeyserver.ingest import campaigns, pages, referrers

Row = dict[str, Any]

_NO_PAGE = {"url": "about:blank", "title": ""}


def derived(web_events: Sequence[object]) -> tuple[Row, list[Row]]:
    """The context and the events of a visit made of these web events, as the matcher reads them.

    Whatever is not told (customer, time, name, page) is filled in or left out. Raises InvalidFields.
    """
    problems: list[Problem] = []
    context: Row = {}
    events: list[Row] = []
    for number, body in enumerate(web_events):
        try:
            row = _row(body)
        except InvalidFields as error:
            problems += [
                Problem(f"webEvents[{number}].{problem.path}".rstrip("."), problem.code, problem.reason)
                for problem in error.problems
            ]
            continue
        if not events:
            context = _known(
                row, {key: name for key, name in CONTEXT_COLUMNS.items() if key != "authenticated"}
            )
        events.append({**_known(row, JOURNEY_COLUMNS), "streamType": "Web", "attributes": row["attributes"]})
    if problems:
        raise InvalidFields(problems)
    return {**context, "authenticated": False}, events


def _row(body: object) -> Row:
    """All columns of one event."""
    given = body if isinstance(body, dict) else {}
    page = given.get("page")
    has_page = isinstance(page, dict)
    now = datetime.now(UTC)
    filled = {
        "eventName": "page_viewed",
        **given,
        "customerCookieId": "00000000-0000-0000-0000-000000000000",
        "createdDate": now.isoformat(),
        "page": {**_NO_PAGE, **page} if isinstance(page, dict) else page or _NO_PAGE,
    }
    row, _ = reports.web_event(filled if isinstance(body, dict) else body, "", now.replace(tzinfo=None))
    row |= zip(campaigns.COLUMNS, campaigns.parts(row["page_url"]), strict=True)
    row |= zip(pages.COLUMNS, pages.parts(row["page_url"]), strict=True)
    medium, network = row["mkt_campaign_medium"] or "", row["mkt_campaign_network"] or ""
    if row["referrer_url"]:
        found = referrers.parts(row["referrer_url"], row["page_hostname"] or "", medium, network)
        row |= zip(referrers.COLUMNS, found, strict=True)
    if not has_page:
        row |= dict.fromkeys(("page_url", "page_title", *pages.COLUMNS))
    if not given.get("userAgentString") and not given.get("device"):
        row |= dict.fromkeys(("device_category", "device_type", "device_os_family"))
    if not given.get("userAgentString") and not given.get("browser"):
        row |= dict.fromkeys(("browser_family", "browser_version"))
    return row


def _known(row: Row, columns: Any) -> Row:
    return {key: row[column] for key, column in columns.items() if row.get(column)}
