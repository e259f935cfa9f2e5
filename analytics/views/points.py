"""A point of an answer, the trail of points chosen, and names for ids."""

from urllib.parse import parse_qs

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from analytics import answering, points, trail
from analytics.forms import NameForm
from analytics.models import NamedValue
from analytics.names import NAMEABLE, Names, kind_of
from analytics.question import Question, address, read
from analytics.views.query import read_request
from journeyadmin import htmx
from journeyadmin.http import JourneyRequest


@require_GET
def point(request: JourneyRequest) -> HttpResponse:
    """What can be done with one point of an answer."""
    now = timezone.now()
    reading = read_request(request.GET, now)
    if reading.problems:
        return HttpResponseRedirect(f"{reverse('analytics:query')}?{request.GET.urlencode()}")
    answered = answering.answer(request, answering.meant(reading.question, now))
    names = Names(request)
    context = points.context(answered, points.read(request.GET, answered), names)
    context["title"] = context["point_title"]
    return htmx.answer(request, "analytics/point.html", "analytics/_point.html", context)


@require_GET
def step(request: JourneyRequest) -> HttpResponse:
    """From one question to another by a point: noted, so that a trail leads back."""
    base = Question()
    come_from, to = (
        read(parse_qs(request.GET.get(name, ""), keep_blank_values=True), base) for name in ("from", "to")
    )
    if not request.GET.get("to") or to.problems:
        return HttpResponseBadRequest(_("This step leads nowhere."))
    trail.follow(request, come_from.question, to.question)
    return HttpResponseRedirect(f"{reverse('analytics:query')}?{address(to.question)}")


@require_POST
def name(request: JourneyRequest) -> HttpResponse:
    """The name that people here give to an id; empty takes it away."""
    dimension, value = request.POST.get("dimension", ""), request.POST.get("value", "")
    if dimension not in NAMEABLE or not value or len(value) > 600:
        return HttpResponseBadRequest(_("This cannot be named."))
    row, _made = NamedValue.objects.get_or_create(
        connection=request.connection, kind=kind_of(dimension), value=value
    )
    form = NameForm(request.POST, instance=row)
    if form.is_valid():
        form.save()
        messages.success(request, _("The name is kept for everyone of this connection."))
    else:
        messages.error(request, _("The name is too long: at most 80 characters."))
    back = address(read(parse_qs(request.POST.get("next", ""), keep_blank_values=True), Question()).question)
    return htmx.go_to(request, f"{reverse('analytics:query')}?{back}")
