"""The command `xtalker`: parse, call the library, show. One file for each verb.

main      the parser, what errors look like, exit codes
options   argument types and the options that verbs share
places    output files: their kind and place are checked before any work
console   what is printed: a report on stdout, everything else on stderr
talk      speech (and a portrait) -> video or motion
track     video of a person -> motion
render    motion -> video
export    motion of any kind -> glTF, USD, ARKit, MetaHuman, FLAME, BVH, meshes
demo      the demo portrait speaks the demo speech
doctor    what is installed and present, and how fast this machine is

Nothing heavy is imported before the arguments are read: `--help` and wrong usage answer at once.
"""
