"""Invented small parts that stand in for the real ones: a voice, its features, a generator, training clips."""
