"""Export and import through the browser's forms."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from tests.journeyadmin.shop import Shop, apply

CRITERION = {
    "key": "geolocation.country",
    "values": ["NO"],
    "operator": "equal",
    "shouldIgnoreCase": True,
    "entityType": "visit",
}
CONTEXT = {"patterns": [{"criteria": [CRITERION]}]}


def _ours(text: str, shop: Shop) -> str:
    """A JSON export with this test's segments alone."""
    tree = json.loads(text)
    tree["segments"] = [one for one in tree["segments"] if shop.word in one["displayName"]]
    return json.dumps(tree)


def test_an_export_is_the_same_bytes_again_and_plans_nothing(admin: Browser, shop: Shop) -> None:
    shop.make("日本語", context=CONTEXT)
    first = admin.get("/files/export?format=json")
    assert first["Content-Disposition"].startswith('attachment; filename="test-shop_all_')
    assert admin.get("/files/export?format=json").content == first.content
    yaml = admin.get("/files/export?what=segments&format=yaml").content.decode()
    assert "- 'NO'" in yaml
    assert "actionTargets" not in yaml
    answer = admin.post("/files/import", {"text": _ours(first.content.decode(), shop)})
    page = admin.get(answer["Location"]).content.decode()
    assert "Nothing to do" in page
    assert "create 0, change 0, same 7, conflict 0, unreadable 0" in page
    assert "7 unchanged" in page


def test_an_import_is_a_plan_and_then_holds(admin: Browser, shop: Shop) -> None:
    shop.make("Kept", context=CONTEXT)
    shop.make("Changed", description="old")
    wanted = [
        {"displayName": shop.name("Kept")},
        {"displayName": shop.name("Changed"), "description": "new"},
        {"displayName": shop.name("Fresh"), "context": CONTEXT},
        {"displayName": shop.name("Fresh")},
        {"isActive": True},
    ]
    upload = SimpleUploadedFile("shop.json", json.dumps({"journey": 1, "segments": wanted}).encode())
    address = admin.post("/files/import", {"file": upload})["Location"]
    page = admin.get(address).content.decode()
    assert "create 1, change 1, same 1, conflict 1, unreadable 1" in page
    for words in (
        "Description: “old” → “new”",
        "country is NO",
        "this name twice",
        "displayName is missing",
        "Import shop.json",
    ):
        assert words in page
    assert set(shop.all()) == {"Kept", "Changed"}
    apply(admin, address)
    after = shop.all()
    assert after["Changed"]["description"] == "new"
    assert after["Fresh"]["context"]["patterns"][0]["criteria"][0]["values"] == ["NO"]


def test_what_can_only_be_refused_is_not_called_nothing_to_do(admin: Browser, db: None) -> None:
    text = '{"journey": 1, "actionTargets": [{"name": "Nowhere"}, {}]}'
    page = admin.get(admin.post("/files/import", {"text": text})["Location"]).content.decode()
    assert "Nothing can be applied" in page
    assert "create 0, change 0, same 0, conflict 1, unreadable 1" in page
    assert "Applied one by one" not in page


def test_bad_files_say_where_and_keep_what_was_typed(admin: Browser, db: None) -> None:
    for text, words in (
        ("{", "line 1, column"),
        ("journey: 1\nsegments:\n- *x\n", "Line 3: aliases"),
        ("hello", "no export of Journey Admin"),
        ("", "Choose a file, or paste its text"),
        ("x" * (1024 * 1024 + 1), "larger than 1 MiB"),
    ):
        answer = admin.post("/files/import", {"text": text})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page
        if 0 < len(text) < 100:
            assert text.strip().split("\n")[0] in page


def test_a_binary_file_is_none(admin: Browser, db: None) -> None:
    answer = admin.post("/files/import", {"file": SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n")})
    assert answer.status_code == 422
    assert "no UTF-8 text" in answer.content.decode()


def test_terraform_has_import_blocks(admin: Browser, shop: Shop) -> None:
    made = shop.make("A")
    text = admin.get("/files/export?format=terraform").content.decode()
    assert f'id = "{made["id"]}"' in text
    refused = admin.get("/files/export?format=terraform&what=targets")
    assert refused.status_code == 422
    assert "Terraform has no resource for action targets." in refused.content.decode()
