"""One rule from a contract name to a column name, and one for how an id is written."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def column_name(contract_name: str) -> str:
    """`device.osFamily` → `device_os_family`, `journeySegmentId` → `journey_segment_id`."""
    return _HUMP.sub("_", contract_name.replace(".", "_")).lower()


def is_uuid(text: str) -> bool:
    """Whether this is a UUID with its hyphens, in either case; parsers take more spellings than the contract."""
    return _UUID.fullmatch(text) is not None
