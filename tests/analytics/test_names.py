"""What charts call things follows what was written through the dashboard, at once."""

import uuid

from django.test import Client as Browser
from django.utils import translation

from analytics import labels, sentences
from analytics.filters import Condition, Filter, single
from analytics.names import Names
from journeyadmin.http import JourneyRequest
from tests import cast
from tests.programs import Program
from tests.segments.definitions import segment, visit


def test_a_name_that_was_kept_ends_with_the_next_write(marketer: Browser, server: Program) -> None:
    name = f"Walkers {uuid.uuid4().hex[:8]}"
    body = segment(name, context=[[visit("geolocation.country", "equal", "DE")]])
    answer = cast.api(server.url).post(f"{server.url}/api/v2/journey/segments", json=body, timeout=30)
    assert answer.ok, answer.text
    made = answer.json()
    asked = f"/analytics/?range=last-7-days&m=nJourneySegmentsAssigned&where=journeySegmentId:is:{made['id']}"
    assert name in marketer.get(asked, follow=True).content.decode()
    done = marketer.post(f"/segments/{made['id']}/delete", {"reason": "x"})
    # Says what was deleted, by name.
    marketer.get(done["Location"])
    assert name not in marketer.get(asked, follow=True).content.decode()


def test_a_german_sentence_keeps_the_capitals_of_its_nouns() -> None:
    found = Filter(
        "and",
        (
            single(Condition("journeySegmentId", "exists")),
            single(Condition("journeyBlockingReason", "notExists")),
            single(Condition("journeyDeviceCategory", "matches", "mobile")),
        ),
    )
    names = Names(JourneyRequest())
    with translation.override("de"):
        assert names.group(("journeyDeviceCategory",), (None,)) == "ohne Gerätekategorie"
        words = sentences.filter_words(found, names)
        assert words == "Segment ist vorhanden, und Blockiergrund fehlt, und Gerätekategorie ist Mobil"
        assert labels.within("Sitzungen") == "Sitzungen"
    assert labels.within("Device category") == "device category"
