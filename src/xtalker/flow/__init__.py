"""Rectified flow: from white noise (flow time 0) to data (flow time 1) along straight paths.

paths      the mix of noise and data that a network sees, and the velocity that it learns
schedules  how training draws flow time
noise      start noise that belongs to absolute frames, so that windows agree where they overlap; white or keyed
samplers/  one integration rule a file, the table of their names, and the Integrator that runs one
"""
