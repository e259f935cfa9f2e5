"""The dashboard's way to the extensions reaches each of them, and gets what its docstrings promise."""

import io

import pytest

from journeyadmin.service import Forbidden, InvalidRequest, LocalService, NotFound, Tokens, newly_signed_in
from tests import cast
from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.stock import CARTS
from tests.journeyserver.local.test_uploads import log


def local(stocked: Stocked, username: str) -> LocalService:
    tokens = Tokens(cast.person_tokens(stocked.url, username)["access_token"])
    return newly_signed_in(stocked.url, tokens).local


@pytest.fixture
def marketer(stocked: Stocked) -> LocalService:
    return local(stocked, "marketer")


@pytest.fixture
def admin(stocked: Stocked) -> LocalService:
    return local(stocked, "admin")


def test_a_definition_is_counted_explained_and_compared(marketer: LocalService) -> None:
    segment = {**CARTS, "displayName": "Not sent", "id": "not sent"}
    counted = marketer.preview(segment, editor="form", time_zone="Europe/London", mode="estimate")
    assert counted["state"] == "counted"
    assert marketer.stop_preview("form/with a slash") is None
    told = marketer.explain(segment, session=counted["samples"][0]["session"])
    assert told["matched"] is True
    assert marketer.explain(segment, visit={"events": []})["matched"] is False
    assert marketer.overlap(segment)["segments"]
    with pytest.raises(NotFound):
        marketer.explain(segment, session="nothing")
    with pytest.raises(InvalidRequest) as caught:
        marketer.preview({"context": {"patterns": [{"criteria": []}]}, "journey": {"patterns": []}})
    assert caught.value.fields[0].path == "context.patterns[0].criteria"


def test_values_live_and_the_curve(marketer: LocalService) -> None:
    assert marketer.suggest("page.pathname", "CART")["values"][0]["value"] == "/cart"
    assert marketer.suggest("device.category", side="context")["complete"] is True
    cursor = marketer.live()["cursor"]
    assert marketer.live(since=cursor)["events"] == []
    assert marketer.curve(str(stock.TARGET), days=30)["answered"] > 0


def test_the_data_a_file_and_an_erasure(admin: LocalService, marketer: LocalService) -> None:
    assert admin.data()["events"] > 0
    looked = admin.upload(io.BytesIO(log(3)), "access.log", site="https://shop.example")
    assert admin.get_import(looked["upload"])["state"] == "waiting"
    admin.remove_upload(looked["upload"])
    assert admin.erase("nobody", dry_run=True)["erased"] is False
    with pytest.raises(Forbidden) as caught:
        marketer.data()
    assert caught.value.permissions == ("local:data:view",)


def test_faults(admin: LocalService) -> None:
    admin.set_faults([{"operation": "getJourneyActiontargets", "fault": "501"}])
    assert admin.faults()["faults"][0]["fault"] == "501"
    admin.clear_faults()
    assert admin.faults()["faults"] == []
