"""The store: SQLite, PostgreSQL and MariaDB (MySQL) behind the ports of the core."""
