"""What this server offers beyond the nine operations, for anyone who asks."""

from django.http import HttpRequest, HttpResponse

import journeyserver
from journeyserver import local, warehouse
from journeyserver.demo import mark
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.errors import json_response, only_read


def capabilities(request: HttpRequest) -> HttpResponse:
    """The server's name, version, what its data is, and the extensions below /api/local/v1/."""
    only_read(request)
    return json_response(
        {
            "server": "journeyserver",
            "version": journeyserver.__version__,
            "data": {"generated": _is_generated()},
            "extensions": local.extensions(),
        }
    )


def _is_generated() -> bool:
    """Whether what is in the warehouse was made up; a warehouse that cannot be used says nothing."""
    try:
        return mark.read(warehouse.backend()) is not None
    except WarehouseError:
        return False
