"""The marketing campaign in a page's address (contract §11.1). Pure and total.

From utm_source, utm_medium, utm_campaign, utm_term and utm_content, in their own case; `%20` and `+` are written as a space,
a hyphen stays. Click ids name their network: gclid google, msclkid microsoft, fbclid facebook. A parameter that comes twice
counts the first time, an empty one not at all.
"""

from urllib.parse import parse_qsl

from journeyserver.ingest.pages import split

COLUMNS = (
    "mkt_campaign_source",
    "mkt_campaign_medium",
    "mkt_campaign_name",
    "mkt_campaign_term",
    "mkt_campaign_content",
    "mkt_campaign_click_id",
    "mkt_campaign_network",
)
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_NETWORKS = {"gclid": "google", "msclkid": "microsoft", "fbclid": "facebook"}
# Feeds carry addresses that were escaped for HTML once too often.
_ESCAPED = "&amp;"


def parts(page_url: str) -> tuple[str | None, ...]:
    """A value for each of COLUMNS; all None where the address names no campaign."""
    query = split(page_url).query
    if not any(word in query for word in ("utm_", *_NETWORKS)):
        return (None,) * len(COLUMNS)
    found = parameters(query)
    click = next((name for name in _NETWORKS if found.get(name)), None)
    return (
        *(found.get(name) or None for name in _UTM),
        found[click] if click else None,
        _NETWORKS[click] if click else None,
    )


def parameters(query: str) -> dict[str, str]:
    """The parameters of a query string, decoded and stripped; of several with one name the first that is not empty."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query.replace(_ESCAPED, "&")):
        if value.strip():
            found.setdefault(name, value.strip())
    return found
