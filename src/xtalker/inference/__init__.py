"""Networks evaluated without the library that trained them: ONNX graphs written here, run by ONNX Runtime.

graph     Graph: nodes in order, weights by the names of the checkpoint and kept outside
layers    linear, norm, convolution, attention: what the networks share
session   Session: a graph with its weights, ready to run; how many threads
protobuf  the few bytes of Protocol Buffers that a model file needs
"""
