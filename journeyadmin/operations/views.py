"""The pages of the embedded server's operation. Each is there where the service offers it and the person may use it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from journeyadmin.accounts.capabilities import offers
from journeyadmin.accounts.kept import form_data
from journeyadmin.accounts.middleware import is_unasked
from journeyadmin.accounts.permissions import require
from journeyadmin.accounts.production import misnamed
from journeyadmin.htmx import answer, go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.operations import reading, tabs
from journeyadmin.operations.forms import KINDS, EraseForm, FaultForm, StartForm, UploadForm
from journeyadmin.operations.tabs import Tab
from journeyadmin.service import InvalidRequest, JourneyError, NotFound, SignInExpired

View = Callable[..., HttpResponse]

LONGEST_SHIFT = 10**10


def page_of(tab: Tab) -> Callable[[View], View]:
    """A page that is absent where the service does not announce its extension, and refused without its permission."""

    def make(view: View) -> View:
        @wraps(view)
        def shown(request: JourneyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not offers(request, tab.extension):
                return render(request, "operations/not_offered.html", _context(request, tab), status=404)
            require(request, tab.permission)
            return view(request, *args, **kwargs)

        return shown

    return make


def _context(request: JourneyRequest, tab: Tab, **more: Any) -> dict[str, Any]:
    return {"tab": tab, "tabs": tabs.open_to(request), "read": timezone.now(), **more}


@require_GET
@page_of(tabs.DATA)
def data(request: JourneyRequest) -> HttpResponse:
    """What the server holds."""
    held = reading.data(request.journey.local.data())
    return render(request, "operations/data.html", _context(request, tabs.DATA, data=held))


@require_http_methods(["GET", "POST"])
@page_of(tabs.IMPORT)
def import_new(request: JourneyRequest) -> HttpResponse:
    """A file is chosen and brought to the server, which then says what is in it."""
    form = UploadForm(form_data(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            looked = request.journey.local.upload(
                file.file,
                file.name,
                with_robots=form.cleaned_data["with_robots"],
                site=form.cleaned_data["site"],
            )
        except InvalidRequest as error:
            # TooLarge as well: the file is at fault, and what else was typed stays.
            form.add_error("file", error.detail or error.user_message)
        else:
            return go_to(request, reverse("operations:import_one", args=[looked["upload"]]))
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/import.html", _context(request, tabs.IMPORT, form=form), status=status)


@require_http_methods(["GET", "POST"])
@page_of(tabs.IMPORT)
def import_one(request: JourneyRequest, upload: UUID) -> HttpResponse:
    """One file: looked at, on its way, or taken in."""
    local, key = request.journey.local, str(upload)
    here = reverse("operations:import_one", args=[upload])
    if request.POST.get("do") == "discard":
        # In another window, perhaps, or after its day.
        with suppress(NotFound):
            local.remove_upload(key)
        messages.success(request, _("The file was thrown away."))
        return go_to(request, reverse("operations:import"))
    try:
        found = local.get_import(key)
        if request.POST.get("do") == "start":
            local.start_import(key, shift_seconds=_shift(request, found))
            return go_to(request, here)
    except NotFound:
        messages.warning(request, _("This file is no longer kept: bring it again. Files are kept for a day."))
        return go_to(request, reverse("operations:import"))
    except SignInExpired:
        raise
    except JourneyError:
        if not is_unasked(request):
            raise
        # The page asks again by itself: until then what it shows stays.
        return HttpResponse(status=204)
    context = _context(request, tabs.IMPORT, upload=reading.upload(found), here=here, form=StartForm())
    context["going_on"] = found["state"] == "running"
    return answer(request, "operations/import_one.html", "operations/_import.html", context)


def _shift(request: JourneyRequest, found: dict[str, Any]) -> int:
    newest = reading.moment(found.get("newest"))
    if newest is None or not request.POST.get("to_now"):
        return 0
    return max(-LONGEST_SHIFT, min(LONGEST_SHIFT, int((datetime.now(UTC) - newest).total_seconds())))


@require_http_methods(["GET", "POST"])
@page_of(tabs.ERASE)
def erase(request: JourneyRequest) -> HttpResponse:
    """First counted, then erased. The id is nowhere in an address."""
    form = EraseForm(form_data(request))
    context = _context(request, tabs.ERASE, form=form)
    status = 200
    if request.method == "POST" and form.is_valid():
        wanted = request.POST.get("do") == "erase"
        customer = form.cleaned_data["customer"]
        # Another id than the one whose rows were shown was typed since, and nobody has seen what it would take away.
        looked_up = request.POST.get("counted") == customer
        sure = wanted and looked_up and not misnamed(request)
        told = reading.erasure(request.journey.local.erase(customer, dry_run=True))
        if sure and told["all"]:
            told = reading.erasure(request.journey.local.erase(customer, dry_run=False))
            context |= {"receipt": told, "form": EraseForm()}
        else:
            # Nothing is erased a second time, by a reload or a second click, with a receipt for nothing.
            context |= {"counted": told, "counted_as": customer}
        if wanted and not sure:
            context["misnamed" if looked_up else "not_looked_up"], status = True, 422
    elif request.method == "POST":
        status = 422
    if offers(request, "data") and request.may(tabs.DATA.permission):
        context["receipts"] = reading.data(request.journey.local.data())["erasures"]
    return render(request, "operations/erase.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page_of(tabs.FAULTS)
def faults(request: JourneyRequest) -> HttpResponse:
    """The failures that are set; one more, one less, or none."""
    local = request.journey.local
    offered = local.faults()
    kept = list(offered["faults"])
    data = form_data(request)
    # The other buttons of the page send no form.
    form = FaultForm(data if data and data.get("do") == "add" else None, offered=offered)
    do = request.POST.get("do", "")
    if do == "clear":
        local.clear_faults()
        messages.success(request, _("No failure is set any more."))
        return go_to(request, reverse("operations:faults"))
    if do.startswith("remove-"):
        wanted = next((row for row in kept if reading.fault_mark(row) == do.removeprefix("remove-")), None)
        if wanted is None:
            messages.info(request, _("That failure was not set any more."))
        else:
            kept.remove(wanted)
            local.set_faults(kept)
        return go_to(request, reverse("operations:faults"))
    if do == "add" and form.is_valid():
        local.set_faults([*kept, form.fault_json()])
        return go_to(request, reverse("operations:faults"))
    shown = [
        {
            **row,
            "words": KINDS.get(row["fault"], row["fault"]),
            "percent": round(row["share"] * 100),
            "mark": reading.fault_mark(row),
        }
        for row in kept
    ]
    context = _context(request, tabs.FAULTS, form=form, faults=shown)
    return render(request, "operations/faults.html", context, status=422 if do == "add" else 200)
