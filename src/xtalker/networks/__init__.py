"""Networks in PyTorch: what trains, and what only comparison and choice need. Inference never loads this folder.

transformer, attention, conditioning  our own generator; `generator.graphs` is its twin
generator_checkpoint  generators as training has them
ears, speech_emotion  twins of `speech.ears` and `emotion.speech_network`
whisper               the speech encoder in bfloat16, by choice (XTALKER_PRECISION)
wavlm, emotion2vec    encoders that a user brings
emoca_detail          EMOCA's detail decoder, from the user's checkpoint
head_layers           differentiable twins of the heads: open_head_layer, flame_layer, rotations
flow                  what a flow learns from
checkpoints           checkpoint files as tensors
peers/                three published designs in small, for comparison
paper/                3DXTalker at its published size
"""
