"""The aggregate query: JSON → question → plan → SQL → rows → JSON."""

from django.http import HttpResponse

from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES
from journeyserver import warehouse
from journeyserver.auth import ABSENT, Call, operation
from journeyserver.engine import answer
from journeyserver.engine.backends.base import QueryStopped
from journeyserver.engine.query import InvalidQuery
from journeyserver.engine.result import TooManyCells
from journeyserver.errors import ApiError, InvalidFields, Problem, bad_request, json_response
from journeyserver.local.calls import work_for
from journeyserver.local.running import Stopped

# A question that takes longer than this is asked too broadly.
SECONDS = 60.0


@operation(QUERY_JOURNEY_AGGREGATES)
def query(call: Call) -> HttpResponse:
    """Answers one question about the facts, as long as somebody waits for the answer."""
    if call.body is ABSENT:
        raise bad_request("The query needs a body.")
    try:
        with work_for(call, SECONDS) as doing:
            return json_response(answer(warehouse.backend(), call.body, doing))
    except InvalidQuery as error:
        raise InvalidFields([Problem(row.path, row.code, row.reason) for row in error.problems]) from None
    except TooManyCells as error:
        raise ApiError(413, "request.entity.too.large", str(error)) from None
    except (QueryStopped, Stopped) as error:
        raise ApiError(504, "request.timeout", f"This could not be answered in time: {error}.") from None
