"""What the embedded server offers beyond the nine operations, below /api/local/v1/: names, paths, permissions.

No client may rely on any of it: a server announces what it offers by its `capabilities`, and a dashboard shows nothing
that was not announced. The shapes are described in docs/local-api.md and journeyserver/local/openapi.yaml.
"""

from journeyadmin.contract.operations import GET_ACTION_TARGET, GET_SEGMENT, Operation, Permission

BASE = "/api/local/v1"
ACCOUNT_PAGE = "/account"
# The words of `capabilities`; `faults` only by a server that was started for rehearsal. `account` is a page for people,
# at ACCOUNT_PAGE of the login host: a new password, and the sign-ins that programs hold of theirs.
EXTENSIONS = (
    "preview",
    "explain",
    "suggest",
    "overlap",
    "curve",
    "live",
    "watch",
    "data",
    "import",
    "erase",
    "account",
    "faults",
)

_SEE_SEGMENTS = GET_SEGMENT.permission
_SEE_TARGETS = GET_ACTION_TARGET.permission
SEE_DATA = "local:data:view"
ADD_DATA = "local:data:add"
SEE_CUSTOMERS = "local:customer:view"
ERASE_CUSTOMERS = "local:customer:delete"
SET_FAULTS = "local:fault:edit"

_READ = ("journey:readonly", "journey")
_WRITE = ("journey",)


def _operation(
    name: str, method: str, path: str, permission: str, scopes: tuple[str, ...] = _READ, success: int = 200
) -> Operation:
    return Operation(
        name, method, BASE + path, permission, scopes, method in ("GET", "PUT", "DELETE"), success
    )


# Not repeated by itself: a count that timed out would only be started again.
PREVIEW = _operation("postLocalPreview", "POST", "/preview", _SEE_SEGMENTS)
STOP_PREVIEW = _operation("deleteLocalPreview", "DELETE", "/preview/{id}", _SEE_SEGMENTS, success=204)
EXPLAIN = _operation("postLocalExplain", "POST", "/explain", _SEE_SEGMENTS)
SUGGEST = _operation("getLocalSuggestions", "GET", "/suggest", _SEE_SEGMENTS)
OVERLAP = _operation("postLocalOverlap", "POST", "/overlap", _SEE_SEGMENTS)
CURVE = _operation("getLocalCurve", "GET", "/actiontargets/{id}/curve", _SEE_TARGETS)
LIVE = _operation("getLocalLive", "GET", "/live", _SEE_SEGMENTS)
WATCH = _operation("getLocalLiveSegment", "GET", "/live/{id}", _SEE_SEGMENTS)
DATA = _operation("getLocalData", "GET", "/data", SEE_DATA)
POST_UPLOAD = _operation("postLocalUpload", "POST", "/uploads", ADD_DATA, _WRITE)
START_UPLOAD = _operation("postLocalUploadImport", "POST", "/uploads/{id}/import", ADD_DATA, _WRITE)
GET_UPLOAD = _operation("getLocalUpload", "GET", "/uploads/{id}", ADD_DATA)
REMOVE_UPLOAD = _operation("deleteLocalUpload", "DELETE", "/uploads/{id}", ADD_DATA, _WRITE, 204)
ERASE = _operation("postLocalErase", "POST", "/erase", ERASE_CUSTOMERS, _WRITE)
GET_FAULTS = _operation("getLocalFaults", "GET", "/faults", SET_FAULTS)
PUT_FAULTS = _operation("putLocalFaults", "PUT", "/faults", SET_FAULTS, _WRITE)
DELETE_FAULTS = _operation("deleteLocalFaults", "DELETE", "/faults", SET_FAULTS, _WRITE, success=204)

LOCAL_OPERATIONS = (
    PREVIEW,
    STOP_PREVIEW,
    EXPLAIN,
    SUGGEST,
    OVERLAP,
    CURVE,
    LIVE,
    WATCH,
    DATA,
    POST_UPLOAD,
    START_UPLOAD,
    GET_UPLOAD,
    REMOVE_UPLOAD,
    ERASE,
    GET_FAULTS,
    PUT_FAULTS,
    DELETE_FAULTS,
)

LOCAL_PERMISSIONS = (
    Permission(SEE_DATA, "See the data", "Operations: what the server holds, refused lines, imports"),
    Permission(ADD_DATA, "Import data", "Operations: “Import”"),
    Permission(
        SEE_CUSTOMERS, "See customers' ids", "Ids of visits and customers are shown whole, not masked"
    ),
    Permission(ERASE_CUSTOMERS, "Erase customers", "Operations: “Erase a customer”"),
    Permission(SET_FAULTS, "Rehearse faults", "Operations: the fault switch"),
)
