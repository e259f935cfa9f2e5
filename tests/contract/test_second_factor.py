"""The second factor of the embedded server's people: setting it up, signing in with it, losing it, and the rule that asks for it."""

import base64
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests import programs
from tests.contract.account import added, command, entered, page, send
from tests.contract.signing import SignIn, csrf_token, refresh, returned, works
from tests.programs import Program

CODE = re.compile(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){5}")
WRONG = "This code is wrong, or it was used already."


def secret_on(shown: requests.Response) -> str:
    """The secret of the app that a page has set up, from the link for this device."""
    found = re.search(r'href="(otpauth://[^"]+)"', shown.text)
    assert found, shown.text
    asked = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
    assert asked["issuer"] == ["Journey server"]
    # And as a picture, and to be typed.
    assert "<svg" in shown.text
    assert " ".join(re.findall("....", asked["secret"][0])) in shown.text
    return asked["secret"][0]


def code_of(secret: str, ago: int = 0) -> str:
    """What an app that knows this secret shows, or showed `ago` steps before."""
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return app.generate(int(time.time()) - 30 * ago).decode()


def settle() -> None:
    """Waits until the present step lasts for a while: a code of the step before must not age under way."""
    while 30 - time.time() % 30 < 15:
        time.sleep(0.5)


def set_up(signing: SignIn, password: str) -> tuple[str, list[str]]:
    """The secret and the recovery codes of whoever is signed in there."""
    secret = secret_on(send(signing, "factor", current=password))
    done = send(signing, "set_up", code=code_of(secret))
    assert "From now on signing in asks for a code" in done.text
    codes = CODE.findall(done.text)
    assert len(set(codes)) == 10
    # Shown once.
    assert not CODE.findall(page(signing).text)
    return secret, codes


def owing(server: Program, username: str, password: str) -> tuple[SignIn, requests.Response]:
    """A browser whose password was right, and the page that asks for the code."""
    signing = SignIn(server.url)
    asked = signing.submit(signing.open(), username, password)
    assert asked.status_code == 200
    assert 'autocomplete="one-time-code"' in asked.text
    return signing, asked


def code(signing: SignIn, shown: requests.Response, typed: str) -> requests.Response:
    form = {"code": typed, "csrfmiddlewaretoken": csrf_token(shown)}
    return signing.browser.post(shown.url, data=form, allow_redirects=False, timeout=30)


def test_it_is_set_up_and_asked_for(server: Program) -> None:
    password = added(server, "kim.factor")
    here, elsewhere = entered(server, "kim.factor", password), entered(server, "kim.factor", password)
    held = elsewhere.exchange(returned(elsewhere.open())["code"]).json()
    secret, codes = set_up(here, password)
    # Every sign-in that was made without it has ended.
    assert not works(server.url, held["access_token"])
    assert refresh(server.url, held["refresh_token"]).status_code == 400
    assert "10 of 10 recovery codes" in page(here).text
    signing, asked = owing(server, "kim.factor", password)
    # Nobody is signed in by the password alone, at no page.
    assert "to go on to your account" in page(signing).text
    assert "Kim Vale" not in page(signing).text
    settle()
    for typed in (
        code_of(secret, ago=-1),
        "",
        "000000x",
        "12345",
        "é" * 6,
        "٠١٢٣٤٥",
        "\0",
        "a" * 10_000,
        code_of(secret, ago=5),
    ):
        refused = code(signing, asked, typed)
        assert refused.status_code == 422, typed
        assert WRONG in refused.text
        assert "Location" not in refused.headers
        asked = refused
    # A recovery code, with or without its dashes, does it once.
    done = code(signing, asked, codes[0].replace("-", " ").upper())
    assert set(returned(done)) == {"code", "state"}
    assert "9 of 10 recovery codes" in page(signing).text
    again, asked = owing(server, "kim.factor", password)
    assert code(again, asked, codes[0]).status_code == 422


def test_a_code_is_taken_once(server: Program) -> None:
    password = added(server, "kim.once")
    here = entered(server, "kim.once", password)
    # The one before is taken too: who types slowly is let in. Later none of that age is.
    secret = secret_on(send(here, "factor", current=password))
    settle()
    assert "From now on" in send(here, "set_up", code=code_of(secret, ago=1)).text
    signing, asked = owing(server, "kim.once", password)
    used = code_of(secret)
    assert code(signing, asked, used).status_code == 302
    again, asked = owing(server, "kim.once", password)
    assert WRONG in code(again, asked, used).text
    assert WRONG in code(again, asked, code_of(secret, ago=1)).text


def test_a_wrong_code_sets_nothing_up(server: Program) -> None:
    password = added(server, "kim.wrong")
    here = entered(server, "kim.wrong", password)
    assert "Your present password is wrong." in send(here, "factor", current="another").text
    secret = secret_on(send(here, "factor", current=password))
    refused = send(here, "set_up", code="000000")
    assert refused.status_code == 422
    assert "That is not the code that the app shows now." in refused.text
    assert secret_on(refused) == secret
    assert entered(server, "kim.wrong", password)


def test_whoever_changes_something_has_to_have_it(server: Program) -> None:
    password = added(server, "kim.change")
    here = entered(server, "kim.change", password)
    _, codes = set_up(here, password)
    new = {"new": "geranium-otter-piano", "again": "geranium-otter-piano"}
    for action, form in (
        ("password", new),
        ("end", {"family": "all"}),
        ("remove", {}),
        ("codes", {}),
    ):
        refused = send(here, action, current=password, **form)
        assert refused.status_code == 422, action
        assert WRONG in refused.text
    told = send(here, "codes", current=password, code=codes[0])
    fresh = CODE.findall(told.text)
    assert len(fresh) == 10
    assert WRONG in send(here, "remove", current=password, code=codes[1]).text
    assert "Your present password is wrong." in send(here, "remove", current="no", code=fresh[0]).text
    assert "the password alone signs you in" in send(here, "remove", current=password, code=fresh[0]).text
    # A page that was left open from before offers new codes still; they would open nothing.
    late = send(here, "codes", current=password)
    assert late.status_code == 422
    assert "You have no second factor any more." in late.text
    assert not CODE.findall(late.text)
    assert entered(server, "kim.change", password)


def test_the_operator_resets_it_and_a_new_password_does_not(server: Program) -> None:
    password = added(server, "kim.lost")
    here = entered(server, "kim.lost", password)
    set_up(here, password)
    command(server, "person", "password", "kim.lost", typed="second own secret\n")
    assert owing(server, "kim.lost", "second own secret")
    command(server, "person", "reset-second-factor", "kim.lost")
    assert entered(server, "kim.lost", "second own secret")
    refused = programs.run_journeyserver(server.folder, "person", "reset-second-factor", "kim.lost")
    assert refused.returncode == 1
    assert "Kim Vale has no second factor." in refused.stderr


def test_the_demos_people_have_none(server: Program) -> None:
    here = entered(server, "analyst", "demo")
    assert "everybody knows their password" in page(here).text
    refused = send(here, "factor", current="demo")
    assert refused.status_code == 422
    assert "otpauth" not in refused.text


def test_it_is_kept_sealed(server: Program) -> None:
    password = added(server, "kim.sealed")
    secret, codes = set_up(entered(server, "kim.sealed", password), password)
    for file in Path(server.folder).glob("journeyserver.sqlite3*"):
        kept = file.read_bytes()
        assert secret.encode() not in kept
        assert not [one for one in codes if one.encode() in kept or one.replace("-", "").encode() in kept]
    told = "\n".join(server.lines)
    assert secret not in told


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory):
    with programs.journeyserver(
        tmp_path_factory.mktemp("strict"),
        JOURNEYSERVER_SECOND_FACTOR="analyst",
        JOURNEYSERVER_FAILED_SIGN_INS="3",
    ) as server:
        yield server


def test_who_must_have_one_sets_it_up_on_the_way(strict: Program) -> None:
    password = added(strict, "kim.must")
    signing = SignIn(strict.url)
    asked = signing.submit(signing.open(), "kim.must", password)
    assert asked.status_code == 200
    assert "Set up your second factor" in asked.text
    secret = secret_on(asked)
    refused = code(signing, asked, "000000")
    assert refused.status_code == 422
    assert secret_on(refused) == secret
    assert "to go on to your account" in page(signing).text
    shown = code(signing, refused, code_of(secret))
    # The recovery codes are seen before anything goes on.
    assert shown.status_code == 200
    codes = CODE.findall(shown.text)
    assert len(codes) == 10
    form = {"go_on": "1", "csrfmiddlewaretoken": csrf_token(shown)}
    done = signing.browser.post(shown.url, data=form, allow_redirects=False, timeout=30)
    assert set(returned(done)) == {"code", "state"}
    kept = send(signing, "remove", current=password, code=codes[0])
    assert "so it cannot be removed" in kept.text
    # The demo's people, and those of other roles, go on without.
    assert entered(strict, "analyst", "demo")


def test_a_guesser_of_codes_waits(strict: Program) -> None:
    password = added(strict, "kim.guess")
    signing = SignIn(strict.url)
    asked = signing.submit(signing.open(), "kim.guess", password)
    secret = secret_on(asked)
    assert code(signing, asked, code_of(secret)).status_code == 200
    guessing, asked = owing(strict, "kim.guess", password)
    for _ in range(3):
        asked = code(guessing, asked, "000000")
        assert WRONG in asked.text
    assert "Too many failed sign-ins." in code(guessing, asked, code_of(secret)).text


def test_a_rule_for_nobody_is_refused(tmp_path: Path) -> None:
    told = programs.run_journeyserver(tmp_path, "migrate", JOURNEYSERVER_SECOND_FACTOR="admins")
    assert told.returncode == 78
    assert "JOURNEYSERVER_SECOND_FACTOR names roles" in told.stderr


def test_with_another_key_the_recovery_codes_are_what_is_left(tmp_path: Path) -> None:
    with programs.journeyserver(tmp_path, JOURNEYSERVER_SECRET_KEY="first key") as server:
        password = added(server, "kim.key")
        secret, codes = set_up(entered(server, "kim.key", password), password)
    with programs.journeyserver(tmp_path, JOURNEYSERVER_SECRET_KEY="second key") as server:
        signing, asked = owing(server, "kim.key", password)
        told = code(signing, asked, code_of(secret))
        assert "can no longer read your second factor" in told.text
        assert code(signing, told, codes[0]).status_code == 302
