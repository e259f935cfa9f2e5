"""The documentation names what there is: each dependency, each setting, each command, each file it links to."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.core.management import get_commands
from gunicorn.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PROGRAMS = ("journeyadmin", "journeyserver", "segments", "actiontargets", "analytics")


def dependencies() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for row in chain(project["dependencies"], *project["optional-dependencies"].values()):
        yield re.match(r"[A-Za-z0-9._-]+", row)[0]
    for file in ("package.json", "tools/lighthouse/package.json"):
        package = json.loads((ROOT / file).read_text())
        yield from package["dependencies"]
        yield from package.get("devDependencies", ())


@pytest.mark.parametrize("name", sorted(dependencies()))
def test_each_dependency_has_its_reason(name):
    assert f"`{name}`" in (DOCS / "dependencies.md").read_text()


def test_no_dependency_is_described_that_is_gone():
    lines = (DOCS / "dependencies.md").read_text().splitlines()
    rows = [line.split("|")[1] for line in lines if line.startswith("| `")]
    assert set(re.findall(r"`([^`]+)`", " ".join(rows))) == set(dependencies())


def settings() -> set[str]:
    """Every environment variable that a program reads, by the places where it is read."""
    found: set[str] = set()
    for file in [*(path for name in PROGRAMS for path in (ROOT / name).rglob("*.py")), ROOT / "demo.py"]:
        source = file.read_text()
        found.update(re.findall(r"JOURNEY(?:ADMIN|SERVER)_[A-Z0-9_]*[A-Z0-9]", source))
        found.update(f"JOURNEYADMIN_{name}" for name in re.findall(r"_env\.\w+\(\s*\"([A-Z0-9_]+)\"", source))
    return found


@pytest.mark.parametrize("name", sorted(settings()))
def test_each_setting_is_described(name):
    assert f"`{name}`" in (DOCS / "running.md").read_text()


def test_no_setting_is_described_that_is_gone():
    described = re.findall(r"^\| `(JOURNEY\w+)`", (DOCS / "running.md").read_text(), re.MULTILINE)
    assert set(described) == settings()


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_link_leads_somewhere(page):
    text = page.read_text()
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) + re.findall(
        r"(?:src|href|srcset)=\"([^\"#]+)\"", text
    )
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


def test_every_page_can_be_reached():
    """From the README, by links alone; the contract's own files are reached from the architecture."""
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            linked = (page.parent / target).resolve()
            if linked.suffix == ".md" and linked.exists() and linked not in reached:
                ahead.append(linked)
    assert {page.relative_to(ROOT) for page in pages()} - {
        page.relative_to(ROOT) for page in reached
    } == set()


def test_the_words_of_make_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    for word in re.findall(r"`make (\w+)", "".join(page.read_text() for page in pages())):
        assert re.search(rf"^{word}:", makefile, re.MULTILINE), word


def test_commands_of_the_server_exist():
    asked = subprocess.run(
        [sys.executable, "-m", "journeyserver", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for word in re.findall(r"python -m journeyserver (\w+)", "".join(page.read_text() for page in pages())):
        assert re.search(rf"^\s+{word}\b", asked.stdout, re.MULTILINE), word


def test_the_map_names_every_package():
    """Those that hold code; what is below `engine/backends` and its like belongs to its parent's line."""
    text = (DOCS / "architecture.md").read_text()
    found = [ROOT / name for name in PROGRAMS if name not in ("journeyadmin", "journeyserver")]
    found += [
        path.parent
        for name in ("journeyadmin", "journeyserver")
        for path in (ROOT / name).glob("*/__init__.py")
        if path.parent.name != "migrations"
    ]
    missing = [name for path in found if f"`{(name := path.relative_to(ROOT).as_posix())}/`" not in text]
    assert not missing


def test_commands_of_the_dashboard_exist():
    named = set(re.findall(r"manage\.py (\w+)", "".join(page.read_text() for page in pages())))
    assert named >= {"migrate", "connection", "reseal"}
    assert named <= set(get_commands())


def test_the_options_that_the_dashboard_is_started_with_are_gunicorns():
    line = re.search(r"^\.venv/bin/(gunicorn .+)$", (DOCS / "running.md").read_text(), re.MULTILINE)
    assert line
    assert f"ExecStart=/srv/journeyadmin/.venv/bin/{line[1]}" in (DOCS / "running.md").read_text()
    config = Config()
    told = config.parser().parse_args(line[1].split()[1:])
    assert told.preload_app
    assert told.control_socket_disable
    assert told.reuse_port
