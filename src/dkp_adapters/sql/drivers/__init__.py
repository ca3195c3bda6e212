"""One module for each driver: how to connect, and what its faults mean."""
