"""What the command palette offers of action targets: each by name."""

from urllib.parse import quote

from django.utils.translation import gettext as _

from journeyadmin.http import JourneyRequest
from journeyadmin.palette import Entry


def entries(request: JourneyRequest) -> list[Entry]:
    if not request.may("journey:actiontarget:view"):
        return []
    return [
        Entry(
            _("Action targets"),
            str(target.get("name") or target["id"]),
            f"/action-targets/#{quote(target['id'])}",
            "target",
        )
        for target in request.journey.list_action_targets()
    ]
