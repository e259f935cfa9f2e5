"""live: part of analytics."""
