"""The control log: one compacted topic that carries every change to how scoring behaves.

- `entry` and `change`: what a change is; `envelope`: how it is signed.
- `snapshot`: folds entries into what is in force. `scorers` and `rules` are its two halves.
- `log_reader`: follows the topic in a worker. `announce`: adds entries to it.
- `acknowledgements`: which partitions score under which control offset.

The control offset of a score names the snapshot that it was made under.
"""
