"""The demo's data and its story. It stands in `inbox` because it crosses the CRM and mail."""
