"""One rule from a contract name to a column name."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def column_name(contract_name: str) -> str:
    """`device.osFamily` → `device_os_family`, `journeySegmentId` → `journey_segment_id`."""
    return _HUMP.sub("_", contract_name.replace(".", "_")).lower()
