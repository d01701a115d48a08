# How long reductions on a GPU take, cut into more and fewer splits of columns than
# the schedule finds best: what tools/fit-schedule.cpp, which see, fits the model of
# src/run/cuda/cuda_schedule.h to. Prints one line a run.
#   Rscript benchmarks/fit-schedule.R [seconds of all runs, 600] > runs.txt
#
# A run is timed as the median of five, after one that compiles and one that warms up;
# only the time of the kernels counts. Runs come in random order, so that a shorter
# time budget leaves out some of each kind.

library(rkeops)

budget <- as.numeric(c(commandArgs(trailingOnly = TRUE), 600)[[1L]])
use_gpu()
set_rkeops_options(list(digits = "plain", expansion = "never", pruning = "never"))
set.seed(1)

kinds <- list(
  list("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", 3, 1),
  list("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", 10, 4),
  list("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", 3, 16),
  list("LogSumExp_Reduction(-SqDist(x, y), 0)", 3, 0),
  list("Min_Reduction(SqDist(x, y), 0)", 3, 0),
  list("ArgKMin_Reduction(SqDist(x, y), 10, 0)", 3, 0)
)

operator_of <- function(kind) {
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), kind[[2L]])
  if (kind[[3L]]) args <- c(args, sprintf("b = Vj(%d)", kind[[3L]]))
  keops_kernel(kind[[1L]], args, precision = "float32")
}

data_of <- function(kind, rows, columns) {
  c(list(
    matrix(runif(rows * kind[[2L]]), rows),
    matrix(runif(columns * kind[[2L]]), columns)
  ), if (kind[[3L]]) list(matrix(runif(columns * kind[[3L]]), columns)))
}

# A list of runs that are not too long, without their splits.
sizes <- expand.grid(
  kind = seq_along(kinds), rows = c(1, 100, 1000, 5000, 20000, 1e5, 1e6),
  columns = c(100, 1000, 1e4, 1e5, 1e6)
)
sizes <- sizes[sizes$rows * sizes$columns <= 1e11, ]
sizes <- sizes[sample(nrow(sizes)), ]

# The median of five runs with so many splits (see cuda_schedule()).
time_of <- function(op, data, splits) {
  rkeops:::r_gpu_splits(as.integer(splits))
  on.exit(rkeops:::r_gpu_splits(0L))
  op(data)
  runs <- replicate(5L, {
    op(data)
    rkeops:::r_last_gpu_run()
  })
  one <- runs[, 1L]
  one[["milliseconds"]] <- stats::median(runs["milliseconds", ])
  one
}

operators <- lapply(kinds, operator_of)
devices <- rkeops:::r_gpu_devices()
cat("#", devices$name[[1L]], "\n# ")
is_first <- TRUE
end <- Sys.time() + budget
for (k in seq_len(nrow(sizes))) {
  if (Sys.time() > end) break
  kind <- kinds[[sizes$kind[[k]]]]
  op <- operators[[sizes$kind[[k]]]]
  data <- data_of(kind, sizes$rows[[k]], sizes$columns[[k]])
  best <- time_of(op, data, 0L)[["splits"]]
  most <- max(sizes$columns[[k]] %/% 16, 1)
  wanted <- unique(pmin(pmax(round(best * c(0.25, 0.5, 1, 2, 4)), 1), most))
  # and without the kernel for small problems
  for (splits in c(wanted, -wanted)) {
    run <- time_of(op, data, splits)
    if (is_first) cat(names(run), "\n")
    is_first <- FALSE
    if (run[["milliseconds"]] > 0) cat(sprintf("%.10g", run), "\n")
  }
}
