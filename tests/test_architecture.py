"""Who may import whom: the rules as a table, held against the imports that the files really make."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("journeyadmin", "journeyserver", "segments", "actiontargets", "analytics")
APPS = ("segments", "actiontargets", "analytics")
PURE_ANALYTICS = (
    "parts",
    "series",
    "ranges",
    "granularity",
    "measures",
    "filters",
    "question",
    "compare",
    "colours",
)


@dataclass(frozen=True)
class Rule:
    """Files below `of` (but `but`) may import of `these` packages only those in `only`."""

    sentence: str
    of: tuple[str, ...]
    these: tuple[str, ...]
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


RULES = (
    Rule(
        "journeyadmin.contract imports nothing but the standard library and itself.",
        of=("journeyadmin/contract/",),
        these=("*",),
        only=("journeyadmin.contract",),
    ),
    Rule(
        "journeyserver imports journeyadmin.contract and nothing else of ours.",
        of=("journeyserver/",),
        these=OURS,
        only=("journeyserver", "journeyadmin.contract"),
    ),
    Rule(
        "Nothing imports journeyserver.",
        of=("journeyadmin/", *(f"{app}/" for app in APPS), "manage.py", "demo.py"),
        these=("journeyserver",),
    ),
    Rule(
        "The launcher only starts processes: it imports nothing of ours and no framework.",
        of=("demo.py",),
        these=("*",),
    ),
    *(
        Rule(
            f"{app} imports from journeyadmin, never from another app; what two apps need moves down.",
            of=(f"{app}/",),
            these=APPS,
            only=(app,),
        )
        for app in APPS
    ),
    Rule("journeyadmin never imports an app.", of=("journeyadmin/",), these=APPS),
    Rule(
        "journeyadmin.service imports the contract and how digits are grouped; never an app, a form or a view.",
        of=("journeyadmin/service/",),
        these=(*OURS, "django.forms", "django.views", "django.shortcuts", "django.db"),
        only=("journeyadmin.service", "journeyadmin.contract", "journeyadmin.digits"),
    ),
    Rule(
        "Only service/transport.py, service/stopping.py and service/auth.py know requests.",
        of=("journeyadmin/", *(f"{app}/" for app in APPS)),
        these=("requests", "urllib3"),
        but=(
            "journeyadmin/service/transport.py",
            "journeyadmin/service/stopping.py",
            "journeyadmin/service/auth.py",
        ),
    ),
    Rule(
        "Only service/auth.py (and the server's own sign-in) knows authlib.",
        of=tuple(f"{package}/" for package in OURS),
        these=("authlib",),
        but=(
            "journeyadmin/service/auth.py",
            "journeyserver/api/oauth.py",
            "journeyserver/grants.py",
        ),
    ),
    Rule(
        "Only analytics/charts knows plotly.",
        of=tuple(f"{package}/" for package in OURS),
        these=("plotly",),
        but=("analytics/charts/",),
    ),
    Rule(
        "Only a backend and the ingest know the warehouse's driver.",
        of=tuple(f"{package}/" for package in OURS),
        these=("duckdb",),
        but=("journeyserver/engine/backends/", "journeyserver/ingest/", "journeyserver/warehouse.py"),
    ),
    Rule(
        "payloads.py and series.py are pure: values in, values out.",
        of=(
            *(f"{app}/payloads.py" for app in APPS),
            *(f"analytics/{name}.py" for name in PURE_ANALYTICS),
        ),
        these=("django", "requests", "journeyadmin.service"),
    ),
    Rule(
        "The engine is pure but for its backends: no Django, no driver.",
        of=("journeyserver/engine/",),
        these=("django", "journeyserver"),
        only=("journeyserver.engine",),
    ),
    Rule(
        "The sentence writer knows the contract, how words are translated, and how names that turn are held.",
        of=("journeyadmin/wording.py",),
        these=("django", *OURS),
        only=("journeyadmin.contract", "journeyadmin.direction", "django.utils.translation"),
    ),
    Rule(
        "Plans and service levels are pure: they know the contract, the sentences and how words are translated.",
        of=("journeyadmin/plans/", "journeyadmin/servicelevel.py"),
        these=("django", *OURS),
        only=(
            "journeyadmin.contract",
            "journeyadmin.plans",
            "journeyadmin.servicelevel",
            "journeyadmin.wording",
            "django.utils.formats",
            "django.utils.translation",
        ),
    ),
    Rule(
        "Settings are read where the architecture says.",
        of=("journeyserver/engine/", "journeyserver/demo/"),
        these=("django.conf",),
        but=("journeyserver/demo/__init__.py", "journeyserver/demo/__main__.py"),
    ),
)


def _files(rule: Rule) -> Iterator[Path]:
    for place in rule.of:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        for file in found:
            name = file.relative_to(ROOT).as_posix()
            if not any(
                name == exempt or (exempt.endswith("/") and name.startswith(exempt)) for exempt in rule.but
            ):
                yield file


def imports_of(source: str, package: str) -> set[str]:
    """Every module that a source imports, at any depth of it, relative imports made whole."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            # `from package import module` may name a module: both are kept, the longer one decides.
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def _standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


def broken(rule: Rule, name: str, source: str) -> list[str]:
    package = ".".join(Path(name).with_suffix("").parts[:-1])
    return sorted(
        module
        for module in imports_of(source, package)
        if (not _standard(module) if rule.these == ("*",) else _within(module, rule.these))
        and not _within(module, rule.only)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence)
def test_rule_holds(rule: Rule) -> None:
    failures = [
        f"{file.relative_to(ROOT)} imports {', '.join(found)}"
        for file in _files(rule)
        if (found := broken(rule, file.relative_to(ROOT).as_posix(), file.read_text()))
    ]
    assert not failures, rule.sentence + "\n" + "\n".join(failures)


@pytest.mark.parametrize(
    ("sentence", "name", "source"),
    [
        ("Nothing imports journeyserver.", "segments/views.py", "from journeyserver import models"),
        ("Nothing imports journeyserver.", "segments/views.py", "def f():\n    import journeyserver.models"),
        ("Only analytics/charts knows plotly.", "analytics/views.py", "import plotly.graph_objects as go"),
        (
            "journeyserver imports journeyadmin.contract and nothing else of ours.",
            "journeyserver/errors.py",
            "from journeyadmin import service",
        ),
        (
            "journeyadmin.contract imports nothing but the standard library and itself.",
            "journeyadmin/contract/metrics.py",
            "from .. import service",
        ),
    ],
)
def test_a_broken_rule_is_noticed(sentence: str, name: str, source: str) -> None:
    rule = next(rule for rule in RULES if rule.sentence == sentence)
    assert broken(rule, name, source)


def test_a_comment_in_a_template_ends_on_its_line() -> None:
    """Django takes `{# … #}` over two lines for text, and shows it."""
    for file in sorted((ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            assert line.count("{#") == line.count("#}"), f"{file.relative_to(ROOT)}:{number}"


def test_the_words_may_be_read_by_both() -> None:
    rule = next(rule for rule in RULES if rule.sentence.startswith("journeyserver imports"))
    assert not broken(
        rule, "journeyserver/errors.py", "from journeyadmin.contract import names\nfrom . import limits"
    )


def test_a_command_starts_without_what_serves(tmp_path: Path) -> None:
    """`token`, `person add` and the like: the engine and gunicorn would take longer to import than they take."""
    code = (
        "import sys, django; django.setup(); from journeyserver import commands; from journeyserver.engine.backends import base; "
        "print(sorted({'duckdb', 'gunicorn', 'numpy', 'pyarrow', 'requests'} & set(sys.modules)))"
    )
    from tests import programs

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=programs.environment(tmp_path, DJANGO_SETTINGS_MODULE="journeyserver.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
