"""A person's own account at the embedded server: a new password, ending sign-ins, and asking before another client goes on."""

import re

import requests

from tests.cast import DASHBOARD_CLIENT, REDIRECT_URI
from tests.contract.account import added, command, entered, page, send
from tests.contract.signing import SignIn, csrf_token, refresh, returned, works
from tests.programs import Program

NEW = "geranium-otter-piano"


def new_password(signing: SignIn, current: str, new: str, again: str = "") -> requests.Response:
    return send(signing, "password", current=current, new=new, again=again or new)


def tokens(signing: SignIn) -> dict[str, str]:
    told: dict[str, str] = signing.exchange(returned(signing.open())["code"]).json()
    return told


def test_it_asks_who_it_is_first(server: Program) -> None:
    signing = SignIn(server.url)
    shown = page(signing)
    assert "to go on to your account" in shown.text
    assert "Kim" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    back = signing.submit(shown, "analyst")
    assert (back.status_code, back.headers["Location"]) == (302, "/account")
    assert "Aiko Tanaka" in page(signing).text


def test_a_token_opens_nothing_here(server: Program) -> None:
    token = SignIn(server.url).tokens("analyst")["access_token"]
    answer = requests.get(f"{server.url}/account", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert "to go on to your account" in answer.text


def test_a_new_password_ends_every_other_sign_in(server: Program) -> None:
    first = added(server, "kim.password")
    here, elsewhere = entered(server, "kim.password", first), entered(server, "kim.password", first)
    held = tokens(elsewhere)
    assert works(server.url, held["access_token"])
    done = new_password(here, first, NEW)
    assert "Your password is changed." in done.text
    # Said once, and nothing is sent again by reloading.
    assert "Your password is changed." not in page(here).text
    assert not works(server.url, held["access_token"])
    assert refresh(server.url, held["refresh_token"]).status_code == 400
    assert "Sign in" in page(elsewhere).text
    assert "Kim Vale" in page(here).text
    again = SignIn(server.url)
    assert again.submit(again.open(), "kim.password", first).status_code == 422
    assert again.submit(again.open(), "kim.password", NEW).status_code == 302


def test_a_password_that_will_not_do_changes_nothing(server: Program) -> None:
    first = added(server, "kim.refused")
    here = entered(server, "kim.refused", first)
    held = tokens(here)
    for current, new, again, said in (
        ("wrong", NEW, NEW, "Your present password is wrong."),
        (first, NEW, "another", "typed differently"),
        (first, first, first, "That is your present password."),
        (first, "short", "short", "at least 12 characters"),
        (first, "qwertyqwerty", "qwertyqwerty", "too common"),
        (first, "kim@shop.example", "kim@shop.example", "too similar to the email"),
    ):
        answer = new_password(here, current, new, again)
        assert answer.status_code == 422, said
        assert said in answer.text
        assert f'value="{new}"' not in answer.text
    assert works(server.url, held["access_token"])
    assert entered(server, "kim.refused", first)


def test_one_sign_in_is_ended_and_the_others_stay(server: Program) -> None:
    first = added(server, "kim.one")
    here, elsewhere = entered(server, "kim.one", first), entered(server, "kim.one", first)
    mine, theirs = tokens(here), tokens(elsewhere)
    families = re.findall(r'name="family" value="([0-9a-f-]{36})"', page(here).text)
    assert len(families) == 2
    # The newest stands first.
    refused = send(here, "end", family=families[0], current="wrong")
    # What was chosen stays so, and nothing else becomes it.
    assert re.findall(r'name="family" value="(\S+)" checked', refused.text) == [families[0]]
    assert refused.status_code == 422
    assert works(server.url, theirs["access_token"])
    assert "Ended." in send(here, "end", family=families[0], current=first).text
    assert not works(server.url, theirs["access_token"])
    assert works(server.url, mine["access_token"])
    assert "Choose what to end." in send(here, "end", current=first).text


def test_everything_is_ended_but_this_page(server: Program) -> None:
    first = added(server, "kim.all")
    here, elsewhere = entered(server, "kim.all", first), entered(server, "kim.all", first)
    held = tokens(elsewhere)
    assert "All your sign-ins elsewhere have ended" in send(here, "end", family="all", current=first).text
    assert not works(server.url, held["access_token"])
    assert elsewhere.open().status_code == 200
    assert "Kim Vale" in page(here).text


def test_nobody_ends_what_is_another_persons(server: Program) -> None:
    mine, other = added(server, "kim.mine"), added(server, "kim.other")
    victim = entered(server, "kim.other", other)
    held = tokens(victim)
    family = re.findall(r'name="family" value="([0-9a-f-]{36})"', page(victim).text)[0]
    send(entered(server, "kim.mine", mine), "end", family=family, current=mine)
    assert works(server.url, held["access_token"])


def test_a_form_from_elsewhere_changes_nothing(server: Program) -> None:
    here = entered(server, "analyst", "demo")
    form = {"action": "password", "current": "demo", "new": NEW, "again": NEW}
    assert here.browser.post(f"{server.url}/account", data=form, timeout=30).status_code == 403
    assert entered(server, "analyst", "demo")


def test_the_way_back_is_the_clients_own(server: Program) -> None:
    here = entered(server, "analyst", "demo")
    own = page(here, client_id=DASHBOARD_CLIENT, redirect_uri=REDIRECT_URI)
    assert f'<a href="{REDIRECT_URI}">Back to Journey Admin</a>' in own.text
    for target in ("https://evil.example/", "javascript:alert(1)", "//evil.example"):
        assert "Back to" not in page(here, client_id=DASHBOARD_CLIENT, redirect_uri=target).text


def test_another_client_asks_first(server: Program) -> None:
    """OWASP ASVS 10.7: a sign-in for one client is no consent to the next."""
    command(
        server, "client", "add", "second", "--name", "Second desk", "--public", "--redirect-uri", REDIRECT_URI
    )
    signing = entered(server, "analyst", "demo")
    signing.asked["client_id"] = "second"
    asked = signing.open()
    assert asked.status_code == 200
    assert "Go on to Second desk?" in asked.text
    assert "Aiko Tanaka" in asked.text
    # Pressing the button needs the page's own token.
    pressed = {"go_on": "1"}
    assert signing.browser.post(asked.url, data=pressed, timeout=30).status_code == 403
    pressed["csrfmiddlewaretoken"] = csrf_token(asked)
    assert returned(signing.browser.post(asked.url, data=pressed, allow_redirects=False, timeout=30))["code"]
    # Once a session.
    assert returned(signing.open())["code"]
    # And never instead of the password where the client asks for that.
    afresh = signing.open(prompt="login")
    pressed["csrfmiddlewaretoken"] = csrf_token(afresh)
    assert (
        signing.browser.post(afresh.url, data=pressed, allow_redirects=False, timeout=30).status_code == 422
    )
