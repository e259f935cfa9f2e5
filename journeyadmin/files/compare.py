"""Two connections side by side: only here, only there, different; and promoting from there to here through a plan."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journeyadmin import servicelevel
from journeyadmin.accounts import others
from journeyadmin.accounts.models import Connection
from journeyadmin.contract.operations import GET_ACTION_TARGET, GET_SEGMENT
from journeyadmin.digits import whole_number
from journeyadmin.files import reading
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.plans import planning
from journeyadmin.plans.planning import Step
from journeyadmin.runs.begin import begin
from journeyadmin.service import JourneyError, SignInExpired

ONLY_THERE, ONLY_HERE, DIFFERENT, SAME, CONFLICT = "only-there", "only-here", "different", "same", "conflict"
_STATES = {
    planning.CREATE: ONLY_THERE,
    planning.DELETE: ONLY_HERE,
    planning.UPDATE: DIFFERENT,
    planning.SAME: SAME,
    planning.CONFLICT: CONFLICT,
}


@dataclass(frozen=True)
class Line:
    """One object of either side; `key` names it in the form, `step` is what makes this side like the other."""

    state: str
    key: str
    step: Step

    @property
    def promotable(self) -> bool:
        return self.state in (ONLY_THERE, DIFFERENT)


@require_http_methods(["GET", "POST"])
def compare_page(request: JourneyRequest) -> HttpResponse:
    number = request.POST.get("with") or request.GET.get("with", "")
    if not number:
        return render(request, "files/compare.html", {"choices": others.reachable(request)})
    other = _other(request, number)
    try:
        # What may not be read here would look as if it were only there.
        segments, targets = request.may(GET_SEGMENT.permission), request.may(GET_ACTION_TARGET.permission)
        needed = GET_SEGMENT if segments or not targets else GET_ACTION_TARGET
        service = others.service_of(request, other, needed.permission)
        if service is None:
            return render(request, "files/compare.html", {"choices": others.reachable(request), "ask": other})
        there = reading.held(service, segments=segments, targets=targets)
    except SignInExpired:
        # The other sign-in ended, not this one.
        return render(request, "files/compare.html", {"choices": others.reachable(request), "ask": other})
    except JourneyError as error:
        context = {"choices": others.reachable(request), "other": other, "failure": error}
        return render(request, "files/compare.html", context, status=502)
    here = reading.held_here(request)
    lines = compared(here, there)
    if request.method == "POST":
        return _promote(request, other, lines)
    counts = {state: sum(line.state == state for line in lines) for state in _STATES.values()}
    shown = [line for line in lines if line.state != SAME]
    context = {"other": other, "lines": shown, "counts": counts, "choices": others.reachable(request)}
    return render(request, "files/compare.html", {**context, "read": timezone.now()})


def compared(here: reading.Held, there: reading.Held) -> list[Line]:
    """What differs, as the steps that would make this side like the other; by name, because ids are others elsewhere."""
    plan = planning.make(here.segments, here.targets, there.document(), also_delete=True)
    lines = [
        Line(_STATES[step.operation], f"{step.kind}:{step.name}", step)
        for step in plan.steps
        if step.operation in _STATES
    ]
    names = {planning.name_of(one).casefold() for one in there.targets}
    lines += [
        Line(ONLY_HERE, f"{planning.TARGET}:{planning.name_of(one)}", _only_here(one))
        for one in here.targets
        if planning.name_of(one).casefold() not in names
    ]
    order = (DIFFERENT, ONLY_THERE, ONLY_HERE, CONFLICT, SAME)
    return sorted(
        lines, key=lambda line: (order.index(line.state), line.step.kind, line.step.name.casefold())
    )


def _only_here(target: dict[str, Any]) -> Step:
    return Step(
        planning.DELETE,
        planning.TARGET,
        planning.name_of(target),
        str(target["id"]),
        said=(servicelevel.level_words(target),),
    )


def _promote(request: JourneyRequest, other: Connection, lines: list[Line]) -> HttpResponse:
    chosen = set(request.POST.getlist("key"))
    steps = [line.step for line in lines if line.promotable and line.key in chosen]
    address = f"{reverse('files:compare')}?with={other.pk}"
    if not steps:
        messages.info(request, _("Nothing is selected."))
        return go_to(request, address)
    title = _("Promote from “%(there)s” to “%(here)s”") % {
        "there": other.name,
        "here": request.connection.name,
    }
    return go_to(request, begin(request, title, steps, back=address).get_absolute_url())


def _other(request: JourneyRequest, number: str) -> Connection:
    return get_object_or_404(Connection.objects.exclude(pk=request.connection.pk), pk=whole_number(number))
