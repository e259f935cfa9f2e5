"""One visit against one definition, criterion by criterion."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS
from journeyadmin.contract.local import EXPLAIN
from journeyadmin.contract.matching import match_segment
from journeyserver.auth import Call, operation
from journeyserver.engine.moments import first_moment
from journeyserver.errors import ApiError, InvalidFields, bad_request, json_response, not_found
from journeyserver.fields import Fields
from journeyserver.local import questions, recorded
from journeyserver.local.calls import work_for
from journeyserver.local.masking import Ids, opened
from journeyserver.local.pasted import derived
from journeyserver.local.questions import Question
from journeyserver.local.reasons import explained
from journeyserver.local.running import Stopped

SECONDS = 5.0
MOST_SHOWN = 500
MOST_PASTED = 100


@operation(EXPLAIN)
def explain(call: Call) -> HttpResponse:
    """Why a recorded or a pasted visit matches, or does not."""
    question = questions.read(call)
    fields = question.fields
    given = [name for name in ("session", "visit", "webEvents") if fields.values.get(name) is not None]
    if len(given) != 1:
        raise bad_request("Give exactly one of session, visit and webEvents.")
    if given == ["session"]:
        session = fields.text("session", least=1, most=1000)
        question.check()
        return json_response(_recorded(call, question, session or ""))
    context, events = _visit(fields) if given == ["visit"] else _derived(fields)
    question.check()
    definition = question.definition
    match = match_segment(definition, context, events)
    return json_response(
        {
            "matched": match.matched,
            "session": None,
            **explained(definition, match),
            "events": events[:MOST_SHOWN],
            "values": context,
        }
    )


def _recorded(call: Call, question: Question, session: str) -> dict[str, Any]:
    session_id = opened(session)
    missing = not_found("There is no recorded visit with this id.")
    if session_id is None:
        raise missing
    try:
        with work_for(call, SECONDS) as doing:
            found = recorded.visits(doing, [session_id])
            if not found:
                raise missing
            (visit,) = found
            events = recorded.events(doing, question.scope, [visit])[session_id]
    except Stopped as stopped:
        raise ApiError(504, "request.timeout", f"The visit could not be read in time: {stopped}.") from None
    moment = first_moment(
        question.definition, session_id, visit.context, [event.happening for event in events]
    )
    signed = any(
        event.happening.authenticated for event in events if event.happening.session_id == session_id
    )
    told = explained(question.definition, moment.match)
    if moment.at is None and told["failed"] is None:
        # It all comes together only in a later visit of the customer.
        told["failed"] = (told["journey"] or told["context"])[-1]["path"]
    return {
        "matched": moment.at is not None,
        "session": {
            **Ids(call).of_visit(session_id, visit.customer_id),
            "started": recorded.moment_text(visit.started),
        },
        **told,
        "events": [event.shown() for event in events[:MOST_SHOWN]],
        "values": {**visit.context, "authenticated": signed},
    }


def _visit(fields: Fields) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A pasted visit as the matcher reads it; keys that nobody knows are wrong, as they would silently be missing."""
    visit = fields.child("visit")
    assert visit is not None
    context_fields = visit.child("context")
    context = _values(context_fields, CONTEXT_KEYS) if context_fields else {}
    events = []
    for event in visit.children("events", 0, recorded.MOST_EVENTS):
        values = _values(event, JOURNEY_KEYS, beside=("streamType", "attributes"))
        if stream := event.choice("streamType", ("Web", "App")):
            values["streamType"] = stream
        attributes = event.child("attributes")
        if attributes is not None:
            values["attributes"] = _values(attributes, attributes.values)
        events.append(values)
    return context, events


def _values(fields: Fields, known: Mapping[str, Any], beside: Sequence[str] = ()) -> dict[str, Any]:
    """The values of known names; those `beside` are read by somebody else."""
    values: dict[str, Any] = {}
    for name, value in fields.values.items():
        if name in beside:
            continue
        if name not in known:
            fields.note(name, "invalid.enum", "is no key that can be tested here.")
        elif isinstance(value, str | int | float | bool):
            values[name] = value
        elif value is not None:
            fields.note(name, "invalid.type", "must be text, a number, true or false.")
    return values


def _derived(fields: Fields) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Events as `webevents` takes them, put through the same derivation."""
    given = fields.values["webEvents"]
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PASTED:
        fields.note("webEvents", "invalid.length", f"must be a list of 1 to {MOST_PASTED} events.")
        return {}, []
    try:
        return derived(given)
    except InvalidFields as error:
        fields.problems += error.problems
        return {}, []
