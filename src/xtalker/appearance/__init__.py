"""A portrait made ready to move: the photograph itself, in layers that lie on the head model.

pixels             resizing, blurring, sampling, polygons
trusted_fill       colours continued smoothly from pixels trusted by a share
eye_frame          an eye's own axes
eye_surroundings   the skin around an eye, how far its lashes reach
glasses            whether frames lie before the eyes
shut_lids          the photo with an eye shut, and what stays in front of the lid
lashes             lashes that come down with the lid
eyeball            white, iris and glints apart
"""
