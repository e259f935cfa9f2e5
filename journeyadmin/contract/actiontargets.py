"""Closed lists, defaults and limits of action targets. Source: docs/api/journey-api.md §4."""

MEDIA_TYPES = ("callback", "call", "email", "generic", "messaging", "social", "webchat")
STATES = ("active", "inactive", "deleted")

DEFAULT_PERCENTAGE = 0.8
DEFAULT_DURATION_MS = 20_000
MIN_DURATION_MS = 1
MAX_DURATION_MS = 86_400_000
MAX_NAME_LENGTH = 256
# The unit is not stated by any source; seconds is our reading, and the pages say so.
MAX_SHORT_ABANDON_SECONDS = 3600
