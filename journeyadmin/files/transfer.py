"""Export and import of definitions as files."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from journeyadmin.accounts.kept import typed
from journeyadmin.files import reading
from journeyadmin.files.forms import ExportForm, ImportForm
from journeyadmin.history import drafts
from journeyadmin.htmx import go_to
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.plans import documents, planning, terraform
from journeyadmin.runs.begin import begin
from journeyadmin.service import Forbidden, JourneyError, SignInExpired

# What was pasted for an import is kept as a draft of this kind.
DRAFT = "import"
ENDINGS = {
    "yaml": ("yaml", "application/yaml"),
    "json": ("json", "application/json"),
    "terraform": ("tf", "text/plain"),
}


@require_GET
def files_page(request: JourneyRequest) -> HttpResponse:
    """Both forms side by side; on the way back from a plan with the text that was pasted for it."""
    pasted = drafts.find(request, DRAFT, "") if "run" in request.GET else None
    return _page(request, {"import": ImportForm(initial=pasted.data)} if pasted else None)


@require_GET
def export_file(request: JourneyRequest) -> HttpResponse:
    form = ExportForm({"what": "all", "format": "yaml", **request.GET.dict()})
    if not form.is_valid():
        return _page(request, {"export": form}, status=422)
    what, file_format = form.cleaned_data["what"], form.cleaned_data["format"]
    targets = what != "segments" and file_format != "terraform"
    held = reading.held_here(request, segments=what != "targets", targets=targets)
    name = slugify(request.connection.name) or "connection"
    return file_response(held, file_format, identity=form.cleaned_data["identity"], what=f"{name}_{what}")


@require_http_methods(["GET", "POST"])
def import_file(request: JourneyRequest) -> HttpResponse:
    """Always a plan first: nothing is written before someone applies it."""
    if request.method == "GET":
        # After signing in again: what was pasted, as it was. A file has to be chosen again.
        kept = typed(request)
        return _page(request, {"import": ImportForm(kept)}, retyped=True) if kept else _page(request)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, {"import": form}, status=422)
    upload = form.cleaned_data.get("file")
    try:
        wanted = documents.read(form.content)
    except documents.Unreadable as error:
        form.add_error("file" if upload is not None else "text", str(error))
        return _page(request, {"import": form}, status=422)
    try:
        plan = plan_here(
            request,
            wanted,
            also_delete=form.cleaned_data["also_delete"],
            overwrite=form.cleaned_data["overwrite"],
        )
    except (SignInExpired, Forbidden):
        raise
    except JourneyError as error:
        return _page(request, {"import": form}, status=error_words(request, error)[0], failed=error)
    if upload is None:
        drafts.keep(request, DRAFT, "", {"text": form.cleaned_data["text"]}, None)
    title = _("Import %s") % upload.name if upload is not None else _("Import of a pasted text")
    run = begin(request, title, plan.steps, back=reverse("files:page"))
    return go_to(request, run.get_absolute_url())


def plan_here(
    request: JourneyRequest, wanted: documents.Document, *, also_delete: bool = False, overwrite: bool = False
) -> planning.Plan:
    """The plan for this connection, reading only what the document is about."""
    about_segments = bool(wanted.segments) or also_delete
    about_targets = bool(wanted.targets)
    held = (
        reading.held_here(request, segments=about_segments, targets=about_targets)
        if about_segments or about_targets
        else reading.Held([], [])
    )
    return planning.make(held.segments, held.targets, wanted, also_delete=also_delete, overwrite=overwrite)


def file_response(held: reading.Held, file_format: str, *, identity: bool, what: str) -> HttpResponse:
    document = held.document(identity=identity)
    text = {
        "yaml": lambda: documents.to_yaml(document),
        "json": lambda: documents.to_json(document),
        "terraform": lambda: terraform.text(held.segments),
    }[file_format]()
    ending, kind = ENDINGS[file_format]
    response = HttpResponse(text.encode("utf-8", "surrogatepass"), content_type=f"{kind}; charset=utf-8")
    name = f"{what}_{timezone.localdate().isoformat()}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    request: JourneyRequest, forms: dict[str, Any] | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    forms = forms or {}
    context = {
        "export": forms.get("export") or ExportForm(),
        "import_form": forms.get("import") or ImportForm(),
        **more,
    }
    return render(request, "files/page.html", context, status=status)
