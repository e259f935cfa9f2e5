"""docs/security.md holds every requirement of OWASP ASVS 5.0, levels 1 and 2; and what any page names as a test exists."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
# Section and the number of its last requirement at level 1 or 2; within a section the levels rise.
SECTIONS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 "
    "5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:11 6.3:3 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 "
    "8.3:1 8.4:1 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 "
    "12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3"
)
# These chapters are of no use here as a whole, and the page says so.
WHOLE = ("## V9 Self-contained tokens\n\nn/a", "## V17 WebRTC\n\nn/a")


def required() -> set[str]:
    found = set()
    for section in SECTIONS.split():
        name, last = section.split(":")
        found |= {f"{name}.{number}" for number in range(1, int(last) + 1)}
    return found


def judged(text: str) -> dict[str, list[str]]:
    """Requirement → the states of the rows that name it; a section alone stands for all of its requirements."""
    found: dict[str, list[str]] = {}
    for ids, state in re.findall(r"^\| ([\d.–() L]+) \| ([\w/]+) \|", text, re.MULTILINE):
        for part in re.findall(r"[\d.]+(?:–[\d.]+)?", ids.replace("L3", "")):
            first, _, last = part.partition("–")
            if first.count(".") == 1:
                names = [name for name in required() if name.startswith(f"{first}.")]
            else:
                section, _, number = first.rpartition(".")
                until = last.rpartition(".")[2] or number
                names = [f"{section}.{one}" for one in range(int(number), int(until) + 1)]
            for name in names:
                found.setdefault(name, []).append(state)
    return found


def test_every_requirement_is_judged_once():
    text = (ROOT / "docs" / "security.md").read_text()
    found = judged(text)
    assert not (required() - found.keys())
    assert not {name: states for name, states in found.items() if len(states) > 1}
    assert {state for states in found.values() for state in states} <= {
        "done",
        "n/a",
        "yours",
        "open",
        "partly",
    }
    for words in WHOLE:
        assert words in text


@cache
def functions() -> dict[str, set[str]]:
    """Path below the root → the names of the tests in it."""
    return {
        path.relative_to(ROOT).as_posix(): set(
            re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE)
        )
        for path in (ROOT / "tests").rglob("test_*.py")
    }


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_test_that_a_page_names_exists(page):
    text = page.read_text()
    missing = [path for path in re.findall(r"\btests/[\w/.-]*\w", text) if not (ROOT / path).exists()]
    for path, name in re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", text):
        if name not in functions().get(path, set()):
            missing.append(f"{path}::{name}")
    every = {name for names in functions().values() for name in names}
    files = {Path(path).stem for path in functions()}
    missing += [name for name in re.findall(r"\btest_\w+", text) if name not in every | files]
    assert not missing
