"""The server's answers as the pages show them: moments as times, sizes in words, rows of a dry run as columns."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.utils.formats import number_format
from django.utils.translation import gettext as _

Json = Mapping[str, Any]

# Of a dry run's rows: what nearly every one has, in this order; whatever else is known stands behind it.
_FIRST = ("createdDate", "customerId", "eventName", "page.url")


def moment(text: Any) -> datetime | None:
    """A moment of the API, None for anything else."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def size(number: int) -> str:
    """Bytes as people say them."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{number_format(amount, 0 if unit == 'B' or amount >= 100 else 1)} {unit}"
        amount /= 1000
    raise AssertionError


def data(answer: Json) -> dict[str, Any]:
    """`/data` with times, and the rate as a number per minute."""
    rate = answer.get("eventsPerSecond") or {}
    return {
        **answer,
        "first": moment(answer.get("first")),
        "last": moment(answer.get("last")),
        "size": size(int(answer.get("bytes") or 0)),
        "minute": round(float(rate.get("minute") or 0) * 60),
        "hour": round(float(rate.get("hour") or 0) * 3600),
        "refused": [{**row, "last": moment(row.get("last"))} for row in answer.get("refused") or ()],
        "imports": [
            {**row, "started": moment(row.get("started")), "finished": moment(row.get("finished"))}
            for row in answer.get("imports") or ()
        ],
        "erasures": [erasure(row) for row in answer.get("erasures") or ()],
        "retention": {
            **(answer.get("retention") or {}),
            "lastRun": moment((answer.get("retention") or {}).get("lastRun")),
        },
    }


def erasure(answer: Json) -> dict[str, Any]:
    """A receipt, with a row per table: what there was before and after."""
    words = {
        "events": _("Events"),
        "sessions": _("Visits"),
        "assignments": _("Segment assignments"),
        "actions": _("Web actions"),
        "facts": _("Facts naming the customer"),
    }
    before, after = answer.get("before") or {}, answer.get("after") or {}
    return {
        **answer,
        "at": moment(answer.get("at")),
        "rows": [(words.get(name, name), before[name], after.get(name, 0)) for name in before],
        "all": sum(before.values()),
    }


def upload(answer: Json) -> dict[str, Any]:
    """A file that waits: its rows with the usual columns first, and the rest as names with values."""
    return {
        **answer,
        "size": size(int(answer.get("bytes") or 0)),
        "newest": moment(answer.get("newest")),
        "rows": [
            {
                "kind": row.get("kind"),
                "at": moment(row["values"].get("createdDate")),
                "customer": row["values"].get("customerId", ""),
                "event": row["values"].get("eventName", ""),
                "page": row["values"].get("page.url") or row["values"].get("screenName", ""),
                "rest": list(_rest(row["values"])),
            }
            for row in answer.get("rows") or ()
        ],
    }


def fault_mark(row: Json) -> str:
    """Names a failure for as long as it is set: not by its place, as those before it are used up, and not by how often it is left."""
    lasting = {**row, "count": row.get("count") is None}
    return hashlib.sha256(orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _rest(values: Json) -> Iterable[tuple[str, str]]:
    for name, value in values.items():
        if name in _FIRST or name == "screenName":
            continue
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", str(one)) for key, one in value.items())
        else:
            yield name, str(value)
