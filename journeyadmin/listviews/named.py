"""Keeping and finding named views. A person belongs to one connection, so what is shared is shared among its people."""

from django.db.models import prefetch_related_objects

from journeyadmin.accounts.models import Person
from journeyadmin.http import JourneyRequest
from journeyadmin.listviews.models import MAX_NAME_LENGTH, MAX_QUERY_LENGTH, ListView

# By hand: every list asks this for every reader, and Django composes the statement ten times as long as it runs.
_VISIBLE = f"""
    SELECT * FROM {ListView._meta.db_table}
    WHERE place = %s AND (person_id = %s OR (shared AND person_id IN (
        SELECT id FROM {Person._meta.db_table} WHERE connection_id = %s
    )))
    ORDER BY name, id
"""  # noqa: S608 (names of tables of ours)


def views_of(request: JourneyRequest, place: str) -> tuple[list[ListView], str]:
    """This person's views of a list and what others on the connection share; and the query with which the list opens."""
    found = list(ListView.objects.raw(_VISIBLE, [place, request.user.pk, request.connection.pk]))
    # Mostly there are only one's own, and who that is is known.
    for view in found:
        if view.person_id == request.user.pk:
            view.person = request.user
    prefetch_related_objects([view for view in found if view.person_id != request.user.pk], "person")
    return [view for view in found if view.name], next((view.query for view in found if not view.name), "")


def open_with(request: JourneyRequest, place: str, query: str) -> None:
    """How the list opens from now on; as it comes, if the query is empty."""
    if query:
        ListView.objects.update_or_create(
            person=request.user, place=place, name="", defaults={"query": query, "shared": False}
        )
    else:
        ListView.objects.filter(person=request.user, place=place, name="").delete()


def keep(request: JourneyRequest, place: str, name: str, query: str, *, shared: bool) -> ListView | None:
    """Keeps a view under a name, in place of one's own of the same name; None where name or query are no good."""
    name = name.strip()
    if not name or len(name) > MAX_NAME_LENGTH or len(query) > MAX_QUERY_LENGTH:
        return None
    found, _ = ListView.objects.update_or_create(
        person=request.user, place=place, name=name, defaults={"query": query, "shared": shared}
    )
    return found


def drop(request: JourneyRequest, pk: int) -> None:
    """Forgets one's own view; others' stay."""
    ListView.objects.filter(person=request.user, pk=pk).delete()
