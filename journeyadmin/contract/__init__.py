"""What the Journey API promises, as rows: the table of words that the dashboard and the Journey server both read."""
