"""The adapters on Redis, for installations of several processes."""
