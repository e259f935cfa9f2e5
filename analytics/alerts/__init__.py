"""Alerts on saved queries: what is looked at, whether it holds, who is told (DSH9)."""
