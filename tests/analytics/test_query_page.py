"""The analytics page as an analyst's browser gets it, without scripts (QRY*, CHT*, KEY1, DSH2, DSH3, DSH5)."""

import html
import json
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone

from analytics.answering import meant, restated_from
from analytics.question import Question
from journeyadmin.accounts.models import Person
from tests.analytics import shop

WEEK = "range=2026-05-04..2026-05-10&zone=Europe/London"


def get(browser: Browser, query: str, **headers: str) -> Any:
    return browser.get(f"/analytics/?{query}", follow=False, headers=headers)


def text(response: Any) -> str:
    """What a reader sees of a page, blanks made single."""
    content = re.sub(
        r"<template>.*?</template>|<script.*?</script>", "", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).replace("\u202f", " ").split())


def rows(response: Any) -> list[list[str]]:
    """The cells of the numbers' table, its head and foot included."""
    table = re.search(
        r'<table class="table numbers-table">(.*?)</table>', response.content.decode(), re.DOTALL
    )
    assert table, text(response)
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        found.append(
            [
                " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).replace("\u202f", " ").split())
                for cell in cells
            ]
        )
    return found


def figure(response: Any) -> Any:
    found = re.search(r"<template>(.*?)</template>", response.content.decode(), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_a_first_visit_leads_to_the_address_of_its_question(ana: Browser) -> None:
    response = get(ana, "")
    assert response.status_code == 302
    assert response["Location"] == "/analytics/?range=last-7-days&zone=UTC&m=nJourneySessions"


def test_equal_questions_lead_to_one_address(ana: Browser) -> None:
    response = get(
        ana, f"m=nWebActionsOffered&m=nJourneySessions&m=nJourneySessions&by=P1D&chart=line&top=10&{WEEK}"
    )
    assert response["Location"] == f"/analytics/?{WEEK}&m=nJourneySessions&m=nWebActionsOffered"
    assert get(ana, response["Location"].partition("?")[2]).status_code == 200


def test_a_line_of_one_point_is_none(ana: Browser) -> None:
    response = get(ana, f"m=nJourneySessions&chart=line&by=all&{WEEK}")
    assert response["Location"] == f"/analytics/?{WEEK}&by=all&m=nJourneySessions"


def test_the_table_holds_what_a_plain_count_finds(ana: Browser) -> None:
    head, *body, foot = rows(get(ana, f"{WEEK}&m=nJourneySessions&m=nWebActionsOffered"))
    assert head == ["When", "Sessions", "Offered"]
    assert len(body) == 7
    for day, row in enumerate(body, start=4):
        on = f"2026-05-{day:02d}"
        assert row[1:] == [
            str(shop.count("session_started", on=on)),
            str(shop.count("action_offered", on=on)),
        ]
    assert body[0][0] == "Mon 4 May 2026"
    total = sum(shop.count("session_started", on=f"2026-05-{day:02d}") for day in range(4, 11))
    assert foot[:2] == ["Total", str(total)]


def test_groups_their_shares_other_and_total(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&by=all&m=nJourneySessions&g=journeyIpGeolocationCountry&top=3")
    head, *body, foot = rows(page)
    assert head == ["Country", "Sessions", "Share"]
    assert [row[0] for row in body][3].startswith("Other")
    total = sum(shop.count("session_started", on=f"2026-05-{day:02d}") for day in range(4, 11))
    assert foot == ["Total", str(total), "100 %"]
    assert sum(int(row[1]) for row in body) == total


def test_one_segment_is_compared_with_another_over_the_same_days(ana: Browser) -> None:
    def held(segment: str, day: int) -> int:
        return sum(
            segment in (fact["journeySessionSegmentId"] or ())
            for fact in shop.FACTS
            if fact["kind"] == "session_started"
            and fact["ts"].astimezone(shop.LONDON).date().isoformat() == f"2026-05-{day:02d}"
        )

    page = get(
        ana,
        f"{WEEK}&m=nJourneySessions&where=journeySessionSegmentId:is:{shop.BASKET}&compare=segment:{shop.CART}",
    )
    head, *body, foot = rows(page)
    assert head == ["When", "Sessions", "Cart leavers <b>", "Change"]
    assert [row[1:3] for row in body] == [
        [str(held(shop.BASKET, day)), str(held(shop.CART, day))] for day in range(4, 11)
    ]
    ours, theirs = (sum(held(one, day) for day in range(4, 11)) for one in (shop.BASKET, shop.CART))
    assert foot[1:3] == [str(ours), str(theirs)]
    # Neither rose or fell: they are two segments at one time.
    assert f"Sessions: {ours}, against {theirs} for “Cart leavers <b>”" in text(page)
    assert "against Cart leavers <b>" in text(page)


def test_distinct_counts_have_no_total(ana: Browser) -> None:
    _head, *_body, foot = rows(get(ana, f"{WEEK}&m=nDistinctJourneySessions"))
    assert foot == ["Total", "not additive"]


def test_a_rate_without_denominator_is_no_data_and_not_nought(ana: Browser) -> None:
    page = get(
        ana, "range=2026-04-30..2026-05-01&zone=Europe/London&by=P1D&m=nWebActionsAccepted/nWebActionsOffered"
    )
    _head, first, second, _foot = rows(page)
    assert first[1] == "–"
    offered, accepted = (shop.count(f"action_{state}", on="2026-05-01") for state in ("offered", "accepted"))
    assert second[1] == f"{round(100 * accepted / offered)} %"


def test_a_view_counts_only_what_lies_within_its_bounds(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&by=all&m=oJourneyOutcomeValue&view=big~oJourneyOutcomeValue~60~~count")
    days = {f"2026-05-{day:02d}" for day in range(4, 11)}
    values = [
        fact["value"]
        for fact in shop.FACTS
        if fact["kind"] == "outcome_achieved"
        and fact["ts"].astimezone(shop.LONDON).date().isoformat() in days
    ]
    found = {row[0].split(" ")[0]: row[1] for row in rows(page)[1:]}
    assert found["Outcome"].replace(" ", "") == f"{sum(values):.0f}"
    assert found["big"] == str(sum(value >= 60 for value in values))


def test_the_sentence_says_the_answer(ana: Browser) -> None:
    page = text(get(ana, f"{WEEK}&m=nJourneySessions&compare=previous"))
    week = sum(shop.count("session_started", on=f"2026-05-{day:02d}") for day in range(4, 11))
    assert re.search(rf"Sessions rose \d+ % to {week}", page)
    assert "4–10 May 2026, 7 days, Europe/London" in page


def test_segments_have_their_names_and_ids_are_short(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&by=all&m=nJourneySegmentsAssigned&g=journeySegmentId")
    assert {row[0] for row in rows(page)} >= {"Cart leavers <b>", "=Big baskets"}
    assert (
        "<b>" not in page.content.decode().replace("</b>", "").split("numbers-table")[1].split("</table>")[0]
    )
    maps = get(ana, f"{WEEK}&by=all&m=nWebActionsOffered&g=journeyActionMapId")
    assert rows(maps)[1][0] == "3f0c…0001"


def test_an_id_that_cannot_be_resolved_gets_a_name_of_our_own(ana: Browser) -> None:
    query = f"{WEEK}&by=all&m=nWebActionsOffered&g=journeyActionMapId"
    saved = ana.post(
        "/analytics/name",
        {"dimension": "journeyActionMapId", "value": shop.MAP, "name": "Spring offer", "next": query},
    )
    assert saved.status_code == 303
    assert rows(get(ana, query))[1][0] == "Spring offer"
    refused = ana.post("/analytics/name", {"dimension": "journeySegmentId", "value": shop.CART, "name": "x"})
    assert refused.status_code == 400


def test_the_filter_is_read_back_with_brackets(ana: Browser) -> None:
    where = "where=journeySessionType:is:web&where=any,journeyDeviceCategory:is:mobile,journeyDeviceCategory:is:tablet"
    page = get(ana, f"{WEEK}&by=all&m=nJourneySessions&{where}")
    page = get(ana, page["Location"].partition("?")[2]) if page.status_code == 302 else page
    assert "Only where session type is Web, and (device category is Mobile or Tablet)." in text(page)
    wanted = sum(
        shop.count("session_started", on=f"2026-05-{day:02d}", journeyDeviceCategory=device)
        for day in range(4, 11)
        for device in ("mobile", "tablet")
    )
    assert rows(page)[1][1] == str(wanted)


def test_what_cannot_work_is_said_before_it_is_asked(ana: Browser) -> None:
    never = text(
        get(
            ana,
            f"{WEEK}&m=nJourneySessions&where=journeyDeviceCategory:is:mobile&where=journeyDeviceCategory:is:tablet",
        )
    )
    assert "this is never true" in never
    assert "Make it any of them" in never
    lacking = text(get(ana, f"{WEEK}&m=nJourneyOutcomesAchieved&g=journeyActionMapId"))
    assert "Action map is not recorded on outcomes achieved: one empty group." in lacking
    overlap = text(get(ana, f"{WEEK}&m=nJourneySessions&g=journeySessionSegmentId"))
    assert "the groups add up to more than the total" in overlap
    assert "One group for each combination" in overlap


def test_too_many_buckets_are_refused_here_with_repairs(ana: Browser) -> None:
    page = get(ana, "range=2026-04-01..2026-05-02&zone=Europe/London&by=PT5M&m=nJourneySessions")
    assert page.status_code == 422
    assert "By 5 minutes this range has 9 216 buckets; 8 928 are allowed." in text(page)
    assert "9 216 buckets, 8 928 allowed" in text(page)
    assert "By 15 minutes" in text(page)


def test_too_many_cells_are_an_estimate_that_can_be_overruled(ana: Browser) -> None:
    query = f"{WEEK}&by=PT1H&m=nJourneySessions&g=journeySessionId"
    page = get(ana, query)
    assert page.status_code == 422
    assert re.search(r"Too many results: about [\d ]+ cells, 200 000 allowed\.", text(page))
    assert "Run it all the same" in text(page)
    assert get(ana, f"{query}&anyway=1").status_code == 200


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("range=soon", "“soon” is not understood as a range"),
        ("range=2026-05-09..2026-05-01", "The range must end after it starts."),
        ("range=last-400-days", "The range is longer than 366 days."),
        ("zone=Mars/Olympus", "“Mars/Olympus” is not the name of a time zone"),
        ("m=nNothing", "“nNothing” is not a metric that is known here."),
        ("g=journeyColour", "“journeyColour” is not a dimension that is known here."),
        ("where=journeyColour:is:red", "The filter was not understood at “journeyColour:is:red”."),
        ("chart=pie", "“pie” is not one of the choices."),
    ],
)
def test_what_is_not_understood_is_named_and_kept(ana: Browser, part: str, said: str) -> None:
    page = get(ana, f"{part}&m=nJourneySessions")
    assert page.status_code == 422
    assert said in text(page)


def test_a_range_that_is_too_long_says_so_once(ana: Browser) -> None:
    page = get(ana, "range=last-5-years&zone=UTC&m=nJourneySessions")
    assert page.status_code == 422
    assert text(page).count("The range is longer than 366 days.") == 1


def test_an_empty_answer_lists_what_was_asked(ana: Browser) -> None:
    page = text(
        get(ana, "range=2025-01-01..2025-01-07&zone=UTC&m=nJourneySessions&where=journeyDeviceCategory:is:tv")
    )
    assert "No data for this query" in page
    assert "Nothing was counted: Sessions, 1–7 Jan 2025, 7 days, UTC." in page
    assert "Only where device category is tv." in page


def test_a_reader_without_the_permission_is_told_its_name(ana: Browser) -> None:
    query = f"{WEEK}&m=nJourneySessions"
    assert get(ana, query).status_code == 200
    Person.objects.update(permissions=["journey:segment:view"])
    page = get(ana, query)
    assert page.status_code == 403
    assert "“analytics:journeyAggregate:view”" in text(page)
    assert "numbers-table" not in page.content.decode()


# The builder without scripts


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "form": "1",
        "range": "dates",
        "from": "2026-05-04",
        "to": "2026-05-10",
        "zone": "Europe/London",
        "m": ["nJourneySessions"],
        **changed,
    }


def test_the_builder_leads_to_the_address(ana: Browser) -> None:
    sent = fields(
        by="PT1H",
        g=["journeyDeviceCategory", ""],
        **{
            "f-type": "and",
            "f-0-type": "or",
            "f-0-0-d": "journeyDeviceCategory",
            "f-0-0-o": "matches",
            "f-0-0-v": "mobile",
            "f-0-1-d": "journeyDeviceCategory",
            "f-0-1-o": "matches",
            "f-0-1-v": "tablet",
            "f-1-0-d": "journeyOutcomeId",
            "f-1-0-o": "notExists",
            "rate-top": "nWebActionsRejected",
            "rate-under": "nWebActionsOffered",
            "v-0-name": "big",
            "v-0-target": "oJourneyOutcomeValue",
            "v-0-gte": "100",
            "v-0-stat": "count",
        },
    )
    response = ana.get("/analytics/", sent)
    assert response.status_code == 302
    found = parse_qs(urlsplit(response["Location"]).query)
    assert found == {
        "range": ["2026-05-04..2026-05-10"],
        "zone": ["Europe/London"],
        "by": ["PT1H"],
        "m": ["nJourneySessions", "nWebActionsRejected/nWebActionsOffered"],
        "view": ["big~oJourneyOutcomeValue~100~~count"],
        "g": ["journeyDeviceCategory"],
        "where": [
            "journeyOutcomeId:lacks",
            "any,journeyDeviceCategory:is:mobile,journeyDeviceCategory:is:tablet",
        ],
    }


def test_rows_of_the_filter_come_and_go_without_asking(ana: Browser) -> None:
    sent = fields(
        row="add:0",
        **{"f-0-type": "or", "f-0-0-d": "journeyDeviceCategory", "f-0-0-o": "matches", "f-0-0-v": "mobile"},
    )
    page = ana.get("/analytics/", sent)
    assert page.status_code == 200
    assert "Not asked yet" in text(page)
    assert 'name="f-0-1-d"' in page.content.decode()
    gone = ana.get("/analytics/", {**sent, "row": "remove:0-0"})
    assert 'name="f-0-0-d"' not in gone.content.decode()


def test_only_what_changed_is_swapped_while_the_question_is_built(ana: Browser) -> None:
    sent = fields(range="words", words="2026-04-01..2026-05-02", by="PT5M")
    notes = ana.get("/analytics/form", sent, headers={"HX-Request": "true", "HX-Target": "builder-notes"})
    assert "9 216 buckets" in text(notes)
    assert "<html" not in notes.content.decode()
    rows_ = ana.get(
        "/analytics/form",
        {**sent, "row": "add"},
        headers={"HX-Request": "true", "HX-Target": "builder-filter"},
    )
    assert 'name="f-0-0-d"' in rows_.content.decode()
    assert 'id="builder-notes" hx-swap-oob' in rows_.content.decode()


def test_a_run_in_place_moves_the_address_bar_and_says_the_sentence(ana: Browser) -> None:
    response = ana.get("/analytics/", fields(), headers={"HX-Request": "true", "HX-Target": "analytics"})
    assert response.status_code == 200
    assert response["HX-Push-Url"] == f"/analytics/?{WEEK}&m=nJourneySessions"
    assert "Sessions" in json.loads(response["HX-Trigger"])["announce"]["value"]
    assert "<html" not in response.content.decode()


# Moving about


def test_two_marked_moments_are_a_narrower_range(ana: Browser) -> None:
    from datetime import datetime

    first = datetime(2026, 5, 5, tzinfo=shop.LONDON).timestamp() / 60
    last = datetime(2026, 5, 7, tzinfo=shop.LONDON).timestamp() / 60
    response = get(ana, f"{WEEK}&m=nJourneySessions&zoom={first:.0f}-{last:.0f}")
    assert parse_qs(urlsplit(response["Location"]).query)["range"] == ["2026-05-05..2026-05-06"]


def test_earlier_later_and_wider_are_addresses(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&m=nJourneySessions").content.decode()
    assert "range=2026-04-27..2026-05-03&amp;zone=Europe/London" in page
    assert "range=2026-05-11..2026-05-17&amp;zone=Europe/London" in page
    assert "range=2026-04-30..2026-05-13&amp;zone=Europe/London" in page


def test_sharing_offers_these_dates_first_and_carries_the_zone(ana: Browser) -> None:
    page = get(ana, "range=last-7-days&zone=Asia/Kolkata&m=nJourneySessions").content.decode()
    addresses = [html.unescape(found) for found in re.findall(r'readonly value="([^"]+)"', page)]
    assert len(addresses) == 2
    assert re.search(r"range=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d&zone=Asia/Kolkata", addresses[0])
    assert "range=last-7-days&zone=Asia/Kolkata" in addresses[1]


def test_a_point_offers_what_can_be_done_with_it_and_a_trail_leads_back(ana: Browser) -> None:
    query = f"{WEEK}&by=all&m=nJourneySegmentsAssigned&g=journeySegmentId"
    point = ana.get(f"/analytics/point?{query}&p=%3D{shop.CART}")
    said = text(point)
    assert "Cart leavers <b>" in said
    assert "Only this" in said
    assert "Without this" in said
    assert "Open the segment" in said
    step = re.search(
        r'href="(/analytics/step\?[^"]+)"[^>]*>(?:<svg(?:(?!</svg>).)*</svg>)?Only this',
        point.content.decode(),
        re.DOTALL,
    )
    assert step
    response = ana.get(html.unescape(step[1]))
    assert response.status_code == 302
    page = ana.get(response["Location"], follow=True)
    assert "Only where segment is Cart leavers <b>." in text(page)
    trail = re.search(r'<nav class="trail".*?</nav>', page.content.decode(), re.DOTALL)
    assert trail
    assert html.unescape(trail[0]).count(query) == 1


def test_without_this_names_the_others(ana: Browser) -> None:
    query = f"{WEEK}&by=all&m=nJourneySessions&g=journeyDeviceCategory"
    point = ana.get(f"/analytics/point?{query}&p=%3Dmobile").content.decode()
    step = re.search(
        r'href="(/analytics/step\?[^"]+)"[^>]*>(?:<svg(?:(?!</svg>).)*</svg>)?Without this', point, re.DOTALL
    )
    assert step
    page = ana.get(html.unescape(step[1]), follow=True)
    assert [row[0] for row in rows(page)][1:-1] == ["Desktop", "Tablet"] or {
        row[0] for row in rows(page)
    } >= {"Desktop", "Tablet"}
    assert "Mobile" not in [row[0] for row in rows(page)]


def test_a_step_that_leads_nowhere_goes_nowhere(ana: Browser) -> None:
    assert ana.get("/analytics/step?to=").status_code == 400
    away = ana.get("/analytics/step?from=x&to=https://elsewhere.example/")
    assert away.status_code == 302
    assert away["Location"].startswith("/analytics/?")


# Files


def test_the_csv_has_all_groups_and_exactly_the_rows_that_were_promised(ana: Browser) -> None:
    query = f"{WEEK}&by=all&m=nJourneySessions&g=journeyIpGeolocationCountry&top=2"
    page = html.unescape(get(ana, query).content.decode())
    link = re.search(r'href="(/analytics/answer\.csv\?[^"]+)"', page)
    assert link
    response = ana.get(link[1])
    assert (
        response["Content-Disposition"]
        == 'attachment; filename="sessions-by-country_2026-05-04_2026-05-10_Europe-London.csv"'
    )
    content = response.content.decode()
    assert content.startswith(
        "\ufeffStart (local),Start (UTC),End (UTC),Time zone,Country,journeyIpGeolocationCountry,Sessions\r\n"
    )
    lines = content.splitlines()[1:]
    assert len(lines) == int(link[1].rpartition("rows=")[2])
    assert not any("Other" in line for line in lines)
    assert any(",日本,日本," in line for line in lines)
    assert lines[0].startswith(
        "2026-05-04 00:00,2026-05-03T23:00:00.000Z,2026-05-10T23:00:00.000Z,Europe/London,"
    )
    assert sum(int(line.rpartition(",")[2]) for line in lines) == sum(
        shop.count("session_started", on=f"2026-05-{day:02d}") for day in range(4, 11)
    )
    wrong = ana.get(link[1] + "9")
    assert wrong.status_code == 409
    assert "The numbers have changed" in text(wrong)


def test_cells_that_a_spreadsheet_would_run_are_made_harmless_and_json_is_untouched(ana: Browser) -> None:
    query = f"{WEEK}&by=all&m=nJourneySegmentsAssigned&g=journeySegmentId"
    assert ",'=Big baskets," in ana.get(f"/analytics/answer.csv?{query}").content.decode()
    body = json.loads(ana.get(f"/analytics/answer.json?{query}").content)
    assert body["request"]["groupBy"] == ["journeySegmentId"]
    assert {result["group"]["journeySegmentId"] for result in body["response"]["results"]} == {
        shop.CART,
        shop.BASKET,
    }


def test_the_request_is_there_to_hand_to_an_engineer_without_the_token(ana: Browser) -> None:
    page = html.unescape(get(ana, f"{WEEK}&m=nJourneySessions").content.decode())
    assert '"interval": "2026-05-04T00:00:00.000+01:00/2026-05-11T00:00:00.000+01:00"' in page
    assert "Authorization: Bearer $TOKEN" in page
    assert "post_analytics_journeys_aggregates_query" in page


def test_a_pasted_query_fills_the_builder(ana: Browser) -> None:
    body = {
        "interval": "2026-05-04T00:00:00+01:00/2026-05-11T00:00:00+01:00",
        "timeZone": "Europe/London",
        "granularity": "P1D",
        "metrics": ["nJourneySessions"],
        "filter": {"type": "or", "predicates": [{"dimension": "journeyDeviceCategory", "value": "mobile"}]},
    }
    response = ana.post("/analytics/paste", {"query": json.dumps(body)})
    assert response.status_code == 303
    assert (
        response["Location"]
        == f"/analytics/?{WEEK}&by=P1D&m=nJourneySessions&where=journeyDeviceCategory:is:mobile"
    )
    wrong = ana.post("/analytics/paste", {"query": '{"interval": 5}'})
    assert wrong.status_code == 422
    assert "“metrics” is missing" in text(wrong)
    assert html.escape('{"interval": 5}') in wrong.content.decode()
    # As the Python client's models write it; what no query has is never left out in silence.
    model = {
        "interval": body["interval"],
        "time_zone": "Europe/London",
        "group_by": ["journeyDeviceCategory"],
        "metrics": ["nJourneySessions"],
        "views": None,
        "alternate_time_dimension": None,
    }
    old = ana.post("/analytics/paste", {"query": json.dumps(model)})
    assert old["Location"] == f"/analytics/?{WEEK}&by=all&m=nJourneySessions&g=journeyDeviceCategory"
    for field in ("groupby", "alternateTimeDimension"):
        unknown = ana.post("/analytics/paste", {"query": json.dumps({**body, field: "eventTime"})})
        assert f"“{field}” is nothing that can be asked here" in text(unknown)
    torn = ana.post("/analytics/paste", {"query": '{"interval": '})
    assert "This is not JSON" in text(torn)


# The figure


def test_the_figure_and_the_table_hold_the_same_numbers(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&m=nJourneySessions&g=journeyDeviceCategory")
    table = rows(page)
    drawn = figure(page)
    for at, trace in enumerate(drawn["data"]):
        assert trace["name"] == table[0][at + 1]
        assert [str(value) for value in trace["y"]] == [row[at + 1].split(" ")[0] for row in table[1:-1]]


def test_names_in_a_figure_are_text_and_cannot_end_its_element(ana: Browser) -> None:
    page = get(ana, f"{WEEK}&m=nJourneySegmentsAssigned&g=journeySegmentId")
    raw = re.search(r"<template>(.*?)</template>", page.content.decode(), re.DOTALL)
    assert raw
    assert "<" not in raw[1]
    names = {trace["name"] for trace in figure(page)["data"]}
    assert "Cart leavers &lt;b&gt;" in names
    # Its own yellow cannot be seen on white: the nearest that can.
    colours = {line["colour"] for line in figure(page)["meta"]["lines"]}
    assert any(colour.startswith("@#") and colour.endswith("|#ffee00") for colour in colours)


def test_changes_to_what_is_shown_are_marks_with_who_and_what(ana: Browser) -> None:
    from datetime import UTC, datetime

    from journeyadmin.accounts.models import Connection
    from journeyadmin.history.models import Change

    place, person = Connection.objects.get(), Person.objects.get()
    before = {"displayName": "Cart leavers", "isActive": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: datetime(2026, 5, 6, 10, tzinfo=UTC))
        Change(
            connection=place,
            person=person,
            person_name=str(person),
            operation="update",
            kind="segment",
            object_id=shop.CART,
            name="Cart leavers",
            before=before,
            after={**before, "isActive": False},
        ).save()
    query = f"{WEEK}&m=nJourneySegmentsAssigned&g=journeySegmentId"
    marks = figure(get(ana, query))["data"][-1]
    assert marks["meta"]["marks"][0]["text"] == f"Cart leavers: Active: on → off ({person})"
    # 11:00 in London on the third day: a little before the middle of its bucket.
    assert marks["x"] == [pytest.approx(2 - 0.5 + 11 / 24, abs=0.001)]
    hidden = get(ana, f"{query}&marks=0")
    assert "marks" not in figure(hidden)["data"][-1]["meta"]
    assert "Show changes" in text(hidden)


def test_a_region_of_genesys_may_restate_the_last_days() -> None:
    now = timezone.now()
    asked = meant(Question(), now)
    cloud: Any = SimpleNamespace(connection=SimpleNamespace(region="eu-west-1"))
    embedded: Any = SimpleNamespace(connection=SimpleNamespace(region=""))
    assert restated_from(cloud, asked) == now - timedelta(hours=72)
    assert restated_from(embedded, asked) is None
    assert restated_from(cloud, meant(Question(range="2026-01-01..2026-01-02"), now)) is None


@pytest.mark.parametrize(
    "query",
    [
        "range=0001-01-01&zone=America/New_York",
        "range=0001-01-01T00:00Z..0001-01-02T00:00Z&zone=America/New_York",
        "range=9999-12-31T23:00Z..9999-12-31T23:30Z&zone=Asia/Tokyo",
        f"{WEEK}&where=journeyActionMapVersion:range:gte=nan",
        f"{WEEK}&where=journeyActionMapVersion:range:gte=1e400",
    ],
)
def test_what_no_calendar_and_no_json_holds_is_told_at_its_place(ana: Browser, query: str) -> None:
    for path in ("/analytics/", "/analytics/point", "/analytics/answer.csv"):
        assert ana.get(f"{path}?{query}", follow=True).status_code == 422, path


@pytest.mark.parametrize(
    ("interval", "bound"),
    [
        ("0001-01-01T00:00:00Z/0001-01-02T00:00:00Z", "3"),
        ("9999-12-31T23:00:00Z/9999-12-31T23:30:00Z", "3"),
        ("2026-05-04T00:00:00Z/2026-05-05T00:00:00Z", "1" + "0" * 400),
        ("2026-05-04T00:00:00Z/2026-05-05T00:00:00Z", "1e400"),
        ("2026-05-04T00:00:00Z/2026-05-05T00:00:00Z", "NaN"),
    ],
)
def test_a_pasted_query_of_such_is_refused_at_its_place(ana: Browser, interval: str, bound: str) -> None:
    predicate = f'{{"dimension": "journeyActionMapVersion", "range": {{"gte": {bound}}}}}'
    body = (
        f'{{"interval": "{interval}", "timeZone": "America/New_York", "metrics": ["nJourneySessions"], '
        f'"filter": {{"type": "and", "predicates": [{predicate}]}}}}'
    )
    assert ana.post("/analytics/paste", {"query": body}, follow=True).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        # 25 October 2026 has 25 hours there.
        "range=2026-11-01..2026-12-01&compare=previous",
        # February 2024 has a day more.
        "range=2025-02-01..2025-03-03&compare=year",
    ],
)
def test_a_time_before_that_has_more_buckets_than_are_allowed_is_not_compared(
    ana: Browser, query: str
) -> None:
    response = get(ana, f"{query}&zone=Europe/London&by=PT5M&m=nJourneySessions")
    response = ana.get(response["Location"]) if response.status_code == 302 else response
    assert response.status_code == 200
    assert "so nothing is compared" in text(response)
    assert "so nothing is compared" not in text(
        ana.get(f"/analytics/?{query}&zone=Europe/London&m=nJourneySessions", follow=True)
    )


def test_weekdays_and_hours_end_where_the_steps_are_longer_or_groups_overlap(ana: Browser) -> None:
    hours = f"{WEEK}&by=PT1H&m=nJourneySessions"
    for query in (
        f"{WEEK}&by=P1D&m=nJourneySessions&chart=heat",
        f"{hours}&g=journeySessionSegmentId&chart=heat",
    ):
        response = get(ana, query)
        assert response.status_code == 302
        assert "chart=heat" not in response["Location"]
        tile = ana.get(f"/dashboards/tile?{query}")
        assert figure(tile)["meta"]["kind"] == "time"
    # No session has a segment assigned: one group, and its numbers are in their hours.
    for query in (hours, f"{hours}&g=journeySegmentId&flatten=1"):
        [trace] = figure(ana.get(f"/analytics/?{query}&chart=heat", follow=True))["data"]
        assert trace["type"] == "heatmap"
        assert any(value for row in trace["z"] for value in row)


def test_a_big_number_is_never_that_of_one_group_among_several(ana: Browser) -> None:
    distinct = f"{WEEK}&by=all&m=nDistinctJourneySessions&chart=number"
    alone = text(ana.get(f"/dashboards/tile?{distinct}"))
    assert "not additive" not in alone
    grouped = text(ana.get(f"/dashboards/tile?{distinct}&g=journeyDeviceCategory"))
    assert "Distinct sessions not additive" in grouped
    none = ana.get("/dashboards/tile?range=2020-05-04&zone=UTC&m=nJourneySessions&chart=number")
    assert "No data in this range." in text(none)
