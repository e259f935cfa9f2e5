"""The demo's people, clients, deployment and action targets. Adding them twice changes nothing."""

import uuid

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from journeyserver.models import ActionTarget, Client, Deployment, Person, Role
from journeyserver.roles import SCOPES

DEMO_PASSWORD = "demo"  # noqa: S105 — known to all, and refused on any address but loopback
DEMO_CLIENT = "demo-service"
DEMO_CLIENT_SECRET = "demo-secret"  # noqa: S105
DASHBOARD_CLIENT = "journey-admin-dashboard"
DEPLOYMENT_ID = uuid.UUID("00000000-0000-4000-8000-000000000001")

# The username is the role.
_PEOPLE = (
    ("marketer", "Maya Lindqvist", 1),
    ("supervisor", "Tomás Rivera", 2),
    ("analyst", "Aiko Tanaka", 3),
    ("admin", "Ada Okafor", 4),
)

# name, media types, percentage, seconds, short abandon in seconds, state, description, queue
_TARGETS = (
    ("Pre-sales advice", ("webchat", "messaging"), 0.8, 20, None, "active",
     "Product questions before the order, weekdays 8 to 20", "presales-eu"),
    ("Checkout help", ("webchat", "messaging"), 0.9, 15, 5, "active",
     "Visitors who hesitate in the checkout", "checkout-eu"),
    ("Order status", ("messaging", "email"), 0.8, 45, None, "active",
     "Where is my parcel, change of address", "orders-eu"),
    ("Returns and refunds", ("messaging", "email", "callback"), 0.75, 60, 10, "active",
     "Returns, refunds and broken goods", "returns-eu"),
    ("High-value call-back", ("callback", "call"), 0.95, 10, 5, "active",
     "Calls back within minutes where the basket is large", "vip-callback"),
    ("Social care, evenings", ("social", "messaging"), 0.7, 120, None, "inactive",
     "Evening shift of the social team, paused until spring", "social-late"),
)  # fmt: skip


def target_id(number: int) -> uuid.UUID:
    """The id of the n-th demo target, counted from 1."""
    return uuid.UUID(f"7a6e0000-0000-4000-8000-{number:012d}")


def seed_demo(dashboard_ports: list[int], origins: list[str]) -> None:
    """Adds what the demo needs; sign-in comes back to the dashboard on any of these ports."""
    for username, name, number in _PEOPLE:
        person = Person(
            id=uuid.UUID(f"9e250000-0000-4000-8000-{number:012d}"),
            username=username,
            name=name,
            email=f"{name.split()[0].lower().replace('á', 'a')}@shop.example",
            is_demo=True,
        )
        if not Person.objects.filter(username=username).exists():
            person.password = _kept(DEMO_PASSWORD)
            person.save()
            person.roles.add(Role.objects.get(name=username))
    _seed_clients(dashboard_ports)
    deployment, _ = Deployment.objects.get_or_create(id=DEPLOYMENT_ID, defaults={"name": "Demo shop"})
    if missing := [origin for origin in origins if origin not in deployment.allowed_origins]:
        deployment.allowed_origins = [*deployment.allowed_origins, *missing]
        deployment.save()
    for number, row in enumerate(_TARGETS, start=1):
        name, media_types, percentage, seconds, abandon, state, description, queue = row
        ActionTarget.objects.get_or_create(
            id=target_id(number),
            defaults={
                "name": name,
                "supported_media_types": list(media_types),
                "percentage": percentage,
                "duration_ms": seconds * 1000,
                "short_abandon_threshold": abandon,
                "state": state,
                "description": description,
                "user_data": [{"key": "queue", "value": queue}],
            },
        )


def _kept(known: str) -> str:
    """What is stored of a password that everybody knows: it is worth no second of work whenever it is typed."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(known, hasher.salt(), iterations=1)


def _seed_clients(dashboard_ports: list[int]) -> None:
    if not Client.objects.filter(client_id=DEMO_CLIENT).exists():
        service = Client(
            client_id=DEMO_CLIENT,
            name="Demo service",
            grant_types=["client_credentials"],
            scope=" ".join(SCOPES),
            is_demo=True,
        )
        service.secret = _kept(DEMO_CLIENT_SECRET)
        service.save()
        service.roles.add(Role.objects.get(name="admin"))
    dashboard, _ = Client.objects.get_or_create(
        client_id=DASHBOARD_CLIENT,
        defaults={
            "name": "Journey Admin",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": " ".join(SCOPES),
        },
    )
    wanted = [
        f"http://{host}:{port}/accounts/callback"
        for port in dashboard_ports
        for host in ("127.0.0.1", "localhost")
    ]
    if missing := [uri for uri in wanted if uri not in dashboard.redirect_uris]:
        dashboard.redirect_uris = [*dashboard.redirect_uris, *missing]
        dashboard.save()
