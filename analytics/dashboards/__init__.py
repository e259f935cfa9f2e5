"""dashboards: part of analytics."""
