"""Parquet files, opened in one place: what cannot be read, or had better not be unpacked, is said in one sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from journeyserver.ingest.incoming import Unreadable


def opened(path: Path, repeating: Sequence[str] = ()) -> Any:
    """The pyarrow.parquet.ParquetFile; nothing in it is unpacked yet. Raises Unreadable.

    Columns of texts that are `repeating` come as they were written: each different text once, and numbers of those.
    """
    try:
        file = pyarrow.parquet.ParquetFile(path)
        texts = {field.name for field in file.schema_arrow if pyarrow.types.is_string(field.type)}
        if there := sorted(texts.intersection(repeating)):
            file = pyarrow.parquet.ParquetFile(path, metadata=file.metadata, read_dictionary=there)
    except (pyarrow.ArrowException, OSError) as error:
        raise unreadable(path, error) from None
    # Brotli before 1.2.1 writes out of bounds when it unpacks what somebody made for that (CVE-2026-111497), and which
    # Brotli a wheel of pyarrow has in it cannot be asked.
    if "BROTLI" in _codecs(file.metadata):
        raise Unreadable(
            f"{path} is compressed with Brotli, which is not unpacked here. Write it again with Zstandard, Snappy or gzip."
        )
    return file


def unreadable(path: Path, error: Exception) -> Unreadable:
    """The sentence for a file that is damaged, or no Parquet."""
    return Unreadable(f"{path} cannot be read as Parquet ({str(error).splitlines()[0]}).")


def _codecs(metadata: Any) -> set[str]:
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    return {group.column(number).compression for group in groups for number in range(group.num_columns)}
