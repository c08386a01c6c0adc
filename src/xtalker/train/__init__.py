"""Training of the generator: `xtalker train generator --data DIR -o FILE`.

clips       the folder of training clips: its one reader and writer
statistics  means and deviations over all frames
batches     random crops, balanced over speakers, the same for the same (seed, step)
loss        velocity error, weighted by column and frame
loop        steps, averaged weights, resume, export
peers       the same loop for three published designs
paper       the same loop for 3DXTalker at its published size; paper_bank and paper_batches: its videos and crops,
            paper_team: several GPUs, paper_plan: a dry run, paper_log: TensorBoard, paper_clips and paper_prepare:
            what its clips have more than others
state       the training checkpoint: resumed = uninterrupted
command     options and run, for `xtalker train` and `python -m xtalker.train`
recipes/    one frozen dataclass a recipe, the table of their names, and the ablations
"""

import os

# A step is many short parallel loops. Threads that spin at the end of each hold up one another as soon as the
# machine has anything else to do (measured: 9 times slower). Only works before torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
