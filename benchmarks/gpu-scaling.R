# One GPU against several: W1, the Gaussian sum in three dimensions, on as many
# GPUs as there are (1, 2, 4, ...): time of the kernels and of the whole call
# from R, and the ratio to one GPU. Results are compared bit for bit with those
# of one GPU, and on sampled rows with the CPU engine in double precision.
#
#   Rscript benchmarks/gpu-scaling.R [points, by default 1e6] [GPUs, by default all]

library(rkeops)
source(file.path(dirname(sub("^--file=", "", grep(
  "^--file=", commandArgs(), value = TRUE
))), "gpu-common.R"))

given <- as.numeric(commandArgs(trailingOnly = TRUE))
points <- if (length(given) >= 1) given[1] else 1e6
invisible(use_gpu())
devices <- rkeops:::r_gpu_devices()
gpus <- if (length(given) >= 2) given[2] else nrow(devices)
counts <- unique(c(2^(0:floor(log2(gpus))), gpus))
describe_machine(devices)

# Medians in milliseconds, after one call that compiles and one that warms up.
measure <- function(op, data, repeats = 5) {
  op(data)
  result <- op(data)
  times <- replicate(repeats, {
    call <- system.time(result <<- op(data))[["elapsed"]]
    c(1000 * rkeops:::r_last_timings()[["kernel"]], 1000 * call)
  })
  list(
    kernel = stats::median(times[1, ]), call = stats::median(times[2, ]),
    gpus = rkeops:::r_last_timings()[["gpus"]], result = result
  )
}

cat(sprintf(
  "%-6s %-8s %9s %9s %4s | %10s %6s | %10s %6s | %9s %s\n", "b", "",
  "rows", "columns", "GPUs", "kernel ms", "x", "call ms", "x", "error", "bits"
))
for (components in c(1, 6)) {
  for (precision in c("float32", "float64")) {
    for (size in list(c(points, points), c(1000, points * 10))) {
      # double precision takes long: fewer pairs
      if (precision == "float64") size <- ceiling(size / c(1, 10))
      data <- gaussian_data(size[1], size[2], 3, components)
      op <- gaussian_sum(3, components, precision)
      one <- NULL
      for (count in counts) {
        use_gpu(devices = seq_len(count) - 1)
        time <- measure(op, data)
        if (is.null(one)) {
          one <- time
          error <- sampled_error(data, time$result, 3, components)
        }
        cat(sprintf(
          "b:%-4d %-8s %9g %9g %4g | %10.2f %6.2f | %10.2f %6.2f | %9.1e %s\n",
          components, precision, size[1], size[2], time$gpus, time$kernel,
          one$kernel / time$kernel, time$call, one$call / time$call, error,
          if (identical(time$result, one$result)) "same" else "DIFFERENT"
        ))
      }
    }
  }
}
cat("\nx: the time of one GPU divided by that of several\n")
