"""How long ago something was, in words that static/js/age.js counts on."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def ago(moment: datetime, now: datetime) -> str:
    """`12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`. In every language with the signs s, min and h: the script writes them."""
    seconds = max(0, round((now - moment).total_seconds()))
    if seconds < 90:
        return _("%d s ago") % seconds
    if seconds < 90 * 60:
        return _("%d min ago") % round(seconds / 60)
    if seconds < 36 * 3600:
        return _("%d h ago") % round(seconds / 3600)
    count = round(seconds / 86400)
    return ngettext("%d day ago", "%d days ago", count) % count
