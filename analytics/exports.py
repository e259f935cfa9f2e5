"""An answer to take away: CSV, JSON, and the request itself as JSON, curl and Python (EXP1–EXP6, EXP8, QRY11)."""

import pprint
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.utils.text import slugify
from django.utils.translation import gettext as _

from analytics import labels
from analytics.answering import Answered, Asked
from analytics.names import Names
from analytics.parts import Number
from analytics.series import Line
from journeyadmin import cells
from journeyadmin.contract.buckets import format_instant
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES

_UTC = ZoneInfo("UTC")


class WrongRows(Exception):
    """The file would not have the rows that the page promised."""

    def __init__(self, promised: int, rows: int) -> None:
        super().__init__(f"{promised} promised, {rows} there")
        self.promised = promised
        self.rows = rows


def csv_text(answered: Answered, names: Names, promised: int | None = None) -> str:
    """Every group and bucket that has begun, a row each, without "other" and "total". Raises WrongRows."""
    rows = list(_rows(answered, names))
    if promised is not None and promised != len(rows):
        raise WrongRows(promised, len(rows))
    return "".join(cells.csv_lines([_header(answered), *rows]))


def _header(answered: Answered) -> list[str]:
    columns = [_("Start (local)"), _("Start (UTC)"), _("End (UTC)"), _("Time zone")]
    for name in answered.result.group_by:
        columns += [labels.dimension(name), f"{name}"]
    for made in answered.result.measures:
        columns.append(labels.measure(made))
        if answered.result.compared is not None:
            columns.append(_("%s, compared") % labels.measure(made))
    return columns


def _rows(answered: Answered, names: Names) -> Iterator[list[Any]]:
    result, zone = answered.result, answered.asked.span.zone
    if not result.measures:
        return
    first = result.of(result.measures[0])
    lines = {(line.measure.key, line.group): line for line in result.lines}
    for at, bucket in enumerate(result.buckets):
        if bucket.state == "ahead":
            continue
        when = [
            bucket.start.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            format_instant(bucket.start, _UTC),
            format_instant(bucket.end, _UTC),
            zone.key,
        ]
        for line in first:
            group: list[Any] = []
            for name, value in zip(result.group_by, line.group, strict=True):
                group += [names.value(name, value), value]
            numbers: list[Any] = []
            for made in result.measures:
                numbers += _numbers(lines[made.key, line.group], at)
            yield [*when, *group, *numbers]


def _numbers(line: Line, at: int) -> list[Number | None]:
    return [line.values[at]] if line.before is None else [line.values[at], line.before[at]]


def json_bytes(answered: Answered) -> bytes:
    """What was asked and what was answered, untouched."""
    kept = answered.kept[0]
    body: dict[str, Any] = {
        "request": answered.asked.query,
        "response": kept.content,
        "answered": kept.answered.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def file_name(asked: Asked, ending: str) -> str:
    """`offered-by-segment_2026-05-01_2026-05-07_Europe-London.csv`"""
    question = asked.question
    words = "-".join(slugify(labels.measure(made)) for made in question.made[:3]) or "answer"
    if question.group_by:
        words += "-by-" + "-".join(slugify(labels.dimension(name)) for name in question.group_by)
    zone = asked.span.zone
    if asked.span.first and asked.span.last:
        first, last = asked.span.first.isoformat(), asked.span.last.isoformat()
    else:
        first, last = (_stamp(moment, zone) for moment in (asked.span.start, asked.span.end))
    return f"{words[:80]}_{first}_{last}_{zone.key.replace('/', '-')}.{ending}"


def _stamp(moment: datetime, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H%M")


# The request, to hand to an engineer


def as_json(query: dict[str, Any]) -> str:
    return orjson.dumps(query, option=orjson.OPT_INDENT_2).decode()


def as_curl(query: dict[str, Any], api_url: str) -> str:
    """A call with a placeholder where the token goes."""
    body = as_json(query).replace("'", "'\\''")
    return (
        f"curl -sS -X POST '{api_url}{QUERY_JOURNEY_AGGREGATES.path}' \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'\n"
    )


def as_python(query: dict[str, Any], api_url: str) -> str:
    """A call through the official client library (PureCloudPlatformClientV2)."""
    body = pprint.pformat(query, sort_dicts=False, width=100)
    return (
        "import os\n\n"
        "import PureCloudPlatformClientV2 as genesys\n\n"
        f'client = genesys.ApiClient(host="{api_url}")\n'
        'client.access_token = os.environ["TOKEN"]\n'
        f"query = {body}\n"
        "answer = genesys.AnalyticsApi(client).post_analytics_journeys_aggregates_query(query)\n"
        "print(answer.to_json())\n"
    )
