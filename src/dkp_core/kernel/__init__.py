"""What every context is built of: points, names, times, actors, errors, events and the ports of the outer world."""
