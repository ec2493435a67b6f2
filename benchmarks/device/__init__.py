"""Duration of training and adapting on the CPU and on a GPU."""
