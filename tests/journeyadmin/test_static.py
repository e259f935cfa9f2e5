"""Static files as they are served: named by their content, with no two scripts that import each other."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import pytest
from django.test import Client

from journeyadmin.packages import PAGE_STYLES, StaticStorage
from journeyadmin.security import static_headers
from tests.programs import ROOT, environment

SCRIPTS = ROOT / "static" / "js"
IMPORT = re.compile(r'(?:import|from)\s*\(?\s*"\./([\w-]+\.js)"')


def test_no_script_imports_itself_by_way_of_others() -> None:
    imports = {file.name: set(IMPORT.findall(file.read_text())) for file in SCRIPTS.glob("*.js")}

    def reached(name: str, seen: frozenset[str]) -> None:
        assert name not in seen, f"{name} imports itself by way of {sorted(seen)}"
        for target in imports[name]:
            reached(target, seen | {name})

    for name in imports:
        reached(name, frozenset())


# Made of a word and a value in a template, or by Django.
MADE = re.compile(r"(tile|timeline|outcome|legend)-\w+|errorlist")
SOURCES = (
    "static/js/*.js",
    "templates/**/*.html",
    *(f"{app}/**/*.py" for app in ("journeyadmin", "segments", "actiontargets", "analytics")),
)


def test_every_class_that_the_styles_know_is_used() -> None:
    texts = [file.read_text() for pattern in SOURCES for file in ROOT.glob(pattern)]
    words = {word for text in texts for word in re.findall(r"[\w-]+", text)}
    # The chart library's own are not ours.
    styles = [file for file in (ROOT / "static" / "css").glob("*.css") if file.name != "plotly.css"]
    for style in styles:
        rules = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", style.read_text(), flags=re.DOTALL)
        named = set(re.findall(r"\.([A-Za-z][\w-]*)", rules))
        unused = sorted(name for name in named - words if not MADE.fullmatch(name))
        assert not unused, f"{style.name}: {unused}"


def test_all_of_them_can_be_collected(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "static" / "staticfiles.json").exists()
    # Hashed scripts hold what the plain ones hold, comments apart.
    for file in (tmp_path / "static" / "js").glob("*.js"):
        assert file.stat().st_size > 20, file.name
    # The styles of every page are one file, and it holds every rule of each of them.
    names = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    page = (tmp_path / "static" / names["css/page.css"]).read_text()
    for style in PAGE_STYLES:
        rules = (tmp_path / "static" / names[style]).read_text()
        assert page.count("{") > rules.count("{") > 0
        assert rules.strip()[:40] in page, style
    assert "/*" not in page


def test_a_page_asks_for_one_style_once_they_are_collected() -> None:
    storage = StaticStorage()
    storage.hashed_files = {}
    assert storage.page_styles() == [f"/static/{name}" for name in PAGE_STYLES]
    storage.hashed_files = {"css/page.css": "css/page.0123456789ab.css"}
    assert storage.page_styles() == ["/static/css/page.0123456789ab.css"]


def test_static_files_carry_what_they_need_and_no_more(client: Client, db: None) -> None:
    style = client.get("/static/css/base.css")
    assert style.status_code == 200
    assert style["X-Content-Type-Options"] == "nosniff"
    assert style["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in style
    assert not style.cookies
    style.close()
    drawing = client.get("/static/icon.svg")
    assert "default-src 'none'" in drawing["Content-Security-Policy"]
    drawing.close()


def test_static_files_say_that_only_https_is_good_where_it_is_used(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    headers = Headers()
    static_headers(headers, "/anywhere/base.css", "/static/css/base.css")
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("name", ["accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover"])
def test_words_on_filled_buttons_can_be_read_also_under_the_pointer(name: str) -> None:
    """axe sees no button under a pointer: WCAG 2.2, 1.4.3, 4.5 : 1."""
    tokens = (ROOT / "static/css/tokens.css").read_text()
    palette = (ROOT / "node_modules/open-props/colors.min.css").read_text()
    pair = re.search(rf"--{name}: light-dark\((.+?), (.+?)\);", tokens)
    assert pair
    for colour in pair.groups():
        if named := re.fullmatch(r"var\((--[\w-]+)\)", colour):
            found = re.search(rf"{named[1]}:(#[0-9a-f]{{6}})", palette)
            assert found
            colour = found[1]
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, f"{name} {colour}"


def luminance(colour: str) -> float:
    """Of `#rrggbb`, as https://www.w3.org/TR/WCAG22/#dfn-relative-luminance defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# A count is no saving, and an alert is saved by whatever does not try it out.
UNMARKED = {"operations/erase.html", "alerts/alert.html"}


def test_the_keys_that_save_know_which_button_saves() -> None:
    """Ctrl and Enter send the button marked data-save, or none: where every button says what to do, none says nothing."""
    found = 0
    for template in (ROOT / "templates").rglob("*.html"):
        for form in re.findall(r"<form\b.*?</form>", template.read_text(), re.DOTALL):
            typed = re.search(
                r"<input (?![^>]*type=\"(?:hidden|checkbox|radio)\")|<textarea|as_field_group", form
            )
            buttons = [
                button for button in re.findall(r"<button\b[^>]*>", form) if 'type="button"' not in button
            ]
            name = str(template.relative_to(ROOT / "templates"))
            if typed and buttons and all("name=" in button for button in buttons) and name not in UNMARKED:
                found += 1
                assert "data-save" in form, name
    assert found >= 6
