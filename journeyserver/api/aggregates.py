"""The aggregate query: JSON → question → plan → SQL → rows → JSON."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from journeyadmin.contract.buckets import MAX_CELLS
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES, Operation
from journeyserver import queries, warehouse
from journeyserver.auth import ABSENT, Call, operation
from journeyserver.engine.answering import answer
from journeyserver.engine.backends.base import QueryStopped
from journeyserver.engine.query import InvalidQuery
from journeyserver.engine.result import TooManyCells
from journeyserver.errors import ApiError, InvalidFields, Problem, bad_request, not_found
from journeyserver.local.running import Stopped

# A longer answer is put together while it is sent.
_AT_ONCE = 1 << 20
# Of this server alone, and only for the queries of whoever asks.
STOP_QUERY = Operation(
    "deleteLocalQuery",
    "DELETE",
    "/api/local/v1/queries/{id}",
    QUERY_JOURNEY_AGGREGATES.permission,
    QUERY_JOURNEY_AGGREGATES.scopes,
    True,
    204,
)


@operation(QUERY_JOURNEY_AGGREGATES)
def query(call: Call) -> HttpResponseBase:
    """Answers one question about the facts, as long as somebody waits for the answer."""
    if call.body is ABSENT:
        raise bad_request("The query needs a body.")
    try:
        with queries.running(call) as doing:
            found = answer(warehouse.backend(), call.body, doing)
        if len(found) <= _AT_ONCE:
            return HttpResponse(bytes(found), content_type="application/json")
        length = {"Content-Length": str(len(found))}
        return StreamingHttpResponse(found, content_type="application/json", headers=length)
    except InvalidQuery as error:
        raise InvalidFields([Problem(row.path, row.code, row.reason) for row in error.problems]) from None
    except TooManyCells as error:
        params = {"allowed": str(MAX_CELLS)}
        if error.cells is not None:
            params["cells"] = str(error.cells)
        raise ApiError(413, "request.entity.too.large", str(error), params=params) from None
    except (QueryStopped, Stopped) as error:
        raise ApiError(504, "request.timeout", _why(error)) from None


def _why(error: QueryStopped | Stopped) -> str:
    if isinstance(error, Stopped) and error.reason == "timeLimit":
        return (
            f"The query took longer than {settings.QUERY_SECONDS} s and was stopped. "
            "Ask for a shorter interval, fewer groups or a coarser granularity."
        )
    return "The query was stopped before its answer was there."


@operation(STOP_QUERY)
def stop(call: Call, query_id: str) -> HttpResponse:
    """Stops a query that is running, by the id that came with it in the header Journeyserver-Query-Id."""
    if not queries.stop(call, query_id):
        raise not_found("None of your queries with this id is running.", query_id)
    return HttpResponse(status=204)
