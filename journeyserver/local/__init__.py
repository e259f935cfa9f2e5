"""What this server offers beyond the nine operations, below /api/local/v1/, announced by `capabilities`.

preview, explain, suggest, overlap   what an unsaved definition would match, and why
curve, live                          how fast offers are answered; what happens now
watch                                one segment now: who matches, who nearly does
data, erase, retention               what is stored, and its removal
uploads (import)                     files that a browser brings
account                              a page, not below /api/: journeyserver/api/account.py
faults                               failures on purpose, for rehearsals and tests
description                          the OpenAPI description and its page
Described for callers in docs/local-api.md.
"""

from django.conf import settings

from journeyadmin.contract.local import EXTENSIONS


def extensions() -> list[str]:
    """The extensions that this server announces."""
    return [name for name in EXTENSIONS if name != "faults" or settings.FAULTS]
