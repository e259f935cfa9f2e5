"""What a service announced, while it cannot be asked."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from journeyadmin.accounts import grants
from journeyadmin.accounts.capabilities import SECONDS
from journeyadmin.accounts.models import Connection
from journeyadmin.service import Tokens
from tests import cast
from tests.programs import Program


@pytest.mark.django_db
def test_a_service_that_is_down_has_not_become_another_one(own_server: Program) -> None:
    admin = cast.signed_in(own_server.url, "admin")
    assert "Local data" in admin.get("/operations/").content.decode()
    own_server.kill()
    # The time passes for which an announcement counts.
    assert SECONDS < 3600
    cache.delete(f"capabilities:{Connection.objects.get().pk}")
    for address in ("/live/", "/operations/", "/operations/import/"):
        page = admin.get(address).content.decode()
        assert "Local data" in page, address
        assert "Not offered by this service" not in page, address
        assert "does not announce" not in page, address


@pytest.mark.django_db
def test_before_it_was_ever_asked_it_offers_nothing(own_server: Program) -> None:
    admin = cast.signed_in(own_server.url, "admin")
    own_server.kill()
    page = admin.get("/segments/")
    assert "Local data" not in page.content.decode()


@pytest.mark.django_db
def test_what_is_announced_does_not_depend_on_whose_sign_in_has_ended(server: Program) -> None:
    marketer = cast.signed_in(server.url, "marketer")
    ended = cast.signed_in(server.url, "analyst")
    grants.GrantStore(ended.session["grant"]).replace(Tokens("over", "", timezone.now()))
    cache.clear()
    ended.get("/accounts/account/")
    assert "Local data" in marketer.get("/accounts/permissions/").content.decode()
