"""The zones of LOC3: both odd days, half hours, a change of half an hour, a skipped day, a skipped midnight."""

ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
)
