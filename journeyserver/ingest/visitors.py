"""Who a visitor is where nothing names them: a keyed hash of network address and user agent.

The address itself is kept nowhere. The key lies in the data folder, readable by its owner only, and never in the
warehouse or a backup of it: without it an id cannot be turned back, nor a guessed address be tried. Whoever deletes the key
makes that final; later imports then meet everybody as new.
"""

import os
import secrets
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

_LENGTH = 32


def visitor_id(key: bytes, address: str, user_agent: str) -> str:
    """The same visitor for the same address and user agent under the same key, and for nothing else."""
    text = f"{address}\n{user_agent}".encode("utf-8", "replace")
    return str(UUID(bytes=blake2b(text, key=key, digest_size=16).digest()))


def kept_key(path: Path) -> bytes:
    """The key in this file, made on first use. Raises OSError where the folder cannot be used."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    key = secrets.token_bytes(_LENGTH)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex())
    return key
