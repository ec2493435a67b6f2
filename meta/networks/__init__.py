"""The torch side: networks as they are trained. What scores live traffic is their arrays, in
`meta.kernels`.
"""
