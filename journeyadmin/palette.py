"""The command palette: every place, page, action and named thing that one can go to, as one list.

An app adds its own by a module `palette.py` with `entries(request) -> Iterable[Entry]`, named in settings.PALETTE_SOURCES.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from journeyadmin.frame import PLACES
from journeyadmin.http import JourneyRequest
from journeyadmin.operations import tabs
from journeyadmin.service import JourneyError

log = logging.getLogger("journeyadmin.palette")


@dataclass(frozen=True)
class Entry:
    """Where one can go: `detail` says more in grey and is searched too; `colour` draws a segment's swatch."""

    group: str
    label: str
    path: str
    icon: str = ""
    detail: str = ""
    colour: str = ""


def entries(request: JourneyRequest) -> tuple[list[Entry], list[JourneyError]]:
    """All entries, and what kept sources from being read, each kind once: the rest is still worth having."""
    found = [Entry(_("Places"), _(place.label), place.path, place.icon) for place in PLACES]
    pages = [
        ("files:page", _("Files: export and import"), "file-down"),
        ("files:compare", _("Compare connections"), "git-compare"),
        ("history:bin", _("Bin of deleted segments"), "trash-2"),
        ("monitoring:service", _("Service calls"), "activity"),
        ("accounts:permissions", _("Permissions"), "key-round"),
        ("keyboard", _("Keyboard"), "keyboard"),
    ]
    if request.user.is_admin:
        pages.append(("accounts:connections", _("Connections"), "plug"))
    pages += [(tab.name, _(tab.label), "database") for tab in tabs.open_to(request)]
    found += [Entry(_("Pages"), label, reverse(name), icon) for name, label, icon in pages]
    problems: dict[str, JourneyError] = {}
    for source in settings.PALETTE_SOURCES:
        try:
            found += import_string(source)(request)
        except JourneyError as error:
            log.warning("%s: %s", source, error)
            problems.setdefault(error.user_message, error)
    return found, list(problems.values())


def matching(rows: Iterable[Entry], text: str) -> list[Entry]:
    """The entries that hold every word of the text, in their groups, those whose label begins with it first."""
    words = text.casefold().split()
    start = text.casefold().strip()
    kept = [row for row in rows if all(word in f"{row.label} {row.detail}".casefold() for word in words)]
    groups = list(dict.fromkeys(row.group for row in kept))
    return sorted(kept, key=lambda row: (groups.index(row.group), not row.label.casefold().startswith(start)))
