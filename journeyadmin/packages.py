"""The few files of installed front-end packages that the dashboard serves, and how static files are named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_INTER = "@fontsource-variable/inter/files/inter-{}-wght-normal.woff2"

# Address under /static/ → file under node_modules/.
FILES = {
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/plotly/plotly-cartesian.min.js": "plotly.js-cartesian-dist-min/plotly-cartesian.min.js",
    "vendor/open-props/colors.min.css": "open-props/colors.min.css",
} | {
    f"vendor/inter/inter-{script}.woff2": _INTER.format(script)
    for script in ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
}


class PackageStorage(FileSystemStorage):
    """node_modules, seen through the addresses above."""

    def path(self, name: str) -> str:
        return str(Path(self.location) / FILES[Path(name).as_posix()])


class PackageFinder(BaseFinder):
    """Finds exactly the files named above."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage(location=settings.NODE_MODULES)
        super().__init__(*args, **kwargs)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        known = Path(path).as_posix() in FILES and self.storage.exists(path)
        if find_all:
            return [self.storage.path(path)] if known else []
        return self.storage.path(path) if known else None

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        for address in FILES:
            if self.storage.exists(address):
                yield address, self.storage


# The styles of every page, in their order; collected into one file, because each file costs a request.
PAGE_STYLES = (
    "vendor/open-props/colors.min.css",
    "css/tokens.css",
    "css/base.css",
    "css/frame.css",
    "css/components.css",
    "css/forms.css",
    "css/palette.css",
)
COLLECTED_STYLES = "css/page.css"


def _trimmed(name: str, content: Any) -> Any:
    """A script or style of ours without comments and indentation: what a browser does not need is not sent."""
    content.seek(0)
    text = content.read().decode()
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    lines = (line.strip() for line in text.splitlines())
    return ContentFile("\n".join(line for line in lines if line and not line.startswith("//")).encode())


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed, compressed names once `collectstatic` has run; plain names before."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        ours = Path(name).match("js/*.js") or Path(name).match("css/*.css")
        return str(super()._save(name, _trimmed(name, content) if ours else content))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            self.delete(COLLECTED_STYLES)
            parts = [Path(self.path(name)).read_bytes() for name in PAGE_STYLES]
            self._save(COLLECTED_STYLES, ContentFile(b"\n".join(parts)))
            paths = {**paths, COLLECTED_STYLES: (self, COLLECTED_STYLES)}
        yield from super().post_process(paths, dry_run, **options)

    def page_styles(self) -> list[str]:
        """The addresses of the styles of every page."""
        collected = COLLECTED_STYLES in self.hashed_files
        return [self.url(name) for name in ((COLLECTED_STYLES,) if collected else PAGE_STYLES)]

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if name in self.hashed_files else name
