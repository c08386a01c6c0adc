"""Measuring trained systems on clips that they have not seen.

sync/   experts that say whether a mouth and a sound belong together
data/   their weights, with cards
"""
