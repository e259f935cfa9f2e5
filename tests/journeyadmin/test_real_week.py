"""A week of a real shop through both programs: a marketer's nested form, an import, an analyst's table, against plain counts."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import cast, programs
from tests.journeyserver.ingest.test_real_data import FILE, SEGMENT, visits
from tests.segments.forms import posted, shown

WEEK = "range=2020-12-27..2021-01-03&zone=UTC"


@pytest.mark.slow
@pytest.mark.django_db
def test_a_marketer_and_an_analyst_on_a_real_week(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / FILE
    expected = list(visits(file))
    with programs.journeyserver(tmp_path / "server") as server:
        marketer = cast.signed_in(server.url, "marketer", name="Real shop")
        fields: dict[str, Any] = shown(marketer.get("/segments/new").content.decode())
        made = marketer.post("/segments/new", fields | posted(SEGMENT))
        assert made.status_code == 303
        segment = made["Location"].split("/")[2]

        done = programs.run_journeyserver(server.folder, "import", str(file))
        assert done.returncode == 0, done.stderr

        analyst = cast.signed_in(server.url, "analyst", name="Real shop")
        page = analyst.get(
            f"/analytics/?{WEEK}&by=P1D&m=nJourneySessions&g=journeyDeviceCategory&chart=table", follow=True
        )
        assert page.status_code == 200
        answer = analyst.get(
            f"/analytics/answer.csv?{WEEK}&by=P1D&m=nJourneySessions&g=journeyDeviceCategory", follow=True
        )
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
        # Columns: start here, start and end in UTC, zone, the group's name and id, the number.
        counted = {(row[0][:10], row[5]): int(row[6]) for row in rows if int(row[6])}
        assert counted == Counter((visit.day.isoformat(), visit.device) for visit in expected)

        assigned = analyst.get(
            f"/analytics/answer.csv?{WEEK}&by=all&m=nJourneySegmentsAssigned&g=journeySegmentId", follow=True
        )
        rows = list(csv.reader(io.StringIO(assigned.content.decode("utf-8-sig"))))[1:]
        interested = sum(visit.device == "mobile" and visit.product_views >= 3 for visit in expected)
        assert [(row[4], row[5], int(row[6])) for row in rows] == [
            (SEGMENT["displayName"], segment, interested)
        ]
