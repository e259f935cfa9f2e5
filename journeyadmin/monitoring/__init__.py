"""What an operator watches: the last calls to the service, its rate limit, readiness and metrics."""
