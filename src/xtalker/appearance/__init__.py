"""A portrait made ready to move: the photograph itself, in layers that lie on the head model.

prepare         a portrait to a `values.photo_avatar.PhotoAvatar`; avatar_file keeps one in a file
fitted          the head model on the photo: what every part looks up
surface         where the photo shows each vertex
face_layer      which part of the head wears the photo, and how it is bound
lids, eyes      eyes on the mesh; eyeball, shut_lids, lashes, glasses: eyes in the picture (eye_frame: their axes,
                eye_notes: why one is not moved)
mouth           what lies behind the lips
lattice         everything of the person but the face
light           in which the photo was taken
matte           how much of each pixel is the person (segmentation, whose)
layers          person and background apart (background_fill, patch_match, completion)
pixels          resizing, blurring, sampling, polygons; membrane, trusted_fill: smooth continuation
"""
