"""The translations: `collect` the words from the code, `compile` them, or say what is `missing`.

    python tools/messages.py collect     writes locale/*/LC_MESSAGES/django.po anew, keeping what is translated (needs GNU gettext)
    python tools/messages.py compile     makes the .mo files that Django reads; `make` does it at set-up
    python tools/messages.py missing     lists what is not translated yet; exit 1 if there is any

The contract's labels are data, not calls of gettext, and GNU gettext does not look into f-strings: what it would miss is written
into a file for the time of collecting.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locale"
FILES = sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))
IGNORED = ("node_modules", "var", "build", "tests", "journeyserver", "bench", "docs", "tools", ".venv")


def contract_words() -> list[str]:
    """Everything of the contract's tables that a person reads."""
    sys.path.insert(0, str(ROOT))
    from journeyadmin.contract import criteria, dimensions, metrics, operations

    words: list[str] = []
    for key in (*criteria.CONTEXT_KEYS.values(), *criteria.JOURNEY_KEYS.values()):
        words += [key.label, key.group]
    for operator in criteria.OPERATORS.values():
        words += [operator.label, operator.joiner]
    for metric in metrics.METRICS.values():
        words += [metric.label, metric.definition, metric.unit, metric.stage]
    words += [dimension.label for dimension in dimensions.DIMENSIONS.values()]
    for permission in operations.PERMISSIONS:
        words += [permission.label, permission.governs]
    return list(dict.fromkeys(word for word in words if word))


def words_of_code() -> list[str]:
    """Every text that code gives to gettext, by whatever name it has in that file."""
    found: dict[str, None] = {}
    for file in sorted(ROOT.rglob("*.py")):
        if not set(file.relative_to(ROOT).parts) & {*IGNORED, "migrations", "node_modules"}:
            nodes = list(ast.walk(ast.parse(file.read_text())))
            calls = {
                name.asname or name.name
                for node in nodes
                if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
                for name in node.names
                if name.name.startswith("gettext")
            }
            for node in nodes:
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                    first = node.args[0]
                    if node.func.id in calls and isinstance(first, ast.Constant):
                        found[str(first.value)] = None
    return list(found)


def collect() -> int:
    words = ROOT / "journeyadmin" / "_contract_words.py"
    lines = "\n".join(f"_({word!r})" for word in dict.fromkeys([*contract_words(), *words_of_code()]))
    words.write_text(f"from django.utils.translation import gettext as _\n\n{lines}\n")
    try:
        for file in FILES:
            ignored = [part for name in IGNORED for part in ("--ignore", name, "--ignore", f"{name}/*")]
            language = file.parent.parent.name
            command = [sys.executable, "manage.py", "makemessages", "--locale", language]
            command += ["--no-wrap", "--no-location", "--no-obsolete", *ignored]
            subprocess.run(
                command,
                cwd=ROOT,
                check=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
            _tidy(file)
    finally:
        words.unlink()
    return 0


def _tidy(file: Path) -> None:
    """The same words always give the same bytes: no dates, in order of the words."""
    book = polib.pofile(str(file), wrapwidth=0)
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
    ):
        book.metadata.pop(name, None)
    book.header = "Translations of Journey Admin."
    for entry in book:
        entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
        if "fuzzy" in entry.flags:
            # A guess of the tool is no translation.
            entry.flags.remove("fuzzy")
            entry.msgstr = ""
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, "")
    book.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    book.save(str(file))


def compile_all() -> int:
    for file in FILES:
        polib.pofile(str(file)).save_as_mofile(str(file.with_suffix(".mo")))
    return 0


def missing() -> int:
    count, said = 0, words_of_code()
    for file in FILES:
        book = polib.pofile(str(file))
        known = {entry.msgid for entry in book}
        for word in said:
            if word not in known:
                count += 1
                print(f"{file.parent.parent.name}, not collected: {word}")
        for entry in book:
            translated = all(entry.msgstr_plural.values()) if entry.msgid_plural else entry.msgstr
            if not translated:
                count += 1
                print(f"{file.parent.parent.name}: {entry.msgid}")
    return int(count > 0)


def main(arguments: list[str]) -> int:
    commands = {"collect": collect, "compile": compile_all, "missing": missing}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
