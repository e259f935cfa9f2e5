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


@operation(QUERY_JOURNEY_AGGREGATES)
def query(call: Call) -> HttpResponse:
    """Answers one question about the facts."""
    if call.body is ABSENT:
        raise bad_request("The query needs a body.")
    try:
        return json_response(answer(warehouse.backend(), call.body))
    except InvalidQuery as error:
        raise InvalidFields([Problem(row.path, row.code, row.reason) for row in error.problems]) from None
    except TooManyCells as error:
        raise ApiError(413, "request.entity.too.large", str(error)) from None
    except QueryStopped as error:
        raise ApiError(504, "request.timeout", str(error)) from None
