"""An empty view of the Journey server's stack, and a way to serve it: what every request costs before it does anything."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from tests import programs

_SERVE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "journeyserver.settings"
import django
django.setup()
from django.conf import settings
settings.ROOT_URLCONF = "bench._empty"
from journeyserver import serve, store
store.prepare()
serve.run("127.0.0.1", 0)
"""


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [re_path("", empty)]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server that answers everything with nothing, behind the same middleware and threads."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        cwd=programs.ROOT,
        env=programs.environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = next(row for row in process.stdout if "ready on" in row)
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(40)
