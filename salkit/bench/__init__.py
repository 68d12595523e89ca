"""How long things take here, and the same networks in other simulators."""
