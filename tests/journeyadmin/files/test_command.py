"""`manage.py journey export|plan|apply|drift` with its exit codes."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from journeyadmin.accounts.models import Connection
from journeyadmin.history.models import Change
from tests import cast
from tests.journeyadmin.shop import Shop

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def journey(shop: Shop, db: None) -> Command:
    connection = Connection(
        name="Pipeline",
        typed_login_url=shop.url,
        typed_api_url=shop.url,
        client_id=cast.SERVICE[0],
        mode=Connection.Mode.CLIENT,
    )
    connection.client_secret = cast.SERVICE[1]
    connection.save()

    def run(*arguments: str, connection: str = "Pipeline") -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("journey", *arguments, "--connection", connection, stdout=out, stderr=err)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return run


def _file(folder: Path, *segments: dict[str, Any]) -> str:
    path = folder / "shop.json"
    path.write_text(json.dumps({"journey": 1, "segments": segments}))
    return str(path)


def test_export_is_stable_and_its_plan_is_empty(journey: Command, shop: Shop, tmp_path: Path) -> None:
    shop.make("A")
    code, text, _err = journey("export")
    assert code == 0
    assert text == journey("export")[1]
    assert shop.name("A") in text
    file = tmp_path / "all.yaml"
    assert journey("export", "--output", str(file))[0] == 0
    assert file.read_text() == text
    code, said, _err = journey("plan", str(file))
    assert code == 0
    assert said.startswith("create 0, change 0, same ")
    assert journey("export", "--only", "targets", "--format", "json")[1].count("displayName") == 0
    assert "resource" in journey("export", "--format", "terraform")[1]
    code, text, said = journey("export", "--only", "targets", "--format", "terraform")
    assert (code, text) == (1, ""), "an empty file would pass for an export"
    assert "Terraform has no resource for action targets" in said


def test_plan_apply_drift(journey: Command, shop: Shop, tmp_path: Path) -> None:
    shop.make("A", description="old")
    file = _file(
        tmp_path, {"displayName": shop.name("A"), "description": "new"}, {"displayName": shop.name("B")}
    )
    code, said, _err = journey("plan", file)
    assert code == 2
    assert f"~ segment “{shop.name('A')}”" in said
    assert "    Description: “old” → “new”" in said
    assert "create 1, change 1" in said
    assert set(shop.all()) == {"A"}, "a plan writes nothing"
    code, said, _err = journey("apply", file, "--reason", "Release 7")
    assert (code, said.splitlines()[-1]) == (0, "2 done.")
    assert shop.all()["A"]["description"] == "new"
    changes = Change.objects.filter(reason="Release 7")
    assert {change.person_name for change in changes} == {cast.SERVICE[0]}
    assert len({change.batch for change in changes}) == 1
    assert journey("plan", file)[0] == 0
    shop.ask("PATCH", shop.all()["B"]["id"], json={"isActive": False})
    assert journey("drift", file)[0] == 0, "the file does not say whether it is active"
    strict = _file(tmp_path, {"displayName": shop.name("B"), "isActive": True})
    code, said, _err = journey("drift", strict)
    assert code == 2
    assert "Active: off → on" in said
    assert f"- segment “{shop.name('A')}”" in said, "what the file does not have is drift too"
    assert set(shop.all()) == {"A", "B"}


def test_a_run_that_has_to_stop_says_how_far_it_came(
    journey: Command, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that nothing was changed."""
    shop.make("A")
    file = _file(
        tmp_path, {"displayName": shop.name("A"), "description": "1"}, {"displayName": shop.name("B")}
    )
    monkeypatch.setattr("journeyadmin.files.management.commands.journey.LONGEST_SECONDS", 0)
    code, _out, err = journey("apply", file)
    assert code == 1
    assert "0 of 2 done; the service asks to wait." in err
    assert "Nothing was changed" not in err


def test_conflicts_are_left_and_said(journey: Command, shop: Shop, tmp_path: Path) -> None:
    made = shop.make("A")
    shop.ask("PATCH", made["id"], json={"description": "by hand"})
    file = _file(tmp_path, {"id": made["id"], "version": 1, "displayName": shop.name("A"), "isActive": False})
    code, said, _err = journey("apply", file)
    assert code == 2
    assert "the file has version 1, here it is version 2" in said
    assert shop.all()["A"]["isActive"] is True
    assert journey("apply", file, "--overwrite")[0] == 0
    assert shop.all()["A"]["isActive"] is False


def test_what_the_service_refuses_is_an_error(journey: Command, shop: Shop, tmp_path: Path) -> None:
    bad = {"key": "no.such.key", "values": ["x"], "operator": "equal", "entityType": "visit"}
    file = _file(tmp_path, {"displayName": shop.name("A"), "context": {"patterns": [{"criteria": [bad]}]}})
    code, _said, err = journey("apply", file)
    assert code == 1
    assert "context.patterns[0].criteria[0].key" in err


@pytest.mark.parametrize(
    ("arguments", "connection", "words"),
    [
        (("plan", "/nowhere/at/all.yaml"), "Pipeline", "cannot be read: No such file"),
        (("export",), "Nobody", "There is no connection “Nobody”. There are: “Pipeline”"),
        (("export", "--output", "/nowhere/x"), "Pipeline", "cannot be written"),
    ],
)
def test_trouble_is_one_sentence(
    journey: Command, arguments: tuple[str, ...], connection: str, words: str
) -> None:
    code, _out, err = journey(*arguments, connection=connection)
    assert code == 1
    assert err.startswith("journey: ")
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_production_may_ask_for_a_reason(journey: Command, shop: Shop, tmp_path: Path, settings: Any) -> None:
    settings.REASON_REQUIRED = True
    Connection.objects.filter(name="Pipeline").update(production=True)
    file = _file(tmp_path, {"displayName": shop.name("A")})
    code, _out, err = journey("apply", file)
    assert (code, shop.all()) == (1, {})
    assert "asks for a --reason" in err
    assert journey("apply", file, "--reason", "Release 7")[0] == 0


def test_trouble_with_the_connection_and_the_file(journey: Command, tmp_path: Path) -> None:
    Connection.objects.create(name="Person", typed_api_url="http://127.0.0.1:9", client_id="c")
    assert "signs in per person" in journey("export", connection="Person")[2]
    Connection.objects.filter(name="Pipeline").update(read_only=True)
    file = _file(tmp_path)
    assert "is read-only" in journey("apply", file)[2]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("journey: 1\n  x: [")
    code, _out, err = journey("plan", str(wrong))
    assert code == 1
    assert "Not readable as YAML at line" in err
    Connection.objects.filter(name="Pipeline").update(
        typed_login_url="http://127.0.0.1:9", typed_api_url="http://127.0.0.1:9"
    )
    code, _out, err = journey("export")
    assert code == 1
    assert "did not answer" in err
