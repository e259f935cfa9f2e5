"""The WSGI entry point of the dashboard: `gunicorn journeyadmin.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "journeyadmin.settings")
application = get_wsgi_application()

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
