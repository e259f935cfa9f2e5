"""The WSGI entry point of the dashboard: `gunicorn journeyadmin.wsgi`."""

import os
import re
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "journeyadmin.settings")
_django = get_wsgi_application()
# A charset, and any parameter that has one of its own.
_CHARSETS = re.compile(r";\s*(?:charset\b|[^;=]*\*)[^;]*", re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django, and each request in UTF-8, whatever charset it names: Django would read the address in that one before anything of
    ours could answer, and some are none for text."""
    if kind := environ.get("CONTENT_TYPE"):
        environ["CONTENT_TYPE"] = _CHARSETS.sub("", kind)
    return _django(environ, start_response)


# After the settings are there: the library reads from them where workers count.
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from journeyadmin.environment import SetupError, stop  # noqa: E402
from journeyadmin.monitoring import schema  # noqa: E402
from journeyadmin.monitoring.metrics import forget_dead_processes  # noqa: E402

forget_dead_processes(settings.DATA_DIR / "metrics")
try:
    _trouble = schema.trouble()
except DatabaseError:
    # It may come back: until then /readyz says so.
    _trouble = ""
finally:
    # Workers that are forked off this process open their own.
    connection.close()
if _trouble:
    stop(SetupError(_trouble))
