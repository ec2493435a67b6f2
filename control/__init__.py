"""The control log: one compacted topic that carries every change to how scoring behaves.

`entry` says what a change is and `envelope` how it is signed; `snapshot` folds entries into what is in
force; `log_reader` follows the topic in a worker and `announce` adds to it; `acks` tells which partitions
are live on what. The control offset of a score names the snapshot that it was made under.
"""
