"""The curves of an action target against the waits themselves."""

from datetime import timedelta

import pytest

from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked

ABANDONED_SHORT = 5.0


def test_shares_accepted_and_answered(stocked: Stocked) -> None:
    found = stocked.ask(f"/actiontargets/{stock.TARGET}/curve", days=30).json()
    actions = stock.actions(stocked.visits)
    accepting = [(a.states["accepted"] - a.states["offered"]) for a in actions if "accepted" in a.states]
    agents = [a for a in actions if "accepted" in a.states and a.media_type != "contentOffer"]
    answering = [(a.states["engaged"] - a.states["accepted"]) for a in agents if "engaged" in a.states]
    leaving = [(a.states["abandoned"] - a.states["accepted"]) for a in agents if "abandoned" in a.states]
    short = [wait for wait in leaving if wait.total_seconds() < ABANDONED_SHORT]
    could_be = len(answering) + len(leaving) - len(short)
    assert (found["offered"], found["accepted"]) == (len(actions), len(accepting))
    assert (found["answered"], found["abandoned"], found["shortAbandoned"]) == (
        len(answering),
        len(leaving),
        len(short),
    )
    assert found["open"] == len(agents) - len(answering) - len(leaving)
    assert short
    duration = timedelta(milliseconds=found["durationMs"])
    assert found["reached"] == pytest.approx(sum(wait <= duration for wait in answering) / could_be)
    for curve, waits, of in (("toAccept", accepting, len(actions)), ("toAnswer", answering, could_be)):
        points = found[curve]
        assert points[0]["ms"] == 0
        assert len(points) <= 120
        assert found["durationMs"] in [point["ms"] for point in points]
        for point in points:
            within = sum(wait <= timedelta(milliseconds=point["ms"]) for wait in waits)
            assert point["share"] == pytest.approx(within / of)


def test_a_target_that_nothing_led_to(stocked: Stocked) -> None:
    found = stocked.ask("/actiontargets/7a6e0000-0000-4000-8000-000000000001/curve").json()
    assert (found["offered"], found["reached"], found["toAccept"], found["toAnswer"]) == (0, None, [], [])


def test_unknown_targets_and_wrong_questions(stocked: Stocked) -> None:
    assert stocked.ask("/actiontargets/5e900000-0000-4000-8000-000000000001/curve").status_code == 404
    assert stocked.ask("/actiontargets/x/curve").status_code == 404
    assert stocked.ask(f"/actiontargets/{stock.TARGET}/curve", days=0).status_code == 400
    assert stocked.ask(f"/actiontargets/{stock.TARGET}/curve", timeZone="Mars").status_code == 400
