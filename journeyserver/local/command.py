"""`python -m journeyserver erase ID` and `python -m journeyserver retention`: through the server where one runs, else by itself."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

import requests
from django.conf import settings

from journeyadmin.contract.local import ERASE
from journeyserver import imports, store, warehouse
from journeyserver.local import removal
from journeyserver.models import Client, Role, Token
from journeyserver.roles import ADMIN
from journeyserver.store import Refusal

# What commands call the server as. It can sign in by no grant: only who may write the store can give it a token.
_CLIENT = "journeyserver-commands"


def main(argv: list[str]) -> int:
    """Runs either command, as `sys.argv` names it; raises Refusal, WarehouseError."""
    name = sys.argv[1]
    parser = argparse.ArgumentParser(prog=f"python -m journeyserver {name}", description=_ABOUT[name])
    if name == "erase":
        parser.add_argument("customer", help="the customer's id, as events carry it")
        parser.add_argument("--dry-run", action="store_true", help="only count what is there")
    else:
        parser.add_argument("--days", type=int, default=settings.RETENTION_DAYS, help="keep this many days")
    arguments = parser.parse_args(argv)
    store.prepare()
    return _erase(arguments) if name == "erase" else _retain(arguments)


_ABOUT = {
    "erase": "Removes everything recorded of a customer, and prints the receipt.",
    "retention": "Removes everything that is older than JOURNEYSERVER_RETENTION_DAYS, or --days.",
}


def _erase(arguments: argparse.Namespace) -> int:
    from journeyserver.local import erase

    if not 1 <= len(arguments.customer) <= erase.LONGEST_ID:
        raise Refusal(f"A customer's id has 1 to {erase.LONGEST_ID} characters.")
    body = {"customerId": arguments.customer, "dryRun": arguments.dry_run}
    server = imports.server_url()
    if server is not None:
        told = _asked(server + ERASE.path, body)
    else:
        told = (
            erase.counted(arguments.customer)
            if arguments.dry_run
            else erase.erased(arguments.customer, "the command line")
        )
    print(f"{'':12}{'before':>10}{'after':>10}")
    for table, before in told["before"].items():
        print(f"{table:12}{before:>10}{told['after'][table]:>10}")
    print(f"Receipt {told['receipt']}" if told["erased"] else "Nothing was erased.")
    return 0


def _retain(arguments: argparse.Namespace) -> int:
    if arguments.days < 1:
        raise Refusal(
            "Everything is kept: set JOURNEYSERVER_RETENTION_DAYS, or say how many days with --days."
        )
    if imports.server_url() is not None:
        raise Refusal("The server runs, and applies the setting by itself once a day. Stop it to do it now.")
    for table, number in removal.retain(warehouse.backend(), arguments.days, datetime.now(UTC)).items():
        print(f"{table:12}{number:>10} removed")
    return 0


def _asked(url: str, body: dict[str, Any]) -> Any:
    client, made = Client.objects.get_or_create(
        client_id=_CLIENT, defaults={"name": "The command line", "scope": "journey"}
    )
    if made:
        client.roles.add(Role.objects.get(name=ADMIN))
    token, text = Token.issue(client, None, client.scope, 60)
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(url, json=body, headers={"Authorization": f"Bearer {text}"}, timeout=300)
    except requests.RequestException as error:
        raise Refusal(f"The Journey server did not answer ({type(error).__name__}). Try again.") from None
    finally:
        token.delete()
    if not answer.ok:
        raise Refusal(f"The Journey server refused: {answer.json().get('message', answer.status_code)}")
    return answer.json()
