"""Files of sound and pictures from anywhere: one way to open each, with the bounds in it.

opening   containers of sound and moving pictures: no other file, no network, bounded pictures, known codecs
sound     decoded sound on one clock: gaps as counts of silence, changes of rate and channels joined, damage left out
still     picture files to upright 8-bit sRGB
light     pictures of high dynamic range to the standard one
sniff     what a file is, from its first bytes, so that a refusal can name it
piped     what can be read only once, as an ordinary file
"""
