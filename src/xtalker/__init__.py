"""xtalker: speech and one portrait in, a talking 3D head out."""
