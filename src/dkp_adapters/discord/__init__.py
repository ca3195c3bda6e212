"""Discord, spoken to over its REST API and by OAuth 2."""
