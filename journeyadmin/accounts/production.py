"""What takes something away, or changes many things at once, on a production connection asks for the connection's name to be typed."""

from journeyadmin.http import JourneyRequest

FIELD = "connection_name"


def misnamed(request: JourneyRequest) -> bool:
    """Whether the name is asked for and was not typed (templates/_production_name.html)."""
    connection = request.connection
    return connection.production and request.POST.get(FIELD, "").strip() != connection.name.strip()
