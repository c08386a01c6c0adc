"""A portrait made ready to move: the photograph itself, in layers that lie on the head model.

pixels           resizing, blurring, sampling, polygons
segmentation     where a person is: the network, looked at in several windows
whose            which part of that is the person who is meant
matte            cover of each pixel by the person
membrane         smooth continuation
patch_match      continuation by pieces of the surroundings
background_fill  what the person hides of the background, made up
layers           the photograph as person and background
"""
