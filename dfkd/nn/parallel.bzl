"""What a target that calls at::parallel_for is compiled with."""

# LibTorch compiles parallel_for into its caller, where it is a plain loop, without a word, unless
# OpenMP is switched on. OpenMP's library itself is the one that comes with LibTorch.
PARALLEL_COPTS = ["-fopenmp"]
