"""Template tags of the whole dashboard: icons, swatches, bars and query strings. Builtins: no `{% load %}` needed."""

import re
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import defaultfilters
from django.template.context import Context
from django.template.defaultfilters import stringfilter
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from journeyadmin import ages, clocks, digits, direction
from journeyadmin.accounts import capabilities
from journeyadmin.accounts.middleware import UNASKED
from journeyadmin.middleware import error_words
from journeyadmin.operations import tabs
from journeyadmin.service import JourneyError

register = template.Library()

_BETWEEN_BACKTICKS = re.compile(r"`([^`]+)`")
HEX_COLOUR = re.compile(r"^#[0-9a-fA-F]{6}$")


@lru_cache(maxsize=512)
def _strokes(name: str) -> str:
    """What is inside the <svg> of a lucide icon."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"not an icon name: {name!r}")
    text = Path(settings.NODE_MODULES, "lucide-static", "icons", f"{name}.svg").read_text()
    return " ".join(re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", text, flags=re.DOTALL).split())


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", size: int = 16) -> SafeString:
    """`{% icon "pencil" %}` draws an icon of lucide-static; give `label` only when no text stands beside it."""
    described = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        size,
        size,
        described,
        mark_safe(_strokes(name)),  # noqa: S308
    )


@register.simple_tag
def page_styles() -> SafeString:
    """The links to the styles of every page."""
    return format_html_join(
        "",
        '<link rel="stylesheet" href="{}">',
        [[url] for url in staticfiles_storage.page_styles()],  # type: ignore[attr-defined]
    )


@register.simple_tag
def swatch(colour: Any) -> SafeString:
    """A small square in a segment's or connection's own colour; as SVG, because the content policy forbids style attributes."""
    shown = colour if isinstance(colour, str) and HEX_COLOUR.match(colour) else "#868e96"
    return format_html(
        '<svg class="swatch" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect width="10" height="10" rx="3" fill="{}"/></svg>',
        shown,
    )


@register.simple_tag
def bar(share: Any, label: str = "") -> SafeString:
    """A thin horizontal bar for a share between 0 and 1; `label` says it in words for those who cannot see it."""
    try:
        width = max(0.0, min(1.0, float(share))) * 100
    except (TypeError, ValueError):
        width = 0.0
    described = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" {}><rect class="bar-track" width="100" '
        'height="4"/><rect class="bar-fill" width="{}" height="4"/></svg>',
        described,
        f"{width:.2f}",
    )


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """`?…` of the present address with some parameters changed; None removes one."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else "?"


@register.filter("date", expects_localtime=True, is_safe=False)
def date_by_clock(value: Any, pattern: str = "") -> str:
    """Django's own filter, with hours as the reader's clock has them; a builtin of ours stands in its place."""
    return str(defaultfilters.date(value, clocks.pattern(pattern) if pattern else None))


@register.filter
def ago(moment: datetime) -> str:
    """`12 s ago`; within `<time datetime=… data-age>` the page counts on (static/js/age.js)."""
    return ages.ago(moment, timezone.now())


register.filter("isolated", direction.isolated, is_safe=True)
register.filter("isolated_quotes", stringfilter(direction.isolated_quotes), is_safe=True)


@register.filter
def grouped(value: Any) -> str:
    """A whole number with thin spaces between thousands."""
    try:
        return digits.grouped(int(value))
    except (TypeError, ValueError):
        return str(value)


@register.filter
def coded(sentence: Any) -> SafeString:
    """A sentence of wording.py as HTML: an event's name, there between backticks, as code."""
    return mark_safe(_BETWEEN_BACKTICKS.sub(r"<code>\1</code>", escape(sentence)))  # noqa: S308 (escaped)


@register.simple_tag(takes_context=True)
def may(context: Context, permission: str) -> bool:
    """`{% may "journey:segment:edit" as can_edit %}`"""
    allowed = getattr(context["request"], "may", None)
    return bool(allowed and allowed(permission))


@register.simple_tag
def unasked() -> SafeString:
    """For an element that asks again by itself: its requests do not put off the end of an idle session."""
    return format_html("hx-headers='{{\"{}\": 1}}'", UNASKED)


@register.simple_tag(takes_context=True)
def operations_page(context: Context) -> tabs.Tab | None:
    """The first page of the embedded server's operation that the person may open, if there is one."""
    return next(iter(tabs.open_to(context["request"])), None)


@register.simple_tag(takes_context=True)
def offers(context: Context, extension: str) -> bool:
    """`{% offers "preview" as can_preview %}`: whether the connected service announced this extension."""
    return capabilities.offers(context["request"], extension)


@register.inclusion_tag("_error_ids.html", takes_context=True)
def error_ids(context: Context, error: JourneyError) -> dict[str, Any]:
    """`{% error_ids failed %}`: below a sentence that says what failed, the two ids that find it in the logs, to be copied.

    Several may stand on one page and more may be swapped in, so each has an id of its own.
    """
    _status, words = error_words(context["request"], error)
    return {"error_details": words["error_details"], "details_id": f"error-details-{secrets.token_hex(4)}"}


@register.inclusion_tag("_age.html", takes_context=True)
def age(context: Context, read: datetime, again: str = "", **more: Any) -> dict[str, Any]:
    """`{% age read again %}`: how old what was read is, and a button that leads to `again`, or to this page once more."""
    return {"read": read, "again": again or context["this_page"], "zone": context["zone"], **more}
