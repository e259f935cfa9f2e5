"""What an operator sets up by commands counts in the running server from the next request on."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import requests

from tests import programs
from tests.contract.asking import SEGMENTS, TARGETS, Api
from tests.programs import Program

NOBODY = "00000000-0000-4000-8000-00000000dead"
# Several commands in one process; each is told with its exit code.
RUN = "import json, sys; from journeyserver.__main__ import main; [print('=', main(line)) for line in json.loads(sys.argv[1])]"


def run(server: Program, *lines: list[str], typed: str = "") -> str:
    """What these commands print, each with its exit code after it."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(lines)],
        cwd=programs.ROOT,
        env=programs.environment(server.folder),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_a_persons_roles_change_and_a_person_is_switched_off(server: Program) -> None:
    dana = ["person", "add", "dana.op", "--name", "Dana Op", "--email", "dana@shop.example"]
    told = run(
        server,
        [*dana, "--role", "analyst"],
        ["token", "journey-admin-dashboard", "--person", "dana.op"],
        typed="own long secret\n",
    )
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {told.splitlines()[2]}"
    api = Api(server.url, session)
    assert api.post(SEGMENTS, {"displayName": "By an analyst"}).status == 403
    run(server, ["person", "roles", "dana.op", "--role", "marketer", "--role", "supervisor"])
    made = api.post(SEGMENTS, {"displayName": "By a marketer and supervisor"})
    assert made.status == 200
    assert api.delete(f"{SEGMENTS}/{made.json['id']}").status == 204
    told = run(server, ["person", "off", "dana.op"], ["person", "list"], ["person", "off", "nobody"])
    assert api.get(SEGMENTS).status == 401
    assert "dana.op\tDana Op\tmarketer, supervisor\toff\n" in told
    assert told.endswith("journeyserver: There is no person called nobody.\n= 1\n")
    told = run(server, ["person", "on", "dana.op"], ["person", "list"], ["person", "remove", "dana.op"])
    assert "dana.op\tDana Op\tmarketer, supervisor\n" in told
    # What was given out before stays revoked.
    assert api.get(SEGMENTS).status == 401


def test_a_site_of_ones_own_reports_events(server: Program) -> None:
    told = run(
        server,
        ["deployment", "add", "Own shop", "--origin", "https://shop.example"],
        ["deployment", "list"],
        ["deployment", "add", "Own shop", "--origin", "https://shop.example/"],
        ["deployment", "add", "Own shop", "--origin", "https://"],
        ["deployment", "add", "Own shop", "--origin", "https://[shop"],
        ["deployment", "remove", NOBODY],
    )
    found = re.search(r"deployments/(\S+)/webevents", told)
    assert found, told
    assert f"{found[1]}\tOwn shop\thttps://shop.example\n" in told
    for wrong in ("https://shop.example/", "https://", "https://[shop"):
        assert f"such as https://shop.example, not {wrong}.\n= 1\n" in told
    assert told.endswith(f"There is no deployment called {NOBODY}.\n= 1\n")
    event = {
        "customerCookieId": "b3f0a4de-9c0f-4d39-8f5e-2f3f7b1d9c77",
        "eventName": "page_viewed",
        "createdDate": datetime.now(UTC).isoformat(),
        "page": {"url": "https://shop.example/", "title": "Own shop"},
    }
    address = f"{server.url}/api/v2/journey/deployments/{found[1]}/webevents"
    for origin, status in (("https://shop.example", 200), ("https://other.example", 403)):
        answer = requests.post(address, json=event, headers={"Origin": origin}, timeout=30)
        assert answer.status_code == status
    assert "= 0" in run(server, ["deployment", "remove", found[1]])


def test_a_target_of_ones_own(server: Program, api: Api) -> None:
    told = run(
        server,
        ["target", "add", "Night shift", "--percentage", "92.5", "--seconds", "30", "--media-type", "call"],
        ["target", "list"],
        ["target", "add", "Night shift", "--percentage", "nan"],
        ["target", "add", " ", "--seconds", "30"],
        ["target", "remove", "none"],
    )
    found = re.search(r"with the id (\S+)\.", told)
    assert found, told
    assert f"{found[1]}\tNight shift\t92.5 % in 30 s\n" in told
    assert told.count("= 1\n") == 3
    target = api.get(f"{TARGETS}/{found[1]}").json
    assert target["serviceLevel"] == {"percentage": 0.925, "durationMs": 30_000}
    assert target["supportedMediaTypes"] == ["call"]
    run(server, ["target", "remove", found[1]])
    assert api.get(f"{TARGETS}/{found[1]}").status == 404


def test_what_cannot_be_meant_is_not_kept(server: Program) -> None:
    dana = ["person", "add", "dana.odd"]
    told = run(
        server,
        ["client", "add", ""],
        ["client", "add", "with:colon"],
        ["client", "add", "odd", "--redirect-uri", "javascript:alert(1)"],
        ["client", "add", "odd", "--redirect-uri", "https://journeys.example/accounts/callback#here"],
        ["client", "add", "odd", "--redirect-uri", "https://[::1/"],
        [*dana, "--name", "Dana", "--email", "dana at the shop", "--role", "analyst"],
        [*dana, "--name", " ", "--email", "dana@shop.example", "--role", "analyst"],
        ["client", "remove", "odd"],
        ["person", "remove", "dana.odd"],
    )
    assert told.count("= 1\n") == 9
    assert told.count("A client's id has") == 2
    assert told.count("A redirect address is") == 3
    assert "dana at the shop is no e-mail address." in told
    assert "A name has 1 to 150 characters" in told
