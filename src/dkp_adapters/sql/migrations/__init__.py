"""The history of the schema: one line of revisions for SQLite, PostgreSQL and MariaDB.

Each revision is a module `versions/NNNN_what_it_does.py`; its number is its id. MariaDB commits every DDL statement by
itself, so a revision is written to go on where it was interrupted (`if_not_exists=True`, and so on).

`python -m dkp_adapters.sql.migrations "what it does"` writes the next revision from what the tables in
`dkp_adapters.sql.tables` have that the history has not; read it before it is committed.
"""
