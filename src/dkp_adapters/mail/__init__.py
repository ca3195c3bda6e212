"""Mail, sent over SMTP."""
