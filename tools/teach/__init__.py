"""A phonetic teacher: speech with known phone times, and the mouth that belongs to it.

    python -m tools.teach OUT --data DATA --clips CLIPS       # about 30 CPU-minutes, resumable

phones      the phone set, what GRID's words sound like, what stands in for phones that GRID lacks
sentences   own sentences and word strings that cover the pairs of phones; words of the test are never trained on
voices      synthesised speech with exact phone times, many people from few voices, sounds that are no speech
align       phone times of real speech: a frame-wise phone probe on speech features, Viterbi within word times
teacher     phones with durations -> the mouth's channels, learnt from tracked clips by ridge regression
contacts    closed lips, lip on teeth, tongue and rounding where the tracker saw nothing: designed, solved on the head
gauge       distances of lips and teeth on the head
heard       who says what, how fast, how loud, amid which noise, and its speech features
measure     how a generator's lips keep phone times (benchmarks/taught.py)
corpus      the taught clips, as training reads them

Debian packages (tools only, nothing of them is shipped): flite 2.2 (voices kal16, awb, rms, slt; Carnegie Mellon
University, permissive BSD-like), festival 2.5 (University of Edinburgh, permissive X11-style) with festvox-us-slt-hts
(CMU, permissive; HTS parts BSD-3-Clause). Neither engines nor voices put terms on their output.
"""
