"""Work at the warehouse on behalf of a call."""

from collections.abc import Iterator
from contextlib import contextmanager

from journeyserver import warehouse
from journeyserver.auth import Call
from journeyserver.local import running
from journeyserver.local.running import Work


@contextmanager
def work_for(call: Call, seconds: float, editor: str = "") -> Iterator[Work]:
    """Work that ends at its time limit, for a newer call of the same person and editor, and when the caller is gone.

    Raises Stopped; a warehouse that cannot be used is answered with 503 by the middleware.
    """
    connection = call.request.META.get("gunicorn.socket")
    with running.work(warehouse.backend(), _owner(call, editor), seconds, connection) as doing:
        yield doing


def stop(call: Call, editor: str) -> None:
    running.stop(_owner(call, editor))


def _owner(call: Call, editor: str) -> running.Owner:
    return str(call.token.person_id or call.token.client_id), editor
