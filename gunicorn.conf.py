"""What gunicorn reads by itself where the dashboard is started from this folder; the command line says the rest (docs/running.md)."""

worker_class = "journeyadmin.worker.Worker"
