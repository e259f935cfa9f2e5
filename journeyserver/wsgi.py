"""The WSGI application that gunicorn serves."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_bytes_from_wsgi
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

os.environ["DJANGO_SETTINGS_MODULE"] = "journeyserver.settings"


class Request(WSGIRequest):
    """A request whose address is UTF-8, whatever charset its Content-Type names.

    Django would read the address in that charset before any middleware is there to answer, and some codecs are none for text.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            # A parameter in a charset that nobody knows: none of them is read, here or where a form is taken apart.
            meta["CONTENT_TYPE"] = meta["CONTENT_TYPE"].partition(";")[0].strip().lower()
            self.content_type, self.content_params = meta["CONTENT_TYPE"], {}
        if self.content_type == "application/x-www-form-urlencoded":
            # Django refuses such a form where it is not UTF-8.
            self._encoding = self.content_params.get("charset")

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]  # noqa: N802 — Django's own name
        return QueryDict(get_bytes_from_wsgi(self.environ, "QUERY_STRING", ""), encoding="utf-8")


class Handler(WSGIHandler):
    """Django's handler, making requests of ours."""

    request_class = Request


django.setup(set_prefix=False)
application = Handler()
