# The four benchmarks by which packages for kernel matrices are compared, beside
# base R and the best package for each on the processor:
#   (a) Gaussian matrix-vector product, D = 3
#   (b) linear system with a Gaussian matrix, D = 3, and a ridge of 1
#   (c) 10 iterations of k-means, D = 10, floor(sqrt(N)) centres
#   (d) 10 nearest neighbours of 10,000 queries, D = 100
# One table, and a log-log plot of it.
#   Rscript benchmarks/field.R cpu|gpu [largest N, 1e5] [plot, field.png]
# A method that took more than four seconds, or would store more than 10,000 x
# 10,000 numbers, is left out of the next size.

library(rkeops)
given <- commandArgs(trailingOnly = TRUE)
engine <- if (length(given) >= 1) given[[1]] else "cpu"
largest <- if (length(given) >= 2) as.numeric(given[[2]]) else 1e5
plot_file <- if (length(given) >= 3) given[[3]] else "field.png"
if (engine == "gpu") use_gpu()

longest <- 4
largest_dense <- 1e4
ten_iterations <- function(fit) suppressWarnings(fit)

# ---- the tasks: data of N points, and methods of them ----

product_data <- function(n) {
  list(x = matrix(runif(3 * n), n), b = rnorm(n))
}

product <- function(precision) {
  function(data) {
    kernel <- gaussian_kernel(data$x, bandwidth = 0.5, precision = precision)
    c(kernel %*% data$b)
  }
}

stored_kernel <- function(x) exp(-as.matrix(dist(x))^2 / (2 * 0.5^2))

system_of <- function(precision) {
  function(data) {
    kernel <- gaussian_kernel(data$x, bandwidth = 0.5, precision = precision)
    c(kernel_solve(kernel, data$b, lambda = 1))
  }
}

stored_system <- function(data) {
  factor <- chol(stored_kernel(data$x) + diag(nrow(data$x)))
  backsolve(factor, forwardsolve(t(factor), data$b))
}

cluster_data <- function(n) {
  x <- matrix(rnorm(10 * n), n)
  list(x = x, first = x[seq_len(floor(sqrt(n))), ])
}

clusters <- function(precision) {
  function(data) {
    fit <- ten_iterations(
      k_means(data$x, data$first, iter.max = 10, precision = precision)
    )
    c(fit$centers)
  }
}

stats_clusters <- function(data) {
  fit <- ten_iterations(
    kmeans(data$x, data$first, iter.max = 10, algorithm = "Lloyd")
  )
  c(fit$centers)
}

neighbour_data <- function(n) {
  list(x = matrix(runif(100 * n), n), query = matrix(runif(1e6), 1e4))
}

neighbours <- function(precision) {
  function(data) {
    found <- nearest_neighbours(
      data$x, data$query, k = 10, precision = precision
    )
    c(found$distance)
  }
}

fnn_neighbours <- function(data) {
  c(FNN::get.knnx(data$x, data$query, 10, algorithm = "brute")$nn.dist)
}

tasks <- list(
  product = list(
    title = "(a) Gaussian matrix-vector product", data = product_data,
    methods = list(
      `rkeops, double` = product("float64"),
      `rkeops, single` = product("float32"),
      `base R` = function(data) c(stored_kernel(data$x) %*% data$b)
    ),
    stored = "base R"
  ),
  system = list(
    title = "(b) Gaussian linear system, ridge 1", data = product_data,
    methods = list(
      `rkeops, double` = system_of("float64"),
      `rkeops, single` = system_of("float32"), `base R, chol` = stored_system
    ),
    stored = "base R, chol"
  ),
  clusters = list(
    title = "(c) 10 iterations of k-means, sqrt(N) centres",
    data = cluster_data,
    methods = list(
      `rkeops, double` = clusters("float64"),
      `rkeops, single` = clusters("float32"), `stats::kmeans` = stats_clusters
    )
  ),
  neighbours = list(
    title = "(d) 10 nearest neighbours of 10,000 queries, D = 100",
    data = neighbour_data,
    methods = list(
      `rkeops, double` = neighbours("float64"),
      `rkeops, single` = neighbours("float32"), `FNN, brute` = fnn_neighbours
    )
  )
)

# ---- measure ----

# Short calls several times, so that their median is one of calls in a row.
seconds_of <- function(call) {
  first <- system.time(value <- call())[["elapsed"]]
  repetitions <- if (first > 10) 0 else if (first > 1) 1 else 5
  again <- vapply(seq_len(repetitions), function(k) {
    system.time(call())[["elapsed"]]
  }, 0)
  list(seconds = if (repetitions) median(again) else first, value = value)
}

measure_size <- function(task, n, last) {
  set.seed(n)
  data <- task$data(n)
  truth <- NULL
  rows <- lapply(names(task$methods), function(name) {
    is_too_large <- name %in% task$stored && n > largest_dense
    if (is_too_large || last[[name]] > longest) {
      return(NULL)
    }
    run <- seconds_of(function() task$methods[[name]](data))
    if (is.null(truth)) truth <<- run$value
    data.frame(
      task = task$title, N = n, method = name, seconds = run$seconds,
      difference = max(abs(run$value - truth)) / max(abs(truth))
    )
  })
  do.call(rbind, rows)
}

measure <- function(task) {
  last <- vapply(task$methods, function(method) 0, 0)
  table <- NULL
  for (n in 10^(2:floor(log10(largest)))) {
    rows <- measure_size(task, n, last)
    last[rows$method] <- rows$seconds
    cat(sprintf(
      "%-54s %8.0f  %-15s %9.4f s  %.0e\n", rows$task, rows$N, rows$method,
      rows$seconds, rows$difference
    ), sep = "")
    table <- rbind(table, rows)
  }
  table
}

# ---- show ----

draw <- function(table, title) {
  methods <- unique(table$method)
  plot(
    table$N, pmax(table$seconds, 1e-4), log = "xy", type = "n",
    xlab = "points N", ylab = "seconds", main = title
  )
  for (k in seq_along(methods)) {
    rows <- table[table$method == methods[k], ]
    lines(rows$N, pmax(rows$seconds, 1e-4), type = "b", pch = k, col = k)
  }
  legend("topleft", methods, pch = seq_along(methods),
         col = seq_along(methods), bty = "n")
}

cat(sprintf(
  "rkeops %s, %s, %d threads; the last column is the difference from double\n",
  packageVersion("rkeops"), engine, get_rkeops_option("threads")
))
tables <- lapply(tasks, measure)
grDevices::png(plot_file, 1000, 800)
par(mfrow = c(2, 2))
for (one in tables) draw(one, one$task[1])
invisible(grDevices::dev.off())
