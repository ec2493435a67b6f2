"""What training and adapting take on the processor and on a GPU."""
