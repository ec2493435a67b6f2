"""Cost of the meta-learning core: MAML's outer loop beside higher's, adapting, calibrating, scoring."""
