"""Connections to the running Journey server, as a person and as a client."""

import pytest

from journeyadmin.accounts.models import Connection
from tests import cast
from tests.programs import Program


@pytest.fixture
def shop(server: Program) -> Connection:
    return Connection.objects.create(
        name="Shop", typed_login_url=server.url, typed_api_url=server.url, client_id=cast.DASHBOARD_CLIENT
    )


@pytest.fixture
def shop_as_client(server: Program) -> Connection:
    connection = Connection(
        name="Service",
        typed_login_url=server.url,
        typed_api_url=server.url,
        client_id="demo-service",
        mode="client",
    )
    connection.client_secret = "demo-secret"
    connection.save()
    return connection
