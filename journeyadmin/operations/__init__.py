"""Running the embedded server from the dashboard: its data, imports, erasing a customer, failures on purpose."""
