# Searches on a GPU that leave pairs out (the option pruning): the time of the
# kernels, sorting included, beside that of all pairs, for matrices that are on
# the GPU. Results of some rows, evenly spaced, are compared with all pairs, bit
# for bit.
#   Rscript benchmarks/gpu-pruning.R [most points, by default 1e7]

library(rkeops)
source(file.path(dirname(sub("^--file=", "", grep(
  "^--file=", commandArgs(), value = TRUE
))), "gpu-common.R"))

most_points <- as.numeric(c(commandArgs(trailingOnly = TRUE), 1e7)[1])
neighbours <- "KMin_ArgKMin_Reduction(SqDist(x, y), 10, 0)"
nearest <- "ArgMin_Reduction(SqDist(x, y), 0)"
compared_rows <- 4000

points_in <- function(kind, n, dimension) {
  set.seed(dimension)
  x <- switch(kind,
    uniform = runif(n * dimension),
    normal = rnorm(n * dimension),
    lattice = floor(64 * runif(n * dimension)) / 64,
    clusters = {
      centres <- matrix(runif(1000 * dimension), 1000)
      c(centres[sample.int(1000, n, TRUE), ]) + 0.02 * rnorm(n * dimension)
    }
  )
  matrix(x, n)
}

operator <- function(formula, dimension, precision) {
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
  keops_kernel(formula, args, precision = precision)
}

kernel_ms <- function() 1000 * rkeops:::r_last_timings()[["kernel"]]

# The fastest of some calls.
timed <- function(op, data, times = 3) {
  value <- op(data)
  ms <- vapply(seq_len(times), function(k) {
    value <<- op(data)
    kernel_ms()
  }, numeric(1))
  list(value = value, ms = min(ms))
}

share <- function(op) {
  said <- unclass(explain(op, "pruning"))
  line <- grep("share of pairs computed", said, value = TRUE)
  if (length(line)) sub(".*: ", "", line) else "all"
}

show <- function(name, formula, kind, n, dimension, precision = "float32") {
  if (n > most_points) return(invisible())
  x <- points_in(kind, n, dimension)
  op <- operator(formula, dimension, precision)
  on_gpu <- to_gpu(x)
  set_rkeops_option("pruning", "auto")
  pruned <- timed(op, list(on_gpu, on_gpu))
  part <- share(op)
  set_rkeops_option("pruning", "never")
  rows <- unique(round(seq(1, n, length.out = compared_rows)))
  few <- op(list(x[rows, , drop = FALSE], on_gpu))
  all <- if (n <= 1e6) timed(op, list(on_gpu, on_gpu), 1)$ms else NA
  same <- identical(
    as.matrix(pruned$value)[rows, , drop = FALSE], as.matrix(few)
  )
  cat(sprintf(
    paste(
      "%-8s %-9s D = %2d N = %5.0e %s: %8.2f ms, share %-9s",
      "all pairs %8.1f ms, %s\n"
    ),
    name, kind, dimension, n, precision, pruned$ms, part, all,
    if (same) "same results" else "RESULTS DIFFER"
  ))
}

use_gpu()
set_rkeops_options(axis = "output", gpu_results = "host", digits = "plain")
describe_machine(rkeops:::r_gpu_devices())
for (n in c(1e5, 1e6, 1e7)) show("10-NN", neighbours, "uniform", n, 3)
for (kind in c("normal", "clusters", "lattice")) {
  show("10-NN", neighbours, kind, 1e6, 3)
}
show("10-NN", neighbours, "uniform", 1e6, 2)
show("10-NN", neighbours, "uniform", 1e6, 5)
show("10-NN", neighbours, "clusters", 1e6, 10)
show("10-NN", neighbours, "uniform", 1e5, 10)
show("10-NN", neighbours, "uniform", 1e6, 3, "float64")
show("argmin", nearest, "uniform", 1e6, 3)
