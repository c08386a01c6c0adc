"""What a user asks for, from files, flags, words and language models, to tracks.

file          direction files (YAML, JSON) <-> Direction
yaml_text     YAML or JSON text from anywhere -> plain values
reading       values out of such files: bounded, and refused with the place where they stand
emotion_keys  the emotion part of a file
flags         short forms on the command line -> Direction; flags over a file
vocabulary    the named moves of head and camera: one table each
rhythm_marks  phrases and emphases out of a Rhythm
words         English text -> program of moves, without a model
clauses       text -> clauses; lexicon: the words they are made of
styles        ways of speaking with the head; camera_styles: ways of filming
programs      JSON of a language model -> program of moves, bounded
endpoint      asks a chat endpoint for such JSON, over http_post; prompts/ holds what it says
plan          wishes -> programs on the clip's time line
head_track    program -> HeadTrack, through strokes; natural motion + HeadTrack -> head rotation
camera_moves  program -> CameraTrack
framing       keeps the subject in the frame
gaze, blinks  where the eyes look, how lids move; life: both together
accents       brows and head on emphasis
breathing     at pauses
moments       random moments in time, minimum-jerk curves
drawing       a direction as a picture
"""
