"""Static files as they are served: named by their content, with no two scripts that import each other."""

import re
import subprocess
import sys
from pathlib import Path

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
