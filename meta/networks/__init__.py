"""Networks in torch, as they are trained. Live traffic is scored from their arrays by `meta.kernels`."""
