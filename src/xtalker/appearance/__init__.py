"""A portrait made ready to move: the photograph itself, in layers that lie on the head model.

pixels      resizing, blurring, sampling, polygons
"""
