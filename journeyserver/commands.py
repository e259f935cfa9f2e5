"""What can be typed after `python -m journeyserver`. A command imports the engine, or what serves, only when it is called."""

import argparse
import getpass
import re
import secrets
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model

import journeyserver
from journeyadmin.contract import actiontargets
from journeyserver import passwords, seeds, signin, store
from journeyserver.loopback import is_loopback
from journeyserver.models import (
    MAX_USERNAME_LENGTH,
    ActionTarget,
    Client,
    Deployment,
    Person,
    Role,
    Token,
)
from journeyserver.roles import ROLES, SCOPES
from journeyserver.store import Refusal

Command = Callable[[argparse.Namespace], None]
Commands = argparse._SubParsersAction  # argparse gives its type no public name
Row = TypeVar("Row", bound=Model)
# Some thirty years.
_MOST_SECONDS = 10**9


def main(argv: list[str]) -> int:
    """Runs one command; what cannot be done is raised as a Refusal."""
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    command(arguments)
    return 0


def runserver(arguments: argparse.Namespace) -> None:
    from journeyserver import serve

    store.prepare()
    if not is_loopback(arguments.host) and not arguments.demo and _demo_accounts():
        raise Refusal(
            f"This store holds demo accounts whose passwords everybody knows, so it is not served on "
            f"{arguments.host}. Remove them (python -m journeyserver seed --remove) or add --demo."
        )
    serve.run(arguments.host, arguments.port)


def migrate(arguments: argparse.Namespace) -> None:
    store.prepare()
    print("The store is up to date.")


def backup(arguments: argparse.Namespace) -> None:
    from journeyserver import backups

    store.check_file()
    made = backups.backup(arguments.file)
    counted = ", ".join(f"{number:,} {table}" for table, number in made["rows"].items())
    print(f"{arguments.file} holds both stores as they are now: {counted}; {made['bytes']:,} bytes.")
    if made["store"] != "sqlite":
        print("People, clients, segments and targets are in PostgreSQL: back that up with pg_dump.")


def restore(arguments: argparse.Namespace) -> None:
    from journeyserver import backups

    told, aside = backups.restore(arguments.file)
    print(f"Both stores are as they were on {told['made']}.")
    for place in aside:
        print(f"What was there before is kept as {place}.")


def move_engine(arguments: argparse.Namespace) -> None:
    from journeyserver import moving

    moving.move_engine(arguments)


def seed(arguments: argparse.Namespace) -> None:
    store.prepare()
    if arguments.remove:
        Person.objects.filter(is_demo=True).delete()
        Client.objects.filter(is_demo=True).delete()
        print("The demo people and clients are gone.")
        return
    if not is_loopback(settings.HOST) and not arguments.demo:
        raise Refusal(
            f"Demo accounts have known passwords and JOURNEYSERVER_HOST is {settings.HOST}; add --demo if you mean it."
        )
    seeds.seed_demo(arguments.dashboard_port or [8000], arguments.origin)
    print("The demo people, clients, deployment and action targets are there.")


def token(arguments: argparse.Namespace) -> None:
    store.prepare()
    client = _found(Client.objects.filter(client_id=arguments.client).first(), "client", arguments.client)
    person = None
    if arguments.person:
        person = _person(arguments.person)
    if not 1 <= arguments.seconds <= _MOST_SECONDS:
        raise Refusal(f"A token lasts 1 to {_MOST_SECONDS:,} seconds.")
    print(Token.issue(client, person, client.scope, arguments.seconds)[1])


def person_add(arguments: argparse.Namespace) -> None:
    store.prepare()
    # The sign-in page takes blanks around a name away, and asks nobody whose name is longer.
    if not 1 <= len(arguments.username.strip()) == len(arguments.username) <= MAX_USERNAME_LENGTH:
        raise Refusal(
            f"A person signs in by a name of 1 to {MAX_USERNAME_LENGTH} characters without blanks around it."
        )
    if Person.objects.filter(username=arguments.username).exists():
        raise Refusal(f"There is a person called {arguments.username} already.")
    try:
        validate_email(arguments.email)
    except ValidationError:
        raise Refusal(f"{arguments.email} is no e-mail address.") from None
    roles = _roles(arguments.role)
    person = Person(username=arguments.username, name=_name(arguments.name, 150), email=arguments.email)
    person.set_password(_typed_password(person))
    person.save()
    person.roles.set(roles)
    print(f"{arguments.name} may sign in as {arguments.username}.")


def person_password(arguments: argparse.Namespace) -> None:
    store.prepare()
    person = _person(arguments.username)
    person.replace_password(_typed_password(person))
    print(f"{person.name} has a new password, and all their tokens are revoked.")


def person_reset_second_factor(arguments: argparse.Namespace) -> None:
    from journeyserver import secondfactor

    store.prepare()
    person = _person(arguments.username)
    if not secondfactor.remove(person):
        raise Refusal(f"{person.name} has no second factor.")
    person.end_sign_ins()
    print(f"{person.name} has no second factor any more, and all their tokens are revoked.")


def person_roles(arguments: argparse.Namespace) -> None:
    store.prepare()
    person = _person(arguments.username)
    person.roles.set(_roles(arguments.role))
    print(f"{person.name} is now {' and '.join(arguments.role)}.")


def person_off(arguments: argparse.Namespace) -> None:
    store.prepare()
    person = _person(arguments.username)
    person.is_active = False
    person.end_sign_ins()
    print(f"{person.name} can no longer sign in, and all their tokens are revoked.")


def person_on(arguments: argparse.Namespace) -> None:
    store.prepare()
    person = _person(arguments.username)
    person.is_active = True
    person.save()
    print(f"{person.name} may sign in again.")


def person_list(_: argparse.Namespace) -> None:
    store.prepare()
    for person in Person.objects.order_by("username").prefetch_related("roles"):
        roles = ", ".join(sorted(role.name for role in person.roles.all()))
        print(f"{person.username}\t{person.name}\t{roles}" + ("" if person.is_active else "\toff"))


def person_remove(arguments: argparse.Namespace) -> None:
    store.prepare()
    _person(arguments.username).delete()
    print(f"{arguments.username} is gone, and with them their tokens.")


def client_add(arguments: argparse.Namespace) -> None:
    store.prepare()
    # A colon would end it where it is sent with its secret (RFC 7617 §2).
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", arguments.client_id):
        raise Refusal("A client's id has 1 to 100 letters, digits and signs of . _ ~ -")
    for uri in arguments.redirect_uri:
        if not _is_redirect(uri):
            raise Refusal(
                f"A redirect address is such as https://journeys.example/accounts/callback, not {uri}."
            )
    if Client.objects.filter(client_id=arguments.client_id).exists():
        raise Refusal(f"There is a client called {arguments.client_id} already.")
    if arguments.public and not arguments.redirect_uri:
        raise Refusal("A public client signs people in, so it needs at least one --redirect-uri.")
    roles = _roles(arguments.role)
    client = Client(
        client_id=arguments.client_id,
        name=arguments.name or arguments.client_id,
        redirect_uris=arguments.redirect_uri,
        grant_types=(["authorization_code", "refresh_token"] if arguments.redirect_uri else [])
        + ([] if arguments.public else ["client_credentials"]),
        scope=" ".join(arguments.scope or SCOPES),
    )
    secret = "" if arguments.public else secrets.token_urlsafe(32)
    if secret:
        client.set_secret(secret)
    client.save()
    client.roles.set(roles)
    print(
        f"The secret, shown only now: {secret}" if secret else "The public client is added; it has no secret."
    )


def client_remove(arguments: argparse.Namespace) -> None:
    store.prepare()
    _found(
        Client.objects.filter(client_id=arguments.client_id).first(), "client", arguments.client_id
    ).delete()
    print(f"{arguments.client_id} is gone, and with it its tokens.")


def deployment_add(arguments: argparse.Namespace) -> None:
    store.prepare()
    name = _name(arguments.name, 150)
    for origin in arguments.origin:
        # As browsers send it: it is compared letter by letter.
        if not origin.startswith(("http://", "https://")) or origin != signin.origin(origin).lower():
            raise Refusal(f"An origin is a scheme and a host, such as https://shop.example, not {origin}.")
    made = Deployment.objects.create(name=name, allowed_origins=arguments.origin)
    print(f"{name} may report events to /api/v2/journey/deployments/{made.id}/webevents.")


def deployment_list(_: argparse.Namespace) -> None:
    store.prepare()
    for row in Deployment.objects.order_by("name", "id"):
        print(f"{row.id}\t{row.name}\t{' '.join(row.allowed_origins) or 'any origin'}")


def deployment_remove(arguments: argparse.Namespace) -> None:
    store.prepare()
    _found(Deployment.objects.filter(id=_id(arguments.id)).first(), "deployment", arguments.id).delete()
    print("It is gone: its events stay, and new ones are refused.")


def target_add(arguments: argparse.Namespace) -> None:
    store.prepare()
    if not 0 <= arguments.percentage <= 100:
        raise Refusal("A service level is 0 to 100 %.")
    if not 1 <= arguments.seconds <= actiontargets.MAX_DURATION_MS // 1000:
        raise Refusal(f"A service level is within 1 to {actiontargets.MAX_DURATION_MS // 1000:,} seconds.")
    made = ActionTarget.objects.create(
        name=_name(arguments.name, actiontargets.MAX_NAME_LENGTH),
        description=arguments.description,
        supported_media_types=arguments.media_type,
        percentage=arguments.percentage / 100,
        duration_ms=arguments.seconds * 1000,
    )
    print(f"{made.name} is there, with the id {made.id}.")


def target_list(_: argparse.Namespace) -> None:
    store.prepare()
    for row in ActionTarget.objects.exclude(state="deleted").order_by("name", "id"):
        print(f"{row.id}\t{row.name}\t{row.percentage * 100:g} % in {row.duration_ms / 1000:g} s")


def target_remove(arguments: argparse.Namespace) -> None:
    store.prepare()
    rows = ActionTarget.objects.exclude(state="deleted").filter(id=_id(arguments.id))
    target = _found(rows.first(), "action target", arguments.id)
    target.state = "deleted"
    target.save()
    print(f"{target.name} is gone; what was counted for it stays.")


def _demo_accounts() -> bool:
    return Person.objects.filter(is_demo=True).exists() or Client.objects.filter(is_demo=True).exists()


def _found(row: Row | None, kind: str, name: str) -> Row:
    if row is None:
        raise Refusal(f"There is no {kind} called {name}.")
    return row


def _person(username: str) -> Person:
    return _found(Person.objects.filter(username=username).first(), "person", username)


def _name(text: str, most: int) -> str:
    if not 1 <= len(text.strip()) == len(text) <= most:
        raise Refusal(f"A name has 1 to {most} characters without blanks around it.")
    return text


def _is_redirect(uri: str) -> bool:
    """Whether sign-in may come back here: a whole address of the web, without a fragment (RFC 6749 §3.1.2)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "#" not in uri


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        # Which nothing has.
        return uuid.UUID(int=0)


def _roles(names: list[str]) -> list[Role]:
    return [_found(Role.objects.filter(name=name).first(), "role", name) for name in names]


def _typed_password(person: Person) -> str:
    """The password from the terminal, or the first line of what is piped in; refused where it is easily guessed."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if why := passwords.problems(password, person):
        raise Refusal(" ".join(why))
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m journeyserver", description=journeyserver.__doc__)
    parser.add_argument("--version", action="version", version=journeyserver.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, command: Command, text: str, to: "Commands[argparse.ArgumentParser]" = commands
    ) -> argparse.ArgumentParser:
        added = to.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    run = add("runserver", runserver, "serve the API")
    run.add_argument("--host", default=settings.HOST)
    run.add_argument("--port", type=int, default=settings.PORT)
    run.add_argument(
        "--demo", action="store_true", help="serve demo accounts on an address that others reach"
    )
    add("migrate", migrate, "make the store, or bring it up to date")
    add("backup", backup, "write both stores into one file, also while the server runs").add_argument(
        "file", type=Path
    )
    add("restore", restore, "put both stores back from a backup, while no server runs").add_argument(
        "file", type=Path
    )
    add(
        "move-engine",
        move_engine,
        "copy all events to another engine and compare, while no server runs",
    ).add_argument("target", help="duckdb, or a ClickHouse by its address (docs/engines.md)")
    seeding = add("seed", seed, "add the demo's people, clients, deployment and action targets")
    seeding.add_argument("--demo", action="store_true", help="also where others can reach the server")
    seeding.add_argument(
        "--dashboard-port", type=int, action="append", help="where the dashboard runs (8000)"
    )
    seeding.add_argument("--origin", action="append", default=[], help="a web site that may send events")
    seeding.add_argument("--remove", action="store_true", help="remove the demo's people and clients")
    giving = add("token", token, "print an access token")
    giving.add_argument("client", help="the client it belongs to")
    giving.add_argument("--person", help="the person it acts for; without, the client acts for itself")
    giving.add_argument("--seconds", type=int, default=settings.ACCESS_TOKEN_SECONDS)
    add("import", lambda _: None, "take in event files (see import --help)")
    add("erase", lambda _: None, "erase a customer (see erase --help)")
    add("retention", lambda _: None, "remove what is too old (see retention --help)")
    add("generate", lambda _: None, "fill the server with a generated shop (see generate --help)")

    people = _group(commands, "person", "people who sign in")
    adding = add("add", person_add, "add a person; the password is asked for", people)
    adding.add_argument("username")
    adding.add_argument("--name", required=True)
    adding.add_argument("--email", required=True)
    adding.add_argument("--role", action="append", default=[], choices=list(ROLES), required=True)
    add("password", person_password, "set a new password and revoke all tokens", people).add_argument(
        "username"
    )
    add(
        "reset-second-factor",
        person_reset_second_factor,
        "for who lost their phone and recovery codes: make sure first that it is them",
        people,
    ).add_argument("username")
    setting = add("roles", person_roles, "give a person these roles instead of those they have", people)
    setting.add_argument("username")
    setting.add_argument("--role", action="append", choices=list(ROLES), required=True)
    add("off", person_off, "end a person's sign-ins and take no new one", people).add_argument("username")
    add("on", person_on, "let a person who was switched off sign in again", people).add_argument("username")
    add("list", person_list, "who there is, with their roles", people)
    add("remove", person_remove, "remove a person", people).add_argument("username")

    clients = _group(commands, "client", "programs that ask for tokens")
    adding = add("add", client_add, "add a client", clients)
    adding.add_argument("client_id")
    adding.add_argument("--name")
    adding.add_argument("--public", action="store_true", help="without a secret: PKCE only")
    adding.add_argument("--redirect-uri", action="append", default=[], help="where sign-in comes back to")
    adding.add_argument(
        "--role", action="append", default=[], choices=list(ROLES), help="for client credentials"
    )
    adding.add_argument("--scope", action="append", choices=SCOPES)
    add("remove", client_remove, "remove a client", clients).add_argument("client_id")

    sites = _group(commands, "deployment", "web sites and apps that report events")
    adding = add("add", deployment_add, "add one; its id is told", sites)
    adding.add_argument("name")
    adding.add_argument(
        "--origin", action="append", default=[], help="a site whose pages may report; without, any"
    )
    add("list", deployment_list, "which there are", sites)
    add("remove", deployment_remove, "remove one", sites).add_argument("id")

    targets = _group(commands, "target", "action targets: the teams that take conversations")
    adding = add("add", target_add, "add one; its service level can be changed by the API", targets)
    adding.add_argument("name")
    adding.add_argument("--percentage", type=float, default=100 * actiontargets.DEFAULT_PERCENTAGE)
    adding.add_argument("--seconds", type=int, default=actiontargets.DEFAULT_DURATION_MS // 1000)
    adding.add_argument("--media-type", action="append", default=[], choices=actiontargets.MEDIA_TYPES)
    adding.add_argument("--description", default="")
    add("list", target_list, "which there are", targets)
    add("remove", target_remove, "remove one", targets).add_argument("id")
    return parser


def _group(
    commands: "Commands[argparse.ArgumentParser]", name: str, text: str
) -> "Commands[argparse.ArgumentParser]":
    """A command that has commands of its own, such as `person add`."""
    return commands.add_parser(name, help=text).add_subparsers(required=True, metavar="COMMAND")
