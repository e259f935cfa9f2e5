"""Erasing a customer, with a receipt: `POST /api/local/v1/erase`, and `python -m journeyserver erase`."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from journeyadmin.contract.local import ERASE
from journeyserver import warehouse
from journeyserver.auth import Call, operation
from journeyserver.errors import InvalidFields, json_response
from journeyserver.fields import Fields
from journeyserver.local import removal
from journeyserver.models import Erasure, now
from journeyserver.serializers import timestamp

LONGEST_ID = 1024
MOST_RECEIPTS = 20


@operation(ERASE)
def erase(call: Call) -> HttpResponse:
    """Removes everything recorded of a customer, or with `dryRun` only counts it."""
    fields = Fields(call.body)
    customer_id = fields.text("customerId", least=1, most=LONGEST_ID, required=True)
    only_count = fields.flag("dryRun")
    if fields.problems:
        raise InvalidFields(fields.problems)
    assert customer_id is not None
    holder = call.token.person.name if call.token.person else call.token.client.name
    return json_response(counted(customer_id) if only_count else erased(customer_id, holder))


def counted(customer_id: str) -> dict[str, Any]:
    """What would go, without doing it."""
    found = removal.counts(warehouse.backend(), customer_id)
    return {
        "receipt": None,
        "erased": False,
        "at": timestamp(now()),
        "by": "",
        "before": found,
        "after": found,
    }


def erased(customer_id: str, by: str) -> dict[str, Any]:
    """Erases, counts again, and leaves a receipt."""
    backend = warehouse.backend()
    before = removal.erase(backend, customer_id)
    after = removal.counts(backend, customer_id)
    receipt = Erasure.objects.create(
        digest=digest(removal.kept(customer_id)), by=by, before=before, after=after, at=now()
    )
    return receipt_json(receipt)


def receipts() -> list[dict[str, Any]]:
    """The latest erasures, without whose they were."""
    return [receipt_json(row) for row in Erasure.objects.order_by("-at", "id")[:MOST_RECEIPTS]]


def receipt_json(receipt: Erasure) -> dict[str, Any]:
    return {
        "receipt": str(receipt.id),
        "erased": True,
        "at": timestamp(receipt.at),
        "by": receipt.by,
        "before": receipt.before,
        "after": receipt.after,
    }


def digest(customer_id: str) -> str:
    """What a receipt keeps of the id: whoever has both, the id and this server's key, can tell that they belong together."""
    return hmac.new(settings.SECRET_KEY.encode(), customer_id.encode(), hashlib.sha256).hexdigest()
