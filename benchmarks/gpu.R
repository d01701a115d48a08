# The GPU workloads: time of the kernels, with the data on the GPU, and of the
# whole call from R (float64 host matrices in and out), each checked on sampled
# rows against our CPU engine in double precision, beside PyKeOps 2.3 and the
# time aimed at, both measured on one H200.
#
#   Rscript benchmarks/gpu.R [workloads, a regular expression, all by default]

library(rkeops)
source(file.path(dirname(sub("^--file=", "", grep(
  "^--file=", commandArgs(), value = TRUE
))), "gpu-common.R"))

wanted <- c(commandArgs(trailingOnly = TRUE), ".")[1]
sampled_rows <- 48

gradient <- "Grad(Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0), x, e)"
log_sum_exp <- "LogSumExp_Reduction(-s * SqDist(x, y) + b, 0)"

# One row a measurement: `D` components of points, `B` of b, `M` rows, `N`
# columns; milliseconds of PyKeOps and of the target, NA where there is none.
workload <- function(name, formula, precision, M, N = M, D = 3, B = 1,
                     pykeops = NA, target = NA) {
  list(name = name, formula = formula, precision = precision, M = M, N = N,
       D = D, B = B, pykeops = pykeops, target = target)
}

workloads <- list(
  workload("W1 b:1", gaussian, "float32", 1e3, pykeops = 0.204, target = 0.010),
  workload("W1 b:1", gaussian, "float32", 1e4, pykeops = 0.497, target = 0.042),
  workload("W1 b:1", gaussian, "float32", 1e5, pykeops = 5.80, target = 3.2),
  workload("W1 b:1", gaussian, "float32", 1e6, pykeops = 473, target = 285),
  workload("W1 b:6", gaussian, "float32", 1e6, B = 6, pykeops = 729, target = 465),
  workload("W5 gradient", gradient, "float32", 1e6, pykeops = 821, target = 395),
  workload("W6 logsumexp", log_sum_exp, "float32", 1e6, pykeops = 705, target = 340),
  workload("W1 b:1", gaussian, "float64", 1e5, pykeops = 28.0, target = 11),
  workload("W5 gradient", gradient, "float64", 1e5, pykeops = 34.0, target = 15),
  workload("W6 logsumexp", log_sum_exp, "float64", 1e5, pykeops = 33.7, target = 12),
  workload("W7 D = 16", gaussian, "float32", 1e5, D = 16, target = 10),
  workload("W7 D = 50", gaussian, "float32", 1e5, D = 50, pykeops = 66, target = 27),
  workload("W7 D = 100", gaussian, "float32", 1e5, D = 100, pykeops = 226, target = 50),
  workload("W7 D = 500", gaussian, "float32", 1e5, D = 500, target = 260),
  workload("W7 D = 16 b:64", gaussian, "float32", 1e5, D = 16, B = 64, target = 40),
  workload("W7 D = 50 b:64", gaussian, "float32", 1e5, D = 50, B = 64, target = 55),
  workload("W7 D = 100 b:64", gaussian, "float32", 1e5, D = 100, B = 64, target = 80),
  workload("W3 assignment", "ArgMin_Reduction(SqDist(x, y), 0)", "float32", 1e6,
           N = 1000, D = 10, pykeops = 1.27, target = 0.58),
  workload("W3 assignment", "ArgMin_Reduction(SqDist(x, y), 0)", "float32", 1e7,
           N = 3162, D = 10, pykeops = 32.8, target = 15),
  workload("W4 10 nearest", "KMin_Reduction(SqDist(x, y), 10, 0)", "float32", 1e4,
           N = 1e5, D = 100, pykeops = 54.6, target = 8),
  workload("W4 10 nearest", "KMin_Reduction(SqDist(x, y), 10, 0)", "float32", 1e4,
           N = 1e6, D = 100, pykeops = 543, target = 70)
)

make_data <- function(w) {
  set.seed(w$D)
  list(
    x = matrix(runif(w$M * w$D), w$M), y = matrix(runif(w$N * w$D), w$N),
    b = matrix(rnorm(w$N * w$B), w$N), s = 2.1 / w$D,
    e = matrix(rnorm(w$M * w$B), w$M)
  )
}

inputs_of <- function(w) {
  inputs <- c("x", "y", "b", "s", "e")
  inputs[vapply(inputs, function(name) {
    grepl(paste0("\\b", name, "\\b"), w$formula)
  }, logical(1))]
}

operator <- function(w, precision) {
  sizes <- c(x = w$D, y = w$D, b = w$B, s = 1, e = w$B)
  kinds <- c(x = "Vi", y = "Vj", b = "Vj", s = "Pm", e = "Vi")
  used <- inputs_of(w)
  args <- sprintf("%s = %s(%d)", used, kinds[used], sizes[used])
  op <- keops_kernel(w$formula, args, precision = precision)
  function(data) op(data[used])
}

# Errors are relative to the sums of absolute terms, as terms may cancel.
relative_error <- function(w, data, result) {
  rows <- unique(round(seq(1, w$M, length.out = sampled_rows)))
  few <- data
  few$x <- data$x[rows, , drop = FALSE]
  few$e <- data$e[rows, , drop = FALSE]
  some <- result[rows, , drop = FALSE]
  if (grepl("^ArgMin", w$formula)) {
    # The distance to the point chosen; of points equally near, any is right.
    nearest <- data$y[some[, 1] + 1, , drop = FALSE]
    some <- matrix(rowSums((few$x - nearest)^2))
    w$formula <- "Min_Reduction(SqDist(x, y), 0)"
  }
  previous <- use_cpu()
  on.exit(set_rkeops_options(previous))
  exact <- operator(w, "float64")(few)
  scale <- abs(exact)
  if (grepl("Sum_Reduction", w$formula)) {
    few$b <- abs(few$b)
    scale <- if (grepl("^Grad", w$formula)) {
      matrix(apply(abs(exact), 1, max), nrow(exact), ncol(exact))
    } else {
      operator(w, "float64")(few)
    }
  }
  max(abs(some - exact) / scale)
}

# Times calls with these data, after one that compiles and one that warms up:
# medians in milliseconds, and a result. Short ones are repeated for half a
# second: the clock of a GPU that was idle takes a while to rise.
time_calls <- function(op, data) {
  op(data)
  op(data)
  times <- matrix(0, 2, 0)
  begin <- proc.time()[["elapsed"]]
  elapsed <- function() proc.time()[["elapsed"]] - begin
  while (ncol(times) < 3 || elapsed() < 0.5 || (ncol(times) < 41 && elapsed() < 2)) {
    start <- Sys.time()
    result <- op(data)
    call <- 1000 * seconds_since(start)
    times <- cbind(times, c(1000 * rkeops:::r_last_timings()[["kernel"]], call))
  }
  list(
    kernel = stats::median(times[1, ]), call = stats::median(times[2, ]),
    result = result
  )
}

measure <- function(w) {
  data <- make_data(w)
  op <- operator(w, w$precision)
  on_host <- time_calls(op, data)
  on_gpu <- lapply(data[inputs_of(w)], function(input) {
    if (is.matrix(input)) to_gpu(input) else input
  })
  list(
    kernel = time_calls(op, on_gpu)$kernel, call = on_host$call,
    error = relative_error(w, data, on_host$result)
  )
}

invisible(use_gpu())
describe_machine(rkeops:::r_gpu_devices())
row_format <- "%-16s %-8s %8s %8s | %10s %10s %9s %9s | %9s %9s\n"
cat(sprintf(row_format, "workload", "", "rows", "columns", "kernel ms", "call ms",
            "Gpair/s", "error", "PyKeOps x", "target x"))
number <- function(x) format(signif(x, 3), scientific = FALSE, trim = TRUE)

# A workload that is not shown: the clock of a GPU rises once it has work.
invisible(measure(workload("", gaussian, "float32", 1e5)))

for (w in workloads) {
  label <- paste(w$name, w$precision, w$M)
  if (!grepl(wanted, label)) next
  time <- tryCatch(measure(w), error = function(e) {
    cat(sprintf("%-16s %-8s %8g: %s\n", w$name, w$precision, w$M, conditionMessage(e)))
    NULL
  })
  if (is.null(time)) next
  cat(sprintf(row_format, w$name, w$precision, number(w$M), number(w$N),
              number(time$kernel), number(time$call),
              number(w$M * w$N / time$kernel / 1e6), sprintf("%.1e", time$error),
              number(w$pykeops / time$kernel), number(w$target / time$kernel)))
}
cat("\nx: the reference's time divided by ours; above 1 we are faster\n")
