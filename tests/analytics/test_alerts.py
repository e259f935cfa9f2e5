"""Alerts on saved queries: what is looked at, firing once and arming again, and what is told (DSH9)."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from analytics.alerts import evaluating
from analytics.alerts.conditions import CONDITIONS, holds
from analytics.alerts.evaluating import NothingFinished, evaluate
from analytics.models import Alert, Firing, SavedQuery
from analytics.uses import uses
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.environment import SetupError
from journeyadmin.environment import mail as mail_server
from tests import cast
from tests.analytics import shop
from tests.analytics.test_query_page import text
from tests.programs import Program

# A Wednesday; half of it has gone by in London.
NOW = datetime(2026, 5, 6, 11, 30, tzinfo=UTC)
DAILY = "range=last-7-days&zone=Europe/London&by=P1D&m=nJourneySessions"
GROWING = "range=since 2026-05-01&zone=Europe/London&by=P1D&m=nJourneySessions"


@pytest.fixture
def ask(shop: Program) -> Callable[[dict[str, Any]], dict[str, Any]]:
    session = cast.api(shop.url)

    def asked(query: dict[str, Any]) -> dict[str, Any]:
        answer = session.post(
            f"{shop.url}/api/v2/analytics/journeys/aggregates/query", json=query, timeout=30
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    return asked


def alert(address: str, condition: str, limit: float, measure: str = "nJourneySessions") -> Alert:
    return Alert(query=SavedQuery(address=address), condition=condition, limit=limit, measure=measure)


def sessions(day: int) -> int:
    return shop.count("session_started", on=f"2026-05-{day:02}")


# The conditions


@pytest.mark.parametrize(
    ("key", "value", "before", "limit", "wanted"),
    [
        ("above", 5, None, 5, False),
        ("above", 5.1, None, 5, True),
        ("below", 5, None, 5, False),
        ("below", 4, None, 5, True),
        ("at_least", 5, None, 5, True),
        ("at_most", 5, None, 5, True),
        ("at_most", 6, None, 5, False),
        ("above", None, None, 5, None),
        ("rises", 12, 10, 20, True),
        ("rises", 11.9, 10, 20, False),
        ("falls", 8, 10, 20, True),
        ("falls", 8.1, 10, 20, False),
        ("falls", 12, 10, 20, False),
        # From nothing there is no percentage.
        ("rises", 12, 0, 20, None),
    ],
)
def test_each_condition_holds_where_it_says(key, value, before, limit, wanted) -> None:
    assert holds(CONDITIONS[key], limit, value, before, in_percent=False) is wanted


def test_the_limit_of_a_share_is_in_percent() -> None:
    assert holds(CONDITIONS["at_most"], 80, 0.8, None, in_percent=True)
    assert not holds(CONDITIONS["above"], 80, 0.8, None, in_percent=True)


# What is looked at


def test_the_day_that_is_not_over_is_not_looked_at(ask) -> None:
    address = DAILY.replace("last-7-days", "this-week")
    found = evaluate(alert(address, "at_least", sessions(5)), ask, NOW)
    assert found.holds is True
    assert found.facts["rows"] == [[[], sessions(5), None]]
    assert found.facts["start"] == "2026-05-04T23:00:00+00:00"
    assert evaluate(alert(address, "above", sessions(5)), ask, NOW).holds is False


def test_a_change_is_against_the_finished_bucket_before(ask) -> None:
    found = evaluate(alert(DAILY, "rises", 1), ask, NOW)
    assert found.facts["rows"] == [[[], sessions(5), sessions(4)]]
    assert found.holds is (sessions(5) >= sessions(4) * 1.01)


def test_early_in_a_range_the_same_range_before_is_asked(ask) -> None:
    monday = datetime(2026, 5, 4, 6, tzinfo=UTC)
    week = DAILY.replace("last-7-days", "this-week")
    assert evaluate(alert(week, "falls", 1), ask, monday).facts["rows"] == [[[], sessions(3), sessions(2)]]
    whole = week.replace("P1D", "all")
    found = evaluate(alert(whole, "above", 0), ask, datetime(2026, 5, 13, 6, tzinfo=UTC))
    assert found.facts["rows"] == [[[], sum(sessions(day) for day in range(4, 11)), None]]


def test_the_last_hours_leave_out_the_hour_that_has_begun(ask) -> None:
    asked: list[dict[str, Any]] = []

    def remembered(query: dict[str, Any]) -> dict[str, Any]:
        asked.append(query)
        return ask(query)

    evaluate(
        alert(DAILY.replace("last-7-days", "last-24-hours").replace("P1D", "all"), "above", 0),
        remembered,
        NOW,
    )
    assert [query["interval"] for query in asked] == [
        "2026-05-05T12:00:00.000+01:00/2026-05-06T12:00:00.000+01:00"
    ]


def test_nothing_counted_is_nought_and_a_share_of_nothing_is_no_number(ask) -> None:
    before_all = datetime(2026, 4, 20, 12, tzinfo=UTC)
    assert evaluate(alert(DAILY, "below", 1), ask, before_all).holds is True
    rate = "nWebActionsOffered/nWebActionsQualified"
    address = DAILY.replace("nJourneySessions", rate)
    assert evaluate(alert(address, "below", 50, rate), ask, before_all).holds is None


def test_of_groups_those_that_meet_it_are_named(ask) -> None:
    address = f"{DAILY}&g=journeyDeviceCategory"
    counted = {
        device: shop.count("session_started", on="2026-05-05", journeyDeviceCategory=device)
        for device in shop.DEVICES
    }
    most = max(counted.values())
    found = evaluate(alert(address, "at_least", most), ask, NOW)
    assert {row[0][0] for row in found.facts["rows"]} == {
        device for device, number in counted.items() if number == most
    }
    assert found.facts["groups"] == 3

    def without_phones(query: dict[str, Any]) -> dict[str, Any]:
        answer = ask(query)
        if query["interval"].startswith("2026-05-05"):
            answer["results"] = [row for row in answer["results"] if "mobile" not in row["group"].values()]
        return answer

    yesterday = address.replace("last-7-days", "yesterday")
    found = evaluate(alert(yesterday, "falls", 100), without_phones, NOW)
    assert [row[0][0] for row in found.facts["rows"]] == ["mobile"]
    assert evaluate(alert(address, "above", most), ask, NOW).holds is False


def test_a_bucket_that_is_always_cut_is_never_finished(ask) -> None:
    with pytest.raises(NothingFinished):
        evaluate(alert(DAILY.replace("P1D", "P1M"), "above", 0), ask, NOW)


@pytest.mark.parametrize(
    ("address", "moves"),
    [
        ("range=last-7-days", True),
        ("range=this-week&by=all", True),
        ("range=since 2026-05-01", True),
        ("range=since 2026-05-01&by=all", False),
        ("range=2026-05-01..2026-05-07", False),
    ],
)
def test_what_never_changes_is_nothing_to_wait_for(address, moves) -> None:
    assert evaluating.may_change(evaluating.question_of(address)) is moves


# A round


@pytest.fixture
def unattended(ana: Browser, shop: Program) -> Connection:
    """The shop's connection, for which a client may ask."""
    client = Connection(
        name="Shop as a client",
        typed_login_url=shop.url,
        typed_api_url=shop.url,
        mode="client",
        client_id=cast.SERVICE[0],
    )
    client.client_secret = cast.SERVICE[1]
    client.save()
    place = Connection.objects.get(name="Test shop")
    place.unattended = client
    place.save()
    return place


def kept(place: Connection, condition: str, limit: float, **more: Any) -> Alert:
    owner = Person.objects.get()
    query = SavedQuery.objects.create(
        connection=place, owner=owner, name=more.pop("name", "Visits"), address=GROWING
    )
    measure = more.pop("measure", "nJourneySessions")
    return Alert.objects.create(
        query=query, owner=owner, measure=measure, condition=condition, limit=limit, **more
    )


def test_it_fires_once_and_is_armed_again_when_it_no_longer_holds(unattended, capsys) -> None:
    one = kept(unattended, "below", 1)
    call_command("alerts")
    assert "1 alerts looked at: 1 fired, 0 armed again, 0 failed." in capsys.readouterr().out
    call_command("alerts")
    assert [firing.ended for firing in one.firings.all()] == [None]
    Alert.objects.update(condition="above")
    call_command("alerts")
    assert "1 armed again" in capsys.readouterr().out
    assert one.firings.get().ended
    one.refresh_from_db()
    assert not one.firing
    Alert.objects.update(condition="below")
    call_command("alerts")
    assert one.firings.count() == 2


def test_one_that_fails_is_no_firing_and_stops_no_other(unattended, ana) -> None:
    broken = kept(unattended, "below", 1, name="A broken one", measure="nNothing")
    whole = kept(unattended, "below", 1, name="B")
    call_command("alerts")
    broken.refresh_from_db()
    assert not broken.firing
    assert broken.failure == {"reason": "nothing_finished"}
    assert [firing.alert_id for firing in Firing.objects.all()] == [whole.pk]
    page = text(ana.get("/analytics/alerts/"))
    assert "not looked at" in page
    assert "The query has no finished time to look at." in page
    assert "firing" in page


def test_a_failure_does_not_arm_it_again(unattended) -> None:
    one = kept(unattended, "below", 1)
    call_command("alerts")
    Connection.objects.filter(name="Shop as a client").update(client_id="nobody")
    call_command("alerts")
    one.refresh_from_db()
    assert one.firing
    assert one.failure is not None
    assert one.failure["error"] == "SignInRefused"
    assert one.firings.count() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda place, owner: Connection.objects.filter(pk=place.pk).update(unattended=None),
            "no_connection",
        ),
        (
            # What leads to another service by now is not asked for this one.
            lambda place, owner: Connection.objects.filter(name="Shop as a client").update(
                typed_api_url="https://other.example"
            ),
            "no_connection",
        ),
        (lambda place, owner: Person.objects.filter(pk=owner.pk).update(permissions=[]), "no_permission"),
        (lambda place, owner: SavedQuery.objects.update(owner=None), "not_shared"),
    ],
)
def test_nobody_learns_by_an_alert_what_they_may_not_see(unattended, change, reason) -> None:
    one = kept(unattended, "below", 1)
    change(unattended, one.owner)
    call_command("alerts")
    one.refresh_from_db()
    assert one.failure == {"reason": reason}
    assert not one.firings.exists()


def test_its_owner_is_told_by_mail_once_and_in_their_language(unattended, settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    settings.PUBLIC_URL = "https://journeys.example"
    one = kept(unattended, "below", 1, by_mail=True, language="de", name="Besuche\nBcc: x@y.example")
    call_command("alerts")
    call_command("alerts")
    assert len(mail.outbox) == 1
    told = mail.outbox[0]
    assert told.to == [one.owner.email]
    assert "\n" not in told.subject
    assert f"https://journeys.example/analytics/alerts/{one.pk}/" in told.body
    assert "Besuche" in told.body
    assert "unter 1" in told.body
    assert one.firings.get().mail == "sent"


def test_a_mail_server_that_fails_is_said_and_changes_nothing_else(unattended, settings, ana) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    one = kept(unattended, "below", 1, by_mail=True)
    call_command("alerts")
    assert one.firings.get().mail == "failed"
    assert "The mail server did not take the e-mail." in text(ana.get(f"/analytics/alerts/{one.pk}/"))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", ("", 0, "", "", "")),
        ("smtp://u:p%40ss@mail.example", ("mail.example", 587, "u", "p@ss", "starttls")),
        ("smtps://mail.example:4650", ("mail.example", 4650, "", "", "tls")),
        ("smtp+plain://127.0.0.1", ("127.0.0.1", 25, "", "", "")),
    ],
)
def test_a_mail_server_is_one_setting(url, found) -> None:
    assert tuple(mail_server(url)) == found


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail:x"])
def test_a_wrong_mail_server_is_said_in_a_sentence(url) -> None:
    with pytest.raises(SetupError, match="JOURNEYADMIN_MAIL takes"):
        mail_server(url)


def test_the_operator_names_who_asks_by_a_command(unattended) -> None:
    Connection.objects.filter(pk=unattended.pk).update(unattended=None)
    call_command("connection", "Test shop", "--unattended", "Shop as a client")
    unattended.refresh_from_db()
    assert unattended.asks_unattended is not None
    with pytest.raises(CommandError, match="no connection as a client"):
        call_command("connection", "Test shop", "--unattended", "Test shop")


# The pages


def saved(ana: Browser, address: str = GROWING, name: str = "Visits", **more: str) -> SavedQuery:
    ana.post("/analytics/saved/new", {"name": name, "address": address, **more})
    return SavedQuery.objects.get(name=name)


SENT = {"measure": "nJourneySessions", "condition": "below", "limit": "1", "do": "save"}


def test_an_alert_is_made_listed_changed_and_deleted(ana: Browser) -> None:
    query = saved(ana, name="<img src=x>")
    made = ana.post(f"/analytics/alerts/new/{query.pk}", {**SENT, "limit": "1 000.5"})
    assert made.status_code == 303
    one = Alert.objects.get()
    assert (one.limit, one.by_mail) == (1000.5, False)
    page = ana.get("/analytics/alerts/")
    assert "<img src=x>" not in page.content.decode()
    assert "Sessions below 1 000.5" in text(page)
    assert "armed" in text(page)
    assert "1 alert" in text(ana.get("/analytics/saved/"))
    Alert.objects.update(firing=True)
    assert "firing" in text(ana.get("/analytics/saved/"))
    ana.post(f"/analytics/alerts/{one.pk}/", SENT)
    one.refresh_from_db()
    assert (one.limit, one.firing) == (1, False)
    ana.post(f"/analytics/alerts/{one.pk}/delete")
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("address", "sent", "words"),
    [
        (GROWING, {"limit": "many"}, "Type a number, for example 100 or 2.5."),
        (GROWING, {"limit": "inf"}, "Type a number, for example 100 or 2.5."),
        (GROWING, {"condition": "rises", "limit": "0"}, "A change needs a percentage above 0."),
        ("range=2026-05-01..2026-05-07&m=nJourneySessions", {}, "This query asks about fixed dates"),
    ],
)
def test_what_cannot_be_waited_for_is_said_and_nothing_typed_is_lost(ana, address, sent, words) -> None:
    query = saved(ana, address)
    answer = ana.post(f"/analytics/alerts/new/{query.pk}", {**SENT, **sent})
    assert answer.status_code == 422
    assert words in text(answer)
    assert f'value="{sent.get("limit", "1")}"' in answer.content.decode()
    assert not Alert.objects.exists()


def test_the_test_button_says_what_it_would_do_and_changes_nothing(ana: Browser) -> None:
    query = saved(ana)
    would = ana.post(f"/analytics/alerts/new/{query.pk}", {**SENT, "do": "test"})
    assert would.status_code == 200
    assert "It would fire now." in text(would)
    assert not Alert.objects.exists()
    not_now = ana.post(f"/analytics/alerts/new/{query.pk}", {**SENT, "condition": "above", "do": "test"})
    assert "It would not fire now." in text(not_now)
    ana.post(f"/analytics/alerts/new/{query.pk}", SENT)
    Alert.objects.update(firing=True)
    one = Alert.objects.get()
    holding = ana.post(f"/analytics/alerts/{one.pk}/", {**SENT, "do": "test"})
    assert "It holds still" in text(holding)
    arms = ana.post(f"/analytics/alerts/{one.pk}/", {**SENT, "condition": "above", "do": "test"})
    assert "would be armed again" in text(arms)
    # How it stands is still that of the alert that is kept; once saved, it waits for something else.
    other = text(ana.post(f"/analytics/alerts/{one.pk}/", {**SENT, "limit": "5", "do": "test"}))
    assert "It would fire now." in other
    assert "Sessions below 1 firing" in other
    one.refresh_from_db()
    assert (one.condition, one.firing, one.looked) == ("below", True, None)
    # Saved as it is, it has still been told.
    ana.post(f"/analytics/alerts/{one.pk}/", SENT)
    one.refresh_from_db()
    assert one.firing


def test_what_was_seen_stays_as_it_was_when_another_measure_is_looked_at(unattended, ana: Browser) -> None:
    one = kept(unattended, "below", 1)
    SavedQuery.objects.update(
        address=f"{GROWING}&m=nJourneySessions&m=nWebActionsAccepted/nWebActionsOffered"
    )
    call_command("alerts")
    Firing.objects.update(facts={**one.firings.get().facts, "rows": [[[], 12, None]]})
    Alert.objects.update(measure="nWebActionsAccepted/nWebActionsOffered")
    page = text(ana.get(f"/analytics/alerts/{one.pk}/"))
    assert ": 12 " in page
    assert "1 200 %" not in page


def test_others_see_the_alerts_of_shared_queries_and_change_none(at_shop, ana) -> None:
    mine, shared = saved(ana, name="Mine"), saved(ana, name="Shared", shared="on")
    for query in (mine, shared):
        ana.post(f"/analytics/alerts/new/{query.pk}", SENT)
    own, told = Alert.objects.get(query=mine), Alert.objects.get(query=shared)
    other = at_shop("supervisor")
    page = text(other.get("/analytics/alerts/"))
    assert "Shared" in page
    assert "Mine" not in page
    assert other.get(f"/analytics/alerts/{own.pk}/").status_code == 404
    assert "Save the alert" not in text(other.get(f"/analytics/alerts/{told.pk}/"))
    assert other.post(f"/analytics/alerts/{told.pk}/", SENT).status_code == 404
    assert other.post(f"/analytics/alerts/{told.pk}/delete").status_code == 404
    assert other.get(f"/analytics/alerts/new/{mine.pk}").status_code == 404


def test_without_the_permission_none_is_made(at_shop, ana) -> None:
    query = saved(ana, shared="on")
    Person.objects.update(permissions=[])
    assert ana.get(f"/analytics/alerts/new/{query.pk}").status_code == 403
    assert ana.post(f"/analytics/alerts/new/{query.pk}", SENT).status_code == 403
    assert not Alert.objects.exists()


def test_where_nobody_may_ask_the_pages_say_so(ana: Browser) -> None:
    query = saved(ana)
    ana.post(f"/analytics/alerts/new/{query.pk}", SENT)
    assert "Alerts of this connection are not looked at." in text(ana.get("/analytics/alerts/"))


def test_deleting_says_which_alerts_go_with_it(ana: Browser) -> None:
    query = saved(ana, f"{GROWING}&where=journeySessionSegmentId:is:{shop.CART}")
    ana.post(f"/analytics/alerts/new/{query.pk}", SENT)
    page = text(ana.get(f"/analytics/saved/{query.pk}/delete"))
    assert "Its alert goes with it: Sessions below 1" in page
    mine = SimpleNamespace(connection=Connection.objects.get(), user=Person.objects.get())
    found = [(use.what, use.name) for use in uses(mine, "segment", shop.CART)]  # type: ignore[arg-type]
    assert found == [("Saved query", "Visits"), ("Alert", "Sessions below 1")]
    ana.post(f"/analytics/saved/{query.pk}/delete")
    assert not Alert.objects.exists()


def test_what_names_a_segment_is_found_without_asking_for_each(
    ana: Browser, django_assert_num_queries: Any
) -> None:
    me = Person.objects.get()
    for number in range(3):
        query = saved(ana, f"{GROWING}&where=journeySegmentId:is:one", name=f"Query {number}")
        ana.post(f"/analytics/alerts/new/{query.pk}", SENT)
        ana.post("/dashboards/add", {"address": query.address, "title": "T", "new_name": f"Board {number}"})
    request: Any = SimpleNamespace(user=me, connection=me.connection)
    with django_assert_num_queries(3):
        found = [one.name for one in uses(request, "segment", "one")]
    assert len(found) == 9
    assert "Query 2" in found
    assert "Board 2" in found
