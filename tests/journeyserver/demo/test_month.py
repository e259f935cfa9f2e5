"""The generated month: the same for the same seed and hour, believable, and true to the contract's life cycles."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from journeyadmin.contract.lifecycle import ACTION_MEDIA_TYPES, BLOCKING_REASONS, STATES, may_follow
from journeyadmin.contract.matching import match_segment
from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyserver import validation
from journeyserver.demo import offers, rhythm, shop
from journeyserver.demo.many import CRITERIA, many
from journeyserver.demo.month import Month, Rows
from journeyserver.demo.offers import Target
from journeyserver.demo.segments import SEGMENTS

LAST_HOUR = int(datetime(2026, 11, 23, 17, tzinfo=UTC).timestamp()) // 3600
LEVELS = {1: (0.8, 20), 2: (0.9, 15), 3: (0.8, 45), 4: (0.75, 60), 5: (0.95, 10), 6: (0.7, 120)}
TARGETS = {number: Target(f"target-{number}", *level) for number, level in LEVELS.items()}
SESSIONS, DAYS = 6000, 30
FIRST_HOUR = LAST_HOUR - DAYS * 24 + 1


def month(seed: int = 7, sessions: int = SESSIONS, targets=TARGETS) -> Month:
    return Month(seed, sessions / (DAYS * 24) / rhythm.MEAN, FIRST_HOUR, timedelta(minutes=20), targets)


@pytest.fixture(scope="module")
def rows() -> Rows:
    gathered = Rows()
    for hour in range(FIRST_HOUR, LAST_HOUR + 1):
        gathered.extend(month().hour(hour))
    return gathered


@pytest.fixture(scope="module")
def visits(rows: Rows) -> list[list[dict]]:
    """The events of each visit, by the contract's pause."""
    found: list[list[dict]] = []
    for event in sorted(rows.events, key=lambda row: (row["customer_id"], row["ts"])):
        last = found[-1][-1] if found else None
        same = last and last["customer_id"] == event["customer_id"]
        if not same or event["ts"] - last["ts"] > timedelta(minutes=20):
            found.append([])
        found[-1].append(event)
    return found


def test_the_same_hour_brings_the_same_people():
    first, second = month().hour(LAST_HOUR - 5), month().hour(LAST_HOUR - 5)
    assert first.events
    assert (first.events, first.actions, first.blocks, first.outcomes) == (
        second.events,
        second.actions,
        second.blocks,
        second.outcomes,
    )
    assert month(seed=8).hour(LAST_HOUR - 5).events != first.events


def test_nobody_came_before_the_first_hour():
    earlier = Month(7, 100.0, FIRST_HOUR - 1, timedelta(0), TARGETS).hour(FIRST_HOUR - 1)
    begins = month().begins(FIRST_HOUR)
    # Somebody of an older shop would still be in it, which is what makes the difference.
    assert any(row["ts"] >= begins - timedelta(minutes=20) for row in earlier.events)
    assert month().hour(FIRST_HOUR - 1) == Rows()


def test_as_many_visits_as_asked_for(visits):
    assert SESSIONS * 0.88 < len(visits) < SESSIONS * 1.15


def test_people_return(visits):
    each = Counter(visit[0]["customer_id"] for visit in visits)
    assert 0.12 < sum(times > 1 for times in each.values()) / len(each) < 0.4


def test_evenings_are_busier_than_nights_and_sundays_than_fridays(visits):
    from zoneinfo import ZoneInfo

    starts = [visit[0]["ts"].astimezone(ZoneInfo(shop.ZONE)) for visit in visits]
    hours = Counter(start.hour for start in starts)
    days = Counter(start.weekday() for start in starts)
    assert hours[20] > 5 * hours[3]
    assert days[6] > days[4]


def test_some_buy_and_most_do_not(visits, rows):
    bought = sum(any(event["event_name"] == "order_completed" for event in visit) for visit in visits)
    assert 0.015 < bought / len(visits) < 0.06
    worth = [
        row["value"] for row in rows.outcomes if row["outcome"] == "achieved" and row["value"] is not None
    ]
    assert len(worth) == sum(event["event_name"] == "order_completed" for event in rows.events)
    assert min(worth) > 0


def test_both_streams_and_signed_in_people(rows):
    assert {event["stream"] for event in rows.events} == {"Web", "App"}
    assert all(event["screen_name"] for event in rows.events if event["stream"] == "App")
    assert any(event["authenticated"] for event in rows.events if event["stream"] == "Web")


def test_campaigns_come_from_outside(visits, rows):
    """A tagged address is that of a landing page: whoever goes on from it leaves the tags behind."""
    tagged = [row for row in rows.events if "utm_source" in (row.get("page_url") or "")]
    assert all(urlsplit(row["referrer_url"] or "").hostname != urlsplit(shop.SITE).hostname for row in tagged)
    campaigns = sum("utm_source" in (visit[0].get("page_url") or "") for visit in visits)
    assert 0.2 < campaigns / len(visits) < 0.7


def test_every_action_lives_by_the_contract(rows):
    lives = defaultdict(list)
    for row in rows.actions:
        lives[row["journey_action_id"]].append(row)
    assert len(lives) > 500
    for life in lives.values():
        media_type = life[0]["journey_action_media_type"]
        states = [None, *(row["action_state"] for row in life)]
        assert all(may_follow(media_type, before, after) for before, after in pairwise(states)), (
            media_type,
            states,
        )
        assert all(a["ts"] <= b["ts"] for a, b in pairwise(life))
    assert {row["action_state"] for row in rows.actions} == set(STATES)
    assert {row["journey_action_media_type"] for row in rows.actions} == set(ACTION_MEDIA_TYPES)


def test_offers_are_held_back_for_every_reason(rows):
    assert {row["journey_blocking_reason"] for row in rows.blocks} == set(BLOCKING_REASONS)
    for row in rows.blocks:
        conditions = [value for name, value in row.items() if name.endswith("_condition")]
        assert bool(conditions) == (row["journey_blocking_reason"] == "PageUrlConditionsNotMatching")


def throttled(targets) -> Counter:
    counted = Counter()
    for hour in range(LAST_HOUR - 24 * 8, LAST_HOUR):
        counted.update(
            row["journey_action_target_id"]
            for row in month(targets=targets).hour(hour).blocks
            if row["journey_blocking_reason"] == "ServiceLevelThrottling"
        )
    return counted


def test_a_stricter_service_level_holds_back_more():
    easy = throttled({**TARGETS, 1: Target("target-1", 0.6, 90)})
    strict = throttled({**TARGETS, 1: Target("target-1", 0.97, 8)})
    assert strict["target-1"] > 3 * easy["target-1"]


def test_outcomes_are_credited_to_what_was_seen_before(rows):
    credited = [row for row in rows.outcomes if row["outcome"] == "attributed"]
    assert credited
    assert all(row["touchpoint_action_map_id"] for row in credited)
    assert any(row.get("touchpoint_agent_id") for row in credited)


def context_of(event: dict) -> dict:
    """What the intake would make of the first event, as far as the demo's segments ask."""
    tagged = {key: values[0] for key, values in parse_qs(urlsplit(event.get("page_url") or "").query).items()}
    agent = event.get("user_agent") or ""
    return {
        "device.category": "mobile"
        if "iPhone" in agent or ("Mobile" in agent and "iPad" not in agent)
        else "desktop",
        "mktCampaign.source": tagged.get("utm_source"),
        "mktCampaign.medium": tagged.get("utm_medium"),
        "mktCampaign.name": tagged.get("utm_campaign"),
        "geolocation.country": event["geolocation_country"],
    }


def journey_of(event: dict) -> dict:
    url = urlsplit(event.get("page_url") or "")
    return {
        "streamType": event["stream"],
        "eventName": event["event_name"],
        "page.pathname": url.path or None,
        "screenName": event.get("screen_name"),
        "attributes": dict(event["attributes"]),
    }


def test_every_segment_of_the_team_finds_somebody_but_the_misspelt_one(visits, rows):
    by_customer = defaultdict(list)
    for event in sorted(rows.events, key=lambda row: row["ts"]):
        by_customer[event["customer_id"]].append(event)
    found = Counter()
    for made in SEGMENTS:
        groups = visits if made.body["scope"] == "Session" else list(by_customer.values())
        found[made.body["displayName"]] = sum(
            match_segment(made.body, context_of(group[0]), [journey_of(event) for event in group]).matched
            for group in groups
        )
    nobody = {name for name, count in found.items() if not count}
    assert nobody == {"Trail week visitors", "High spenders, gone quiet"}
    assert found["Paid search on phones"] == found["Mobile visitors from search ads"]
    assert found["Gold members"] < found["Comparing products"]


@pytest.mark.parametrize("made", SEGMENTS, ids=lambda made: made.body["displayName"])
def test_the_api_would_take_each_segment(made):
    assert validation.new_segment(made.body)["scope"] == made.body["scope"]


def test_five_hundred_segments_of_twenty_criteria():
    made = list(many(MAX_SEGMENTS))
    assert made == list(many(MAX_SEGMENTS))
    assert len({body["displayName"] for _, body in made}) == MAX_SEGMENTS
    assert len({key for key, _ in made}) == MAX_SEGMENTS
    for _, body in made:
        validation.new_segment(body)
        rows = [row for side in ("context", "journey") for row in body[side]["patterns"]]
        assert sum(len(pattern["criteria"]) for pattern in rows) == CRITERIA


def test_the_average_hour_is_as_busy_as_stated():
    hours = range(LAST_HOUR - 24 * 7 * 52, LAST_HOUR)
    assert sum(rhythm.weight(hour) for hour in hours) / len(hours) == pytest.approx(rhythm.MEAN, rel=0.02)


def test_whatever_the_dashboard_may_name_is_named(rows):
    """The file that `demo.py` gives to the dashboard: no operation of the API says what these ids stand for."""
    names = json.loads((Path(offers.__file__).parent / "names.json").read_text())
    used = {
        "journeyActionMapId": {row["journey_action_map_id"] for row in rows.actions},
        "journeyActionTemplateId": {row["journey_action_template_id"] for row in rows.actions},
        "journeyOutcomeId": {row["journey_outcome_id"] for row in rows.outcomes},
        "touchpointQueueId": {row.get("touchpoint_queue_id") for row in rows.outcomes} - {None},
    }
    for dimension, values in used.items():
        assert values <= set(names[dimension]), dimension
    assert offers.SCHEDULES in names["journeyBlockingScheduleGroupId"]


def test_agents_answer_about_as_quickly_as_their_service_level_asks(rows):
    accepted = {
        row["journey_action_id"]: row["ts"] for row in rows.actions if row["action_state"] == "accepted"
    }
    waits = defaultdict(list)
    for row in rows.actions:
        if row["action_state"] == "engaged":
            waits[row["journey_action_target_id"]].append(row["ts"] - accepted[row["journey_action_id"]])
    for number in (1, 2, 3, 4):
        share, seconds = LEVELS[number]
        times = waits[f"target-{number}"]
        assert len(times) > 10
        reached = sum(wait.total_seconds() <= seconds for wait in times) / len(times)
        assert share - 0.25 < reached < min(1, share + 0.2), number
