"""The dashboard's project: settings, the words of the API and the way to reach it."""
