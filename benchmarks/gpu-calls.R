# W8 of a GPU: what a call costs on 10 x 10 to 10^4 x 10^4 points, data of the
# host in and out, and the first call of a new formula, by each compiler there
# is. The first program of a process takes longer than the next ones; the very
# first after a boot longer still, while the compiler comes from the disk.
#   Rscript benchmarks/gpu-calls.R [calls, 1000] [formulas, 5]

library(rkeops)
source(file.path(dirname(sub("^--file=", "", grep(
  "^--file=", commandArgs(), value = TRUE
))), "gpu-common.R"))

given <- c(as.integer(commandArgs(trailingOnly = TRUE)), NA, NA)
calls <- if (is.na(given[1])) 1000L else given[1]
formulas <- if (is.na(given[2])) 5L else given[2]

show_calls <- function(precision, points) {
  op <- gaussian_sum(3, 1, precision)
  data <- gaussian_data(points, points, 3, 1)
  for (k in 1:50) op(data)
  seconds <- vapply(seq_len(calls), function(k) {
    start <- Sys.time()
    op(data)
    seconds_since(start)
  }, numeric(1))
  cat(sprintf("%s, %5g x %5g: %7.1f microseconds a call, error %.1e\n", precision,
              points, points, 1e6 * stats::median(seconds),
              sampled_error(data, op(data), 3, 1)))
}

# A number in the formula makes another program.
show_first_calls <- function(compiler, data) {
  set_rkeops_option("cuda_compiler", compiler)
  seconds <- vapply(seq_len(formulas), function(k) {
    formula <- sprintf("Sum_Reduction(Exp(-s * %.17g * SqDist(x, y)) * b, 0)",
                       1 + stats::runif(1))
    start <- Sys.time()
    keops_kernel(formula, c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)"))(data)
    seconds_since(start)
  }, numeric(1))
  cat(sprintf("%-5s first call: %.2f s; of the next formulas %.2f s\n", compiler,
              seconds[1], stats::median(seconds[-1])))
}

start <- Sys.time()
invisible(use_gpu())
cat(sprintf("use_gpu(): %.2f s\n", seconds_since(start)))
describe_machine(rkeops:::r_gpu_devices())
set_rkeops_option("cache_dir", tempfile("rkeops-"))
few <- gaussian_data(10, 10, 3, 1)
for (compiler in c("nvrtc", "nvcc")) {
  tryCatch(show_first_calls(compiler, few), error = function(e) {
    cat(compiler, ": ", conditionMessage(e), "\n", sep = "")
  })
}
set_rkeops_option("cuda_compiler", "auto")
for (precision in c("float32", "float64")) {
  for (points in c(10, 1e3, 1e4)) show_calls(precision, points)
}
