"""Keys are rotated without anybody noticing: new one in front, `manage.py reseal`, old one away."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from journeyadmin.accounts.grants import GrantStore, keep
from journeyadmin.accounts.models import Connection, KeptForm, Person
from journeyadmin.accounts.sealed import KeyLost, seal, unseal
from journeyadmin.service import Tokens

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


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
