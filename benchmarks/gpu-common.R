# The benchmarks of large problems on GPUs share this.

gaussian <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"

gaussian_sum <- function(dimension, components, precision) {
  keops_kernel(gaussian, sprintf(
    c("x = Vi(%d)", "y = Vj(%d)", "b = Vj(%d)", "s = Pm(1)"),
    c(dimension, dimension, components, 1)[1:4]
  ), precision = precision)
}

gaussian_data <- function(rows, columns, dimension, components) {
  set.seed(dimension)
  list(
    x = matrix(runif(rows * dimension), rows),
    y = matrix(runif(columns * dimension), columns),
    b = matrix(rnorm(columns * components), columns), s = 2.1 / dimension
  )
}

# Against the CPU engine in double precision, relative to the sums of absolute
# terms.
sampled_error <- function(data, result, dimension, components, sampled = 48) {
  rows <- unique(round(seq(1, nrow(data$x), length.out = sampled)))
  few <- data
  few$x <- data$x[rows, , drop = FALSE]
  previous <- use_cpu()
  on.exit(set_rkeops_options(previous))
  op <- gaussian_sum(dimension, components, "float64")
  exact <- op(few)
  few$b <- abs(few$b)
  max(abs(result[rows, , drop = FALSE] - exact) / op(few))
}

describe_machine <- function(devices) {
  driver <- tryCatch(
    system2("nvidia-smi", c(
      "--query-gpu=driver_version", "--format=csv,noheader"
    ), stdout = TRUE, stderr = FALSE)[1],
    error = function(e) "unknown", warning = function(w) "unknown"
  )
  cat(
    "machine: ", paste(
      devices$device, devices$name, sprintf("%.0f GiB", devices$memory / 2^30),
      collapse = "; "
    ), "\ndriver: ", driver, "; nvcc: ",
    rkeops:::r_toolchain(character())$cuda_version, "; ", R.version.string,
    "; rkeops ",
    as.character(utils::packageVersion("rkeops")), "\ncommand: ",
    paste(commandArgs(), collapse = " "), "\n\n", sep = ""
  )
}

seconds_since <- function(start) {
  as.numeric(difftime(Sys.time(), start, units = "secs"))
}
