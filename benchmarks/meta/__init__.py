"""What the meta-learning core costs: MAML's outer loop beside higher's, adapting, calibrating, scoring."""
