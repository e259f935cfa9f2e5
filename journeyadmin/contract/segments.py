"""Closed lists, defaults and limits of segments. Source: docs/api/journey-api.md §2."""

SCOPES = ("Session", "Customer")
STREAM_TYPES = ("Web", "Custom", "Conversation", "App")
# The live service takes only these pairs of stream type and session type (§2.4).
STREAM_SESSIONS = {"Web": "web", "App": "app"}
EXTERNAL_SOURCES = ("AdobeExperiencePlatform", "Custom")
ENTITY_TYPE = "visit"

DEFAULT_COLOR = "#5E5782"
COLOR_PATTERN = r"^#[a-fA-F\d]{6}$"

MAX_SEGMENTS = 500
MAX_PATTERNS = 50
MAX_CRITERIA = 50
MAX_VALUES = 100
MAX_VALUE_LENGTH = 2048
MAX_COUNT = 1000
MAX_NAME_LENGTH = 256
MAX_DESCRIPTION_LENGTH = 2048
MAX_EXPIRATION_DAYS = 3650
MAX_IDS = 100

SORTABLE = (
    "id",
    "isActive",
    "displayName",
    "version",
    "description",
    "color",
    "scope",
    "shouldDisplayToAgent",
    "assignmentExpirationDays",
    "createdDate",
    "modifiedDate",
)
QUERY_FIELDS = ("displayName", "description")

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 200
