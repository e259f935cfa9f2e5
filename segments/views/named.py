"""Named views of the list of segments, and the columns it opens with."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeyadmin.digits import whole_number
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.listviews import named
from segments.filters import COLUMNS, Asked, columns_in_words

PLACE = "segments"


@require_POST
def segment_list_views(request: JourneyRequest) -> HttpResponse:
    """Keeps the list as it is now under a name, or forgets one."""
    query = Asked.of(QueryDict(request.POST.get("query", ""))).params.urlencode()
    forget = whole_number(request.POST.get("forget", ""))
    if forget is not None:
        named.drop(request, forget)
    else:
        kept = named.keep(
            request, PLACE, request.POST.get("name", ""), query, shared="shared" in request.POST
        )
        if kept is None:
            messages.error(request, _("A view needs a name of at most 80 characters."))
        else:
            messages.success(request, _("This list is kept as “%s”.") % kept.name)
    return go_to(request, _list(query))


@require_POST
def segment_list_columns(request: JourneyRequest) -> HttpResponse:
    """Shows these columns of the list as it is now, and remembers them for this person."""
    chosen = [name for name in COLUMNS if name in request.POST.getlist("column")]
    params = Asked.of(QueryDict(request.POST.get("query", ""))).params
    params.pop("columns", None)
    named.open_with(request, PLACE, "")
    if len(chosen) < len(COLUMNS):
        params["columns"] = columns_in_words(chosen)
        named.open_with(request, PLACE, urlencode({"columns": params["columns"]}))
    return go_to(request, _list(params.urlencode()))


def _list(query: str) -> str:
    return f"{reverse('segments:list')}?{query}" if query else reverse("segments:list")
