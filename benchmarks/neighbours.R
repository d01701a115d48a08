# The verbs of neighbours beside the packages that people use: the 10 nearest
# neighbours of points in three dimensions beside FNN, and k-means beside
# stats::kmeans().
#   Rscript benchmarks/neighbours.R [largest N, 1e5] [repetitions, 3]

library(rkeops)
given <- as.numeric(commandArgs(trailingOnly = TRUE))
largest <- if (length(given) >= 1) given[[1]] else 1e5
repetitions <- if (length(given) >= 2) given[[2]] else 3

# The median time of a call in seconds, after a first one, and its value.
timed <- function(call) {
  value <- call()
  seconds <- vapply(seq_len(repetitions), function(k) {
    system.time(call())[["elapsed"]]
  }, 0)
  list(seconds = median(seconds), value = value)
}

show <- function(what, seconds, note = "") {
  cat(sprintf("%-44s %9.3f s  %s\n", what, seconds, note))
}

neighbours <- function(n) {
  set.seed(n)
  x <- matrix(runif(3 * n), n)
  ours <- timed(function() nearest_neighbours(x, k = 10))
  fast <- timed(function() nearest_neighbours(x, k = 10, precision = "float32"))
  cat(sprintf("\n10 nearest neighbours, N = %g, D = 3\n", n))
  show("nearest_neighbours()", ours$seconds)
  show("nearest_neighbours(precision = \"float32\")", fast$seconds, sprintf(
    "%.4f %% other neighbours",
    100 * mean(fast$value$index != ours$value$index)
  ))
  if (requireNamespace("FNN", quietly = TRUE)) {
    theirs <- timed(function() FNN::get.knn(x, 10))
    show("FNN::get.knn()", theirs$seconds, sprintf(
      "%.4f %% other neighbours, distances within %.1e",
      100 * mean(theirs$value$nn.index != ours$value$index),
      max(abs(theirs$value$nn.dist - ours$value$distance))
    ))
  }
}

clusters <- function(n, count) {
  set.seed(n)
  x <- matrix(rnorm(10 * n), n)
  first <- x[seq_len(count), ]
  ten <- function(f) function() suppressWarnings(f())
  ours <- timed(ten(function() k_means(x, first, iter.max = 10)))
  fast <- timed(ten(function() {
    k_means(x, first, iter.max = 10, precision = "float32")
  }))
  theirs <- timed(ten(function() {
    kmeans(x, first, iter.max = 10, algorithm = "Lloyd")
  }))
  cat(sprintf(
    "\nk-means, 10 iterations, N = %g, %d centres, D = 10\n", n, count
  ))
  difference <- function(fit) {
    sprintf("centres within %.1e", max(abs(fit$centers - ours$value$centers)))
  }
  show("k_means()", ours$seconds)
  show("k_means(precision = \"float32\")", fast$seconds, difference(fast$value))
  show("stats::kmeans(algorithm = \"Lloyd\")", theirs$seconds,
       difference(theirs$value))
}

cat(sprintf("rkeops %s, %d threads\n", packageVersion("rkeops"),
            get_rkeops_option("threads")))
for (n in 10^(4:floor(log10(largest)))) neighbours(n)
clusters(1e5, 316)
