"""The WSGI entry point of the dashboard: `gunicorn journeyadmin.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "journeyadmin.settings")
application = get_wsgi_application()
