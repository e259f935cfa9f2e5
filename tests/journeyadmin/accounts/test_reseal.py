"""Keys are rotated without anybody noticing: new one in front, `manage.py reseal`, old one away."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from journeyadmin.accounts.grants import GrantStore, keep
from journeyadmin.accounts.models import Connection, KeptForm, Person
from journeyadmin.accounts.sealed import KeyLost, seal, unseal
from journeyadmin.service import Tokens

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_that_was_not_resealed_is_said_and_can_be_typed_again(
    client: Browser, shop_as_client: Connection, settings: Any
) -> None:
    client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
    settings.ENCRYPTION_KEYS = [NEW]
    lost = "The client secret of this connection can no longer be read."
    ended = client.get("/segments/", follow=True)
    assert ended.redirect_chain[0][0] == "/accounts/sign-in?next=%2Fsegments%2F"
    assert lost in ended.content.decode()
    for mode in Connection.Mode.values:
        Connection.objects.update(mode=mode)
        answer = client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
        assert answer.status_code == 502
        assert lost in answer.content.decode()
    shop_as_client.client_secret = "demo-secret"
    shop_as_client.save()
    assert client.post("/accounts/sign-in", {"connection": shop_as_client.pk}).status_code == 302


def test_after_resealing_the_old_key_can_go(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    shop = Connection(name="Shop", client_id="c")
    shop.client_secret = "of the client"
    shop.save()
    public = Connection.objects.create(name="Public", client_id="p")
    grant = keep(Person.objects.create(key="1:p", connection=shop), Tokens("access", "refresh", None))
    kept = KeptForm.objects.create(path="/", person_key="1:p", sealed=seal("typed=1"))

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    told = StringIO()
    call_command("reseal", stdout=told)
    assert told.getvalue().startswith("4 secrets")

    settings.ENCRYPTION_KEYS = [NEW]
    shop.refresh_from_db()
    public.refresh_from_db()
    kept.refresh_from_db()
    assert (shop.client_secret, public.client_secret, unseal(kept.sealed)) == (
        "of the client",
        "",
        "typed=1",
    )
    assert GrantStore(grant.pk).read() == Tokens("access", "refresh", None)


def test_what_no_key_reads_is_told_and_left(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    shop = Connection(name="Shop", client_id="c")
    shop.client_secret = "of the client"
    shop.save()
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="1 secrets can be read with none of the keys"):
        call_command("reseal", stdout=StringIO())
    shop.refresh_from_db()
    with pytest.raises(KeyLost):
        _ = shop.client_secret
    settings.ENCRYPTION_KEYS = [OLD]
    assert shop.client_secret == "of the client"
