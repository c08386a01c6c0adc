"""Rectified flow: from white noise (flow time 0) to data (flow time 1) along straight paths.

noise      start noise that belongs to absolute frames, so that windows agree where they overlap; white or keyed
samplers/  one integration rule a file, the table of their names, and the Integrator that runs one

What training needs besides (`mix`, `velocity`, times and noise of a batch) is in `networks.flow`.
"""
