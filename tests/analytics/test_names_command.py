"""`manage.py names`: many names at once, without taking away what people here have written."""

import json

import pytest
from django.core.management import CommandError, call_command

from analytics.models import NamedValue
from journeyadmin.accounts.models import Connection

pytestmark = pytest.mark.django_db

MAP = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def shop():
    return Connection.objects.create(name="Shop", typed_api_url="https://api.example", client_id="c")


def names_file(tmp_path, names):
    file = tmp_path / "names.json"
    file.write_text(json.dumps(names))
    return str(file)


def given(shop):
    return {(row.kind, row.value): row.name for row in NamedValue.objects.filter(connection=shop)}


def test_names_are_given_once_for_all_dimensions_of_the_same_things(shop, tmp_path):
    file = names_file(tmp_path, {"journeyBlockingActionMapId": {MAP.upper(): " Product advice "}})
    call_command("names", "Shop", file)
    assert given(shop) == {("journeyActionMapId", MAP): "Product advice"}


def test_a_name_given_by_somebody_stays_unless_replaced(shop, tmp_path, capsys):
    NamedValue.objects.create(connection=shop, kind="journeyActionMapId", value=MAP, name="Ours", slot=3)
    file = names_file(tmp_path, {"journeyActionMapId": {MAP: "Theirs", OTHER: "New"}})
    call_command("names", "Shop", file)
    assert given(shop) == {("journeyActionMapId", MAP): "Ours", ("journeyActionMapId", OTHER): "New"}
    assert capsys.readouterr().out == "1 names were given in “Shop”.\n"
    call_command("names", "Shop", file, "--replace")
    assert given(shop)["journeyActionMapId", MAP] == "Theirs"
    assert NamedValue.objects.get(value=MAP).slot == 3


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"journeySegmentId": {MAP: "x"}}, "Values of journeySegmentId have no names"),
        (["x"], "is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(shop, tmp_path, names, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("names", "Shop", names_file(tmp_path, names))
    assert not given(shop)


def test_an_unknown_connection_is_named(tmp_path):
    with pytest.raises(CommandError, match="no connection called “Nowhere”"):
        call_command("names", "Nowhere", names_file(tmp_path, {}))
