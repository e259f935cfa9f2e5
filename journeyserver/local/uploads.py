"""Files that a browser brings: kept aside, looked at without taking anything in, then imported like any other file.

POST   /uploads?name=…          the file itself as the body → what its head holds (a dry run)
POST   /uploads/{id}/import     puts it in line
GET    /uploads/{id}            how that stands; before it is in line, the dry run again
DELETE /uploads/{id}            stops it, and throws the file away
"""

import json
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from journeyadmin.contract.local import GET_UPLOAD, POST_UPLOAD, REMOVE_UPLOAD, START_UPLOAD
from journeyserver.auth import ABSENT, Call, operation
from journeyserver.engine.columns import CONTEXT_COLUMNS, DIMENSION_COLUMNS, JOURNEY_COLUMNS
from journeyserver.errors import ApiError, InvalidFields, bad_request, json_response, not_found
from journeyserver.fields import Fields
from journeyserver.imports import imports
from journeyserver.ingest.importer import Progress, Result
from journeyserver.ingest.incoming import Options, Unreadable, is_site
from journeyserver.ingest.peek import peek
from journeyserver.ingest.readers import open_file
from journeyserver.ingest.readers.detect import FORMATS
from journeyserver.local.masking import Ids
from journeyserver.local.recorded import moment_text
from journeyserver.paging import Parameters

SHOWN_REFUSALS = 50
KEPT_SECONDS = 24 * 3600
_CHUNK = 1024 * 1024


@operation(POST_UPLOAD, body="raw")
def post_upload(call: Call) -> HttpResponse:
    """Keeps a file aside and says what its head holds."""
    parameters = Parameters(call.request.GET)
    name = Path(parameters.text("name") or "").name
    # So many bytes the name of a file may have here, whatever it was called elsewhere.
    if not 1 <= len(name.encode()) <= 255 or "\0" in name or name in ("..", _NOTE):
        parameters.note("name", "invalid.length", "must be the file's name, 1 to 255 bytes as UTF-8.")
    options = _options(
        parameters.flag("withRobots"), parameters.text("site"), parameters.text("format"), parameters
    )
    parameters.check()
    _forget_old()
    folder = _place() / str(uuid.uuid4())
    folder.mkdir(parents=True)
    try:
        _receive(call.request, folder / name)
        answer = _looked_at(call, folder, name, *options)
        _note(folder, {"format": options[1], "withRobots": options[0].with_robots, "site": options[0].site})
        return json_response(answer)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@operation(START_UPLOAD)
def start_upload(call: Call, upload_id: str) -> HttpResponse:
    """Puts an uploaded file in line, from its first line or from where it stopped."""
    folder, file = _found(upload_id)
    fields = Fields({} if call.body is ABSENT else call.body)
    shift = fields.integer("shiftSeconds", -(10**10), 10**10)
    options, format_name = _options(
        fields.flag("withRobots"), fields.text("site", most=2048), fields.text("format", most=64), fields
    )
    if fields.problems:
        raise InvalidFields(fields.problems)
    noted = _noted(folder)
    if not fields.values.keys() & {"format", "withRobots", "site"}:
        options, format_name = _options_of(noted)
    try:
        progress = imports.add(file, format_name, Options(shift or 0, options.with_robots, options.site))
    except Unreadable as error:
        raise bad_request(str(error)) from None
    _note(folder, {**noted, "import": progress.import_id})
    return json_response(_shown(upload_id, Result(progress)))


@operation(GET_UPLOAD)
def get_upload(call: Call, upload_id: str) -> HttpResponse:
    """How the import of an uploaded file stands."""
    folder, file = _found(upload_id)
    result = _result(folder)
    if result is None:
        looked = _looked_at(call, folder, file.name, *_options_of(_noted(folder)))
        return json_response({**looked, "state": "waiting", "refusals": []})
    return json_response(_shown(upload_id, result))


@operation(REMOVE_UPLOAD)
def remove_upload(call: Call, upload_id: str) -> HttpResponse:
    """Stops the import after the piece that is under way, and throws the file away; what was taken in stays."""
    folder, _ = _found(upload_id)
    import_id = _noted(folder).get("import")
    if import_id:
        imports.stop_one(import_id)
    shutil.rmtree(folder, ignore_errors=True)
    return HttpResponse(status=204)


# Beside the file: how it is to be read, and which import it became.
_NOTE = ".import"


def _place() -> Path:
    return Path(settings.DATA_DIR) / "uploads"


def _found(upload_id: str) -> tuple[Path, Path]:
    """The folder of an upload and the file in it."""
    missing = not_found("There is no such upload. Files are thrown away a day after they came.", upload_id)
    try:
        folder = _place() / str(uuid.UUID(upload_id))
    except ValueError:
        raise missing from None
    files = [file for file in folder.iterdir() if file.name != _NOTE] if folder.is_dir() else []
    if not files:
        raise missing
    return folder, files[0]


def _note(folder: Path, note: Mapping[str, Any]) -> None:
    (folder / _NOTE).write_text(json.dumps(note))


def _noted(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / _NOTE).read_text())
    except (OSError, ValueError):
        return {}
    return found


def _options_of(note: Mapping[str, Any]) -> tuple[Options, str | None]:
    return Options(with_robots=note.get("withRobots", False), site=note.get("site", "")), note.get("format")


def _result(folder: Path) -> Result | None:
    import_id = _noted(folder).get("import")
    return imports.result(import_id) if import_id else None


def _forget_old() -> None:
    """Throws away what has been here for a day and is not on its way."""
    place = _place()
    for folder in place.iterdir() if place.is_dir() else ():
        result = _result(folder)
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS and (
            result is None or result.progress.state != "running"
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _receive(request: HttpRequest, file: Path) -> None:
    """Writes the body to a file, piece by piece."""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    stream = request.META["wsgi.input"] if chunked else request
    limit = settings.MAX_UPLOAD_BYTES
    too_large = ApiError(
        413,
        "request.entity.too.large",
        f"A file must not be larger than {limit} bytes; import larger ones by the command.",
    )
    if not chunked and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise too_large
    size = 0
    try:
        with file.open("wb") as kept:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise too_large
                kept.write(chunk)
    except OSError as error:
        raise ApiError(503, "service.unavailable", f"The file cannot be kept: {error.strerror}.") from None
    if not size:
        raise bad_request("The file is empty.")


def _options(
    with_robots: bool | None, site: str | None, format_name: str | None, notes: Parameters | Fields
) -> tuple[Options, str | None]:
    if format_name is not None and format_name not in FORMATS:
        notes.note("format", "invalid.enum", f"must be one of {', '.join(FORMATS)}, or left out.")
        format_name = None
    if site and not is_site(site):
        notes.note("site", "invalid.format", "must be an address such as https://www.example.com.")
    return Options(with_robots=bool(with_robots), site=site or ""), format_name


def _looked_at(
    call: Call, folder: Path, name: str, options: Options, format_name: str | None
) -> dict[str, Any]:
    try:
        reader = open_file(folder / name, format_name, options)
        head = peek(reader)
        newest = reader.newest()
    except Unreadable as error:
        # The file's place on this machine is nobody's business.
        raise bad_request(str(error).replace(str(folder / name), name)) from None
    ids = Ids(call)
    return {
        "upload": folder.name,
        "name": name,
        "bytes": (folder / name).stat().st_size,
        "format": reader.format,
        "formats": dict(FORMATS),
        "newest": moment_text(newest) if newest else None,
        "rows": [{"kind": kind, "values": _masked(ids, row)} for kind, row in head.rows],
        "refused": [asdict(row) for row in head.refused],
        "refusedCount": head.refused_count,
        "skipped": head.skipped,
        "share": head.position / head.total if head.total else 1.0,
    }


_NAMES = {
    column: name
    for table in (JOURNEY_COLUMNS, CONTEXT_COLUMNS, DIMENSION_COLUMNS)
    for name, column in table.items()
} | {
    "ts": "createdDate",
    "customer_id": "customerId",
    "customer_id_type": "customerIdType",
    "stream": "streamType",
    "user_agent": "userAgentString",
}


def _masked(ids: Ids, row: Mapping[str, Any]) -> dict[str, Any]:
    """Values as text, under the names of the contract; whose they are is masked."""
    shown: dict[str, Any] = {}
    for name, value in row.items():
        told = _NAMES.get(name, name)
        if name == "number":
            continue
        if isinstance(value, datetime):
            shown[told] = moment_text(value)
        elif name == "customer_id":
            shown[told] = ids.shown(value)
        else:
            shown[told] = value if isinstance(value, dict | bool | int | float) else str(value)
    return shown


def _shown(upload_id: str, result: Result) -> dict[str, Any]:
    progress: Progress = result.progress
    return {
        "upload": upload_id,
        "importId": progress.import_id,
        "name": progress.name,
        "format": progress.format,
        "state": progress.state,
        "message": progress.message,
        "share": progress.position / progress.total if progress.total else 0.0,
        "added": progress.added,
        "repeated": progress.repeated,
        "skipped": progress.skipped,
        "refused": progress.refused,
        "seconds": progress.seconds,
        "refusals": [asdict(row) for row in result.refusals[:SHOWN_REFUSALS]],
    }
