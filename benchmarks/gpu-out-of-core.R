# Problems larger than the memory of a GPU.
#
#   Rscript benchmarks/gpu-out-of-core.R [points, 1e6] [rows, 1e7] [dimension,
#     1000] [columns, 1000] [memory for the second part, "" for all that is free]
#     [precision of it, float32]
#
# 1. W1, the Gaussian sum in three dimensions of `points` x `points` pairs, with
#    all the memory and under caps: the ratio of the times, the number of chunks,
#    and whether the bits are the same.
# 2. `rows` points of `dimension` numbers against few columns: by default 40 GB
#    in single precision, so R needs 80 GB for the matrix. Smaller numbers, and
#    a cap of memory, do the same in less: `1e6 1e5 1000 1000 "50 MiB"`. More
#    than a GPU of 80 GB has: `1e5 1e7 1100 1000 "" float64`.

library(rkeops)
source(file.path(dirname(sub("^--file=", "", grep(
  "^--file=", commandArgs(), value = TRUE
))), "gpu-common.R"))

given <- commandArgs(trailingOnly = TRUE)
argument <- function(place, otherwise) {
  if (length(given) >= place) given[place] else otherwise
}
points <- as.numeric(argument(1, 1e6))
rows <- as.numeric(argument(2, 1e7))
dimension <- as.numeric(argument(3, 1000))
columns <- as.numeric(argument(4, 1000))
memory <- argument(5, "")
precision <- argument(6, "float32")

invisible(use_gpu())
describe_machine(rkeops:::r_gpu_devices())

timed <- function(op, data) {
  seconds <- system.time(result <- op(data))[["elapsed"]]
  timings <- rkeops:::r_last_timings()
  list(
    call = 1000 * seconds, kernel = 1000 * timings[["kernel"]],
    chunks = timings[["chunks"]], result = result
  )
}

# Medians, with the caps in turn, because machines drift.
in_and_out_of_core <- function(caps, repeats = 5) {
  data <- gaussian_data(points, points, 3, 1)
  op <- gaussian_sum(3, 1, "float32")
  times <- list()
  for (k in 0:repeats) {
    for (cap in caps) {
      previous <- set_rkeops_option("gpu_memory", if (cap == "all") Inf else cap)
      one <- timed(op, data)
      set_rkeops_options(previous)
      # the first one compiles
      if (k > 0) times[[cap]]$call <- c(times[[cap]]$call, one$call)
      times[[cap]]$chunks <- one$chunks
      times[[cap]]$result <- one$result
    }
  }
  cat(sprintf("W1, float32, %g x %g points\n", points, points))
  cat(sprintf(
    "%-10s %6s %10s %8s %9s %s\n", "memory", "chunks", "call ms", "ratio",
    "error", "bits"
  ))
  in_core <- times[["all"]]
  for (cap in caps) {
    time <- times[[cap]]
    cat(sprintf(
      "%-10s %6g %10.2f %8.3f %9.1e %s\n", cap, time$chunks,
      stats::median(time$call), stats::median(time$call / in_core$call),
      sampled_error(data, time$result, 3, 1),
      if (identical(time$result, in_core$result)) "same" else "DIFFERENT"
    ))
  }
}

# The rows are made a column at a time, so that no second copy exists, of a few
# columns of random numbers: more take R longer than the reduction.
large_rows <- function() {
  x <- matrix(0, rows, dimension)
  set.seed(1)
  random <- replicate(16, runif(rows), simplify = FALSE)
  for (k in seq_len(dimension)) x[, k] <- random[[k %% 16 + 1]]
  x
}

larger_than_the_gpu <- function() {
  data <- gaussian_data(1, columns, dimension, 1)
  data$x <- large_rows()
  bytes <- (if (precision == "float32") 4 else 8) * rows * dimension
  op <- gaussian_sum(dimension, 1, precision)
  previous <- set_rkeops_option("gpu_memory", if (nzchar(memory)) memory)
  on.exit(set_rkeops_options(previous))
  small <- data
  small$x <- data$x[1:10, , drop = FALSE]
  op(small) # compiles
  time <- timed(op, data)
  cat(sprintf(
    paste0(
      "\n%g rows of %g numbers (%.1f GB in %s) x %g columns, ",
      "memory: %s\n  call %.2f s, kernels and waiting %.2f s, %g chunks, ",
      "%.1f GB/s from R, %.1f Gpair/s, error %.1e\n"
    ),
    rows, dimension, bytes / 1e9, precision, columns,
    if (nzchar(memory)) memory else "what is free", time$call / 1000,
    time$kernel / 1000, time$chunks, 8 * rows * dimension / time$call / 1e6,
    rows * columns / time$call / 1e6,
    sampled_error(data, time$result, dimension, 1)
  ))
}

in_and_out_of_core(c("all", "100 MiB", "30 MiB", "10 MiB"))
larger_than_the_gpu()
