"""The WSGI entry point of the dashboard: `gunicorn journeyadmin.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "journeyadmin.settings")
application = get_wsgi_application()

# After the settings are there: the library reads from them where workers count.
from django.conf import settings  # noqa: E402

from journeyadmin.monitoring.metrics import forget_dead_processes  # noqa: E402

forget_dead_processes(settings.DATA_DIR / "metrics")
