"""The pages of the embedded server's operation: which of them the service offers, and which the person may open."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from journeyadmin.accounts.capabilities import offers
from journeyadmin.contract.local import ADD_DATA, ERASE_CUSTOMERS, SEE_DATA, SET_FAULTS


@dataclass(frozen=True)
class Tab:
    """`extension` is what the service must announce, `permission` what the person needs."""

    name: str
    label: str
    extension: str
    permission: str


DATA = Tab("operations:data", _("Data"), "data", SEE_DATA)
IMPORT = Tab("operations:import", _("Import"), "import", ADD_DATA)
ERASE = Tab("operations:erase", _("Erase a customer"), "erase", ERASE_CUSTOMERS)
FAULTS = Tab("operations:faults", _("Faults"), "faults", SET_FAULTS)
TABS = (DATA, IMPORT, ERASE, FAULTS)


def open_to(request: HttpRequest) -> list[Tab]:
    """The pages that are offered and that the person may open."""
    may: Any = getattr(request, "may", None)
    return [tab for tab in TABS if offers(request, tab.extension) and may and may(tab.permission)]
