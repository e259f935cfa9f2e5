"""LOC2: wherever a time of day is shown, the zone it is of stands beside it, and who chose it in its title."""

import re
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from journeyadmin.accounts.models import Person
from tests import cast
from tests.programs import ROOT, Program

# Parts whose zone the page around them names.
NAMED_AROUND = {
    "history/object.html": "history/_object.html",
    "segments/_changes.html": "segments/view.html",
    "live/_rows.html": "live/_list.html",
}
NAMES = ("_zone.html", "{{ zone }}", "add:zone", "{% age ")


def test_every_template_with_a_time_of_day_names_the_zone() -> None:
    silent = []
    for file in sorted((ROOT / "templates").rglob("*.html")):
        name = file.relative_to(ROOT / "templates").as_posix()
        if not re.search(r'date:"[^"]*H:i', file.read_text()):
            continue
        text = (ROOT / "templates" / NAMED_AROUND.get(name, name)).read_text()
        if not any(words in text for words in NAMES):
            silent.append(name)
    assert not silent


@pytest.mark.parametrize(
    ("own", "theirs", "said"),
    [
        ("Europe/Lisbon", "UTC", "Times are shown in Europe/Lisbon: your own choice"),
        ("", "Europe/Vienna", "Times are shown in Europe/Vienna: the organisation&#x27;s zone"),
        ("", "UTC", "Times are shown in UTC: neither you nor the organisation chose another"),
    ],
)
def test_the_zone_stands_at_the_table_with_who_chose_it(
    admin: Browser, server: Program, monkeypatch: pytest.MonkeyPatch, own: str, theirs: str, said: str
) -> None:
    monkeypatch.setattr(settings, "TIME_ZONE", theirs)
    Person.objects.update(zone=own)
    place = f"{server.url}/api/v2/journey/segments"
    name = f"Zoned {uuid.uuid4().hex[:8]}"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    body = {"displayName": name, "context": {"patterns": [{"criteria": [criterion]}]}}
    made: Any = cast.api(server.url).post(place, json=body, timeout=30).json()
    version = {"to": f"off:{made['version']}"}
    assert admin.post(f"/segments/{made['id']}/active", version).status_code < 400
    assert admin.post(f"/segments/{made['id']}/delete", {"version": made["version"] + 1}).status_code < 400
    zone = re.escape(f'title="{said}">{own or theirs}</span>')
    for address, heading in (
        ("/history/", "When"),
        ("/history/bin/", "Deleted"),
        (f"/segments/{made['id']}/history", "Times in"),
        ("/service/", "Time"),
        ("/live/", "Events</h2>"),
    ):
        page = admin.get(address).content.decode()
        assert re.search(rf'{heading}\s*<span class="small faint nowrap" {zone}', page), address
    found = re.search(
        r'href="(/history/\d+/)"', admin.get(f"/segments/{made['id']}/history").content.decode()
    )
    assert found
    assert re.search(zone, admin.get(found[1]).content.decode().partition('id="notices"')[2])
