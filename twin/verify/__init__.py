"""Theory cases: models whose answer is known exactly, simulated by the plant itself and compared within simultaneous intervals."""
