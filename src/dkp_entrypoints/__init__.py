"""The ways in: command line, HTTP, worker. Entrypoints speak; what is decided is decided in the core."""
