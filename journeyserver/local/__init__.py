"""What this server offers beyond the nine operations, below /api/local/v1/, announced by `capabilities`.

preview, explain, suggest, overlap   what an unsaved definition would match, and why
curve, live                          how fast offers are answered; what happens now
data, erase, retention               what is stored, and its removal
faults                               failures on purpose, for rehearsals and tests
description                          the OpenAPI description and its page
Described for callers in docs/local-api.md.
"""

from django.conf import settings

from journeyadmin.contract.local import EXTENSIONS

_STANDING = ("preview", "explain", "suggest", "overlap", "curve", "live", "data", "erase", "faults")


def extensions() -> list[str]:
    """The extensions that this server announces."""
    return [name for name in EXTENSIONS if name in _STANDING and (name != "faults" or settings.FAULTS)]
