# Pairs that are left out on the CPU (the option pruning): nearest neighbours,
# counts and pairs within a radius, narrow Gaussians with weights, logarithms of
# sums and calls that come again, against all pairs and against FNN, RANN and
# dbscan, and nanoflann where its header and Rcpp are (Debian:
# libnanoflann-dev). Sorting is included, and every result is compared. Times
# of the processor, all threads together, and of the clock. All pairs are
# computed for some of the rows, evenly spaced.
#   Rscript benchmarks/pruning.R [points, by default 1e5]

library(rkeops)

arguments <- commandArgs(trailingOnly = TRUE)
points <- if (length(arguments)) as.numeric(arguments[[1L]]) else 1e5
threads <- 2L
set_rkeops_options(threads = threads, compile = "always", axis = "output")

has_nanoflann <- requireNamespace("Rcpp", quietly = TRUE) &&
  file.exists("/usr/include/nanoflann.hpp")
if (has_nanoflann) {
  file <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
  Rcpp::sourceCpp(file.path(dirname(file), "nanoflann.cpp"))
}

time_of <- function(expr) {
  times <- system.time(value <- expr)
  cpu <- times[["user.self"]] + times[["sys.self"]]
  list(value = value, cpu = cpu, clock = times[["elapsed"]])
}

show <- function(what, time, remark = "") {
  cat(sprintf(
    "  %-22s processor %8.3f s, clock %8.3f s  %s\n", what, time$cpu,
    time$clock, remark
  ))
}

share <- function(op) {
  lines <- unclass(explain(op, "pruning"))
  line <- grep("share of pairs computed", lines, value = TRUE)
  if (length(line)) line else grep("last call", lines, value = TRUE)
}

# All pairs of some rows: how long all rows would take.
brute <- function(op, rows, x, more) {
  set_rkeops_option("pruning", "never")
  op(c(list(x[1:100, , drop = FALSE]), more)) # compiles
  time <- time_of(op(c(list(x[rows, , drop = FALSE]), more)))
  set_rkeops_option("pruning", "auto")
  factor <- nrow(x) / length(rows)
  time[c("cpu", "clock")] <- lapply(time[c("cpu", "clock")], `*`, factor)
  time
}

some_rows <- function(x) {
  count <- min(nrow(x), max(1e9 / nrow(x), 100))
  unique(round(seq(1, nrow(x), length.out = count)))
}

compared <- function(same) if (same) "same results" else "RESULTS DIFFER"

show_neighbours <- function(name, x, precision, count = 10) {
  cat(sprintf(
    "%d neighbours, %s, %g points in %d dimensions, %s\n", count, name,
    nrow(x), ncol(x), precision
  ))
  op <- keops_kernel(
    sprintf("KMin_ArgKMin_Reduction(SqDist(x, y), %d, 0)", count),
    sprintf(c("x = Vi(%d)", "y = Vj(%d)"), ncol(x)),
    precision = precision
  )
  rows <- some_rows(x)
  all <- brute(op, rows, x, list(x))
  ours <- time_of(op(list(x, x)))
  show("rkeops", ours, share(op))
  same <- identical(ours$value[rows, ], all$value)
  show("rkeops, all pairs", all, compared(same))
  if (precision == "float64") {
    distances <- sqrt(ours$value[, seq(1, 2 * count, 2)])
    show_peers(x, count, distances)
  }
}

near <- function(a, b) compared(isTRUE(all.equal(c(a), c(b), tolerance = 1e-9)))

# Peers leave the point itself out, or not.
show_peers <- function(x, count, distances) {
  if (has_nanoflann) {
    time <- time_of(nanoflann_neighbours(x, x, count, threads))
    same <- near(sqrt(time$value$distance), distances)
    show("nanoflann, 2 threads", time, same)
  }
  if (nrow(x) > 2e5 || ncol(x) > 3) {
    return(invisible())
  }
  if (requireNamespace("RANN", quietly = TRUE)) {
    time <- time_of(RANN::nn2(x, x, count))
    show("RANN", time, near(time$value$nn.dists, distances))
  }
  if (requireNamespace("FNN", quietly = TRUE)) {
    time <- time_of(FNN::get.knn(x, count - 1L))
    show("FNN", time, near(time$value$nn.dist, distances[, -1L]))
  }
  if (requireNamespace("dbscan", quietly = TRUE)) {
    time <- time_of(dbscan::kNN(x, count - 1L))
    show("dbscan", time, near(time$value$dist, distances[, -1L]))
  }
}

# The second call finds the order of the points again.
show_sum <- function(name, formula, x, value, precision, weights = NULL) {
  cat(sprintf(
    "%s, %g points in %d dimensions, %s\n", name, nrow(x), ncol(x), precision
  ))
  args <- c(sprintf(c("x = Vi(%d)", "y = Vj(%d)"), ncol(x)), "p = Pm(1)")
  if (!is.null(weights)) args <- c(args, sprintf("b = Vj(%d)", ncol(weights)))
  more <- c(list(x, value), if (!is.null(weights)) list(weights))
  op <- keops_kernel(formula, args, precision = precision)
  rows <- some_rows(x)
  all <- brute(op, rows, x, more)
  ours <- time_of(op(c(list(x), more)))
  show("rkeops", ours, share(op))
  show("rkeops, again", time_of(op(c(list(x), more))))
  error <- max(abs(ours$value[rows, ] - all$value)) / max(abs(all$value))
  show("rkeops, all pairs", all, sprintf("largest difference %.1e", error))
  ours$value
}

show_pairs <- function(x, radius) {
  cat(sprintf(
    "pairs within a radius, %g points in %d dimensions\n", nrow(x), ncol(x)
  ))
  distance <- sqrt(sqdist(Vi(x, precision = "float64"), Vj(x)))
  ours <- time_of(pairs_within(distance, radius, self = FALSE))
  show("rkeops", ours, paste(length(ours$value), "pairs"))
  if (requireNamespace("dbscan", quietly = TRUE)) {
    time <- time_of(dbscan::frNN(x, radius, sort = FALSE))
    counts <- lengths(time$value$id, use.names = FALSE)
    same <- identical(tabulate(ours$value$i, nrow(x)), counts)
    show("dbscan", time, compared(same))
  }
}

uniform <- function(n, dimension) matrix(stats::runif(n * dimension), n)

clusters <- function(n, dimension) {
  centres <- uniform(20, dimension)
  centres[sample.int(20, n, TRUE), ] + 0.02 * stats::rnorm(n * dimension)
}

# A surface in any dimension.
torus <- function(n, dimension) {
  a <- 2 * pi * stats::runif(n)
  b <- 2 * pi * stats::runif(n)
  p <- cbind((1 + 0.4 * cos(b)) * cbind(cos(a), sin(a)), 0.4 * sin(b))
  bent <- function(k) sin(3 * p[, k %% 3 + 1] + k)
  p <- cbind(p, vapply(seq_len(dimension), bent, numeric(n)))
  p[, seq_len(dimension)]
}

cat("R ", as.character(getRversion()), ", ", date(), "\n", sep = "")
set.seed(1)
show_neighbours("uniform", uniform(points, 2), "float64")
x <- uniform(points, 3)
show_neighbours("uniform", x, "float32")
show_neighbours("uniform", x, "float64")
show_neighbours("uniform", x, "float64", 100)
show_neighbours("clusters", clusters(points, 8), "float64")
show_neighbours("a torus", torus(points, 8), "float64")
show_neighbours("a torus", torus(points, 16), "float64")
show_neighbours(
  "uniform (nothing to leave out)", uniform(min(points, 1e5), 16), "float32"
)
radius <- (50 / points * 3 / (4 * pi))^(1 / 3)
counts <- show_sum(
  "counts within a radius", "Sum_Reduction(SqDist(x, y) < p, 0)", x, radius^2,
  "float64"
)
if (requireNamespace("dbscan", quietly = TRUE)) {
  time <- time_of(lengths(dbscan::frNN(x, radius)$id))
  show("dbscan", time, compared(identical(time$value + 1, c(counts))))
}
show_pairs(x, radius)
for (width in c(0.01, 0.03, 0.1)) {
  for (precision in c("float32", "float64")) {
    show_sum(
      paste("Gaussian of width", width),
      "Sum_Reduction(Exp(-p * SqDist(x, y)), 0)",
      x, 1 / (2 * width^2), precision
    )
  }
}
weights <- matrix(stats::rnorm(20 * points), points)
for (count in c(1, 3, 20)) {
  show_sum(
    sprintf("Gaussian of width 0.03 with %d weights of both signs", count),
    "Sum_Reduction(Exp(-p * SqDist(x, y)) * b, 0)", x, 1 / (2 * 0.03^2),
    "float64", weights[, seq_len(count), drop = FALSE]
  )
}
show_sum(
  "logarithm of a sum of Gaussians of width 0.03",
  "LogSumExp_Reduction(-p * SqDist(x, y), 0)", x, 1 / (2 * 0.03^2), "float64"
)
